import type { SourceTest } from '@annex/client';
import FlaskConical from 'lucide-react/icons/flask-conical';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { Act } from '../../parts/act';
import { Json } from '../../parts/code';
import classes from '../../parts/items.module.css';
import { plural } from '../../parts/numbers';
import { Section } from '../../parts/page';
import { Status } from '../../parts/status';
import { Go } from '../../shell/go';

/** Polls once and shows what came, without emitting it. */
export function TestSource({ name }: { name: string }): ReactNode {
  const [found, setFound] = useState<SourceTest>();
  return (
    <Section
      title="What it would give now"
      lead="Polls once. Nothing is emitted, and the cursor stays."
      actions={
        <Act
          call="testSource"
          input={{ path: { name } }}
          cli={cli`annex sources test ${name}`}
          icon={<FlaskConical size={14} />}
          onDone={setFound}
        >
          Poll now
        </Act>
      }
    >
      {found ? <Found of={found} /> : <span className="quiet">Not asked yet.</span>}
    </Section>
  );
}

function Found({ of }: { of: SourceTest }): ReactNode {
  const { ok, error, events, event_count: count, cursor, more, run_id: run } = of;
  return (
    <div className="stack" role="region" aria-label="What came">
      <div className="line">
        <Status of={ok ? 'succeeded' : 'failed'} label={ok ? plural(count, 'event') : (error?.code ?? 'failed')} />
        {more && <span className="quiet">and more</span>}
        {run !== null && <Go to={`runs/${run}`}>Its run and log</Go>}
      </div>
      {error && <p className="quiet">{error.message}</p>}
      {events.map(({ type, id, subject, data, missing }, index) => (
        <details key={`${index} ${id ?? ''}`}>
          <summary>
            <code>{type}</code>{' '}
            <span className="quiet">{[subject, id].filter((each) => each !== null).join(' · ')}</span>{' '}
            {missing.length > 0 && <Status of="rejected" tone="bad" label={`lacks ${missing.join(', ')}`} />}
          </summary>
          <Json value={data} label={`data of event ${index + 1}`} />
        </details>
      ))}
      {events.length < count && <p className="quiet">The first {events.length} are shown.</p>}
      {ok && (
        <div className={classes.name}>
          Its cursor would be <code>{JSON.stringify(cursor ?? null)}</code>
        </div>
      )}
    </div>
  );
}
