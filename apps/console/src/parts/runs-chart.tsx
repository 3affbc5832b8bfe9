import type { ReactNode } from 'react';
import { useAnnex } from '../api/queries';
import { StatsChart } from './chart';
import { sinceOf } from './filters';
import { Loaded } from './page';

/** How many runs there were, by how they ended. */
export function RunsChart({ plugin, span }: { plugin?: string; span: string }): ReactNode {
  const query = { metric: 'runs', by: 'status', since: sinceOf(span), ...(plugin && { plugin }) } as never;
  const result = useAnnex('getStats', { query }, { every: 30_000 });
  return <Loaded result={result}>{(stats) => <StatsChart stats={stats} />}</Loaded>;
}
