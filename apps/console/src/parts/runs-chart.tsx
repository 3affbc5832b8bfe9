import { lazy, Suspense, type ReactNode } from 'react';
import { useAnnex } from '../api/queries';
import { sinceOf } from './filters';
import { Loaded, Waiting } from './page';

const Chart = lazy(() => import('./chart'));

/** How many runs there were, by how they ended. */
export function RunsChart({ plugin, span }: { plugin?: string; span: string }): ReactNode {
  const query = { metric: 'runs', by: 'status', since: sinceOf(span), ...(plugin && { plugin }) } as never;
  const result = useAnnex('getStats', { query }, { every: 30_000 });
  return (
    <Loaded result={result}>
      {(stats) => (
        <Suspense fallback={<Waiting />}>
          <Chart stats={stats} />
        </Suspense>
      )}
    </Loaded>
  );
}
