import type { RunDetail } from '@annex/client';
import type { ReactNode } from 'react';
import { lengthOf, useNow } from '../../parts/when';
import classes from './run.module.css';

/** The attempts of a run on one line of time, from when it was queued. */
export function Attempts({ run }: { run: RunDetail }): ReactNode {
  const present = Math.max(useNow(), Date.now());
  const from = Date.parse(run.queued_at);
  const ends = run.attempts.map(({ finished_at: at }) => (at ? Date.parse(at) : present));
  const to = Math.max(from + 1, ...ends);
  return (
    <div>
      {run.attempts.map((attempt) => {
        const begin = Date.parse(attempt.started_at);
        const end = attempt.finished_at ? Date.parse(attempt.finished_at) : present;
        const left = ((begin - from) / (to - from)) * 100;
        const width = ((end - begin) / (to - from)) * 100;
        return (
          <div key={attempt.number} className={classes.attempt}>
            <span>Attempt {attempt.number}</span>
            <div className={classes.track}>
              <i
                data-failed={attempt.error !== undefined}
                data-busy={!attempt.finished_at}
                style={{ left: `${Math.min(98, left)}%`, width: `${Math.min(width, 100 - left)}%` }}
              />
            </div>
            <span className="quiet">{attempt.finished_at ? lengthOf(end - begin) : 'runs'}</span>
            {attempt.error && (
              <span className={classes.attemptFault}>
                {attempt.error.code}: {attempt.error.message}
              </span>
            )}
          </div>
        );
      })}
    </div>
  );
}
