import type { Run } from '@annex/client';
import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useAnnex } from '../../../api/queries';
import { Empty } from '../../../parts/empty';
import { Waiting } from '../../../parts/page';
import { Problem } from '../../../parts/problem';
import { Status } from '../../../parts/status';
import { lengthOf, When } from '../../../parts/when';
import { Go } from '../../../shell/go';
import { workedMs } from '../../runs/runs';
import classes from './jobs.module.css';

/** The latest runs of a job, ticks that did not run and why included. */
export function History({ slug, name, onClose }: { slug: string; name: string; onClose: () => void }): ReactNode {
  const { data, error, refetch } = useAnnex('listRuns', { query: { plugin: slug, kind: 'job', name, limit: 20 } });
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={<strong>What became of {name}</strong>}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {!error && !data && <Waiting />}
      {data?.items.length === 0 && <Empty title="It never ran" />}
      {data !== undefined && data.items.length > 0 && (
        <>
          <ul className={classes.history} aria-label={`History of ${name}`}>
            {data.items.map((run) => (
              <Past key={run.id} run={run} />
            ))}
          </ul>
          <Go to="runs" search={{ plugin: slug, kind: 'job', q: name }}>
            All of its runs
          </Go>
        </>
      )}
    </Modal>
  );
}

function Past({ run }: { run: Run }): ReactNode {
  const { error, skipped, trigger } = run;
  const took = workedMs(run);
  return (
    <li>
      <Go to={`runs/${run.id}`}>
        <When at={run.scheduled_for ?? run.queued_at} as="minute" />
      </Go>
      <Status of={run.status} />
      <span>
        {error ? (
          <>
            <code>{error.code}</code> {skipped && skipped.ticks > 1 && `${skipped.ticks} times. `}
            {error.message}
          </>
        ) : (
          <span className="quiet">
            {trigger.kind}
            {took !== undefined && `, ${lengthOf(took)}`}
          </span>
        )}
      </span>
    </li>
  );
}
