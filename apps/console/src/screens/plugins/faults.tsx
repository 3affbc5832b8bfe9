import type { InputFault } from '@annex/client';
import type { ReactNode } from 'react';
import { Tag, type Tone } from '../../parts/status';
import classes from './install.module.css';

/** Faults of a package, each with its place and what to write instead. */
export function Faults({ of, tone = 'bad' }: { of: readonly InputFault[]; tone?: Tone }): ReactNode {
  return (
    <ul className={classes.faults}>
      {of.map(({ pointer, code, detail }) => (
        <li key={`${pointer} ${code} ${detail}`}>
          <Tag tone={tone}>{code}</Tag> <code>{pointer || '/'}</code>
          <div>{detail}</div>
        </li>
      ))}
    </ul>
  );
}
