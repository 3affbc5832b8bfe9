import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { plural } from '../../parts/numbers';
import { Section } from '../../parts/page';
import { Status } from '../../parts/status';
import { Go } from '../../shell/go';
import classes from './overview.module.css';

/** What asks for the alerts that fire; the same for all of the screen, so that they are asked for once. */
export const firingQuery = { query: { status: 'firing' as const, limit: 100 } };

/** How many stand on the overview. */
const shown = 5;

/** The alerts that fire; nothing where none does. */
export function FiringAlerts(): ReactNode {
  const { items } = useAnnexList('listAlerts', firingQuery, { every: 30_000 });
  if (items.length === 0) return null;
  return (
    <Section
      title="Firing alerts"
      flush
      actions={
        <Go to="alerts" search={{ status: 'firing' }}>
          All of them
        </Go>
      }
    >
      <ul className={classes.list}>
        {items.slice(0, shown).map(({ id, key, type, count, silence_ends_at: silence }) => (
          <li key={id}>
            <Go to="alerts" search={{ status: 'firing' }}>
              {key} <span className="quiet">{type}</span>
            </Go>
            <Status
              of="firing"
              tone={silence === null ? 'bad' : 'quiet'}
              label={silence === null ? plural(count, 'event') : 'silenced'}
            />
          </li>
        ))}
      </ul>
    </Section>
  );
}
