import type { Run } from '@annex/client';
import type { ReactNode } from 'react';
import { Empty } from '../../parts/empty';
import { Rows, type Column } from '../../parts/rows';
import { Status } from '../../parts/status';
import { When } from '../../parts/when';
import { useAt } from '../../shell/go';

const columns: readonly Column<Run>[] = [
  {
    label: 'Run',
    width: 'minmax(0, 1fr)',
    show: ({ plugin, name }) => (
      <>
        {name} <span className="quiet">{plugin}</span>
      </>
    ),
  },
  { label: 'Status', width: '110px', narrow: '1rem', show: ({ status }) => <Status of={status} /> },
  { label: 'When', width: '105px', narrow: '84px', align: 'end', show: ({ queued_at: at }) => <When at={at} /> },
];

/** A few runs, the latest first. */
export function RecentRuns({ runs, isLoading }: { runs: Run[]; isLoading: boolean }): ReactNode {
  const at = useAt();
  return (
    <Rows
      label="Latest runs"
      list={{ items: runs, isLoading, error: null }}
      columns={columns}
      idOf={({ id }) => id}
      linkTo={({ id }) => at(`runs/${id}`)}
      empty={<Empty title="Nothing has run yet" />}
    />
  );
}
