import type { ReactNode } from 'react';
import { Tag } from '../../../parts/status';
import { When } from '../../../parts/when';
import classes from '../../../parts/items.module.css';

/** Times at which a job runs, in the tenant's zone. */
export function Ticks({ of, label }: { of: readonly string[]; label: string }): ReactNode {
  if (of.length === 0) return null;
  return (
    <ul className={classes.ticks} aria-label={label}>
      {of.map((at) => (
        <li key={at}>
          <Tag>
            <When at={at} as="minute" />
          </Tag>
        </li>
      ))}
    </ul>
  );
}
