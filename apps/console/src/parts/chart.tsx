/** Charts, in a file of their own: they weigh more than most screens. */
import '@mantine/charts/styles.css';
import type { Stats } from '@annex/client';
import { BarChart } from '@mantine/charts';
import type { ReactNode } from 'react';
import { useZone } from '../api/tenant';
import { countText } from './numbers';
import { labelIn } from './when';

const colours: Readonly<Record<string, string>> = {
  succeeded: 'var(--annex-good-dot)',
  failed: 'var(--annex-bad-dot)',
  retrying: 'var(--annex-warn-dot)',
  running: 'var(--annex-busy-dot)',
  queued: 'var(--mantine-color-annex-3)',
  cancelled: 'var(--annex-quiet-dot)',
  skipped: 'var(--mantine-color-gray-4)',
};

export default function StatsChart({ stats, height = 200 }: { stats: Stats; height?: number }): ReactNode {
  const zone = useZone();
  const data = stats.times.map((time, index) => ({
    time: labelIn(time, zone, stats.bucket_s),
    ...Object.fromEntries(stats.series.map(({ key, values }) => [key, values[index] ?? 0])),
  }));
  const totals = stats.series.map(({ key, values }) => ({
    key,
    total: values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
  }));
  const said = totals.map(({ key, total }) => `${countText(total)} ${key}`).join(', ');
  if (totals.length === 0) return <p className="quiet">Nothing ran in this time.</p>;
  return (
    <figure style={{ margin: 0 }} role="img" aria-label={`Runs: ${said}`}>
      <BarChart
        h={height}
        data={data}
        dataKey="time"
        type="stacked"
        series={totals.map(({ key }) => ({ name: key, color: colours[key] ?? 'var(--mantine-color-annex-5)' }))}
        withLegend
        gridAxis="x"
        tickLine="none"
        barProps={{ isAnimationActive: false }}
        barChartProps={{ accessibilityLayer: false }}
        yAxisProps={{ width: 34, allowDecimals: false }}
        valueFormatter={countText}
        legendProps={{ verticalAlign: 'bottom', height: 28 }}
      />
    </figure>
  );
}
