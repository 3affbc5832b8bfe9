import type { Stats } from '@annex/client';
import { nice, ticks } from 'd3-array';
import { useState, type ReactNode } from 'react';
import { useZone } from '../api/tenant';
import classes from './chart.module.css';
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
const colourOf = (key: string): string => colours[key] ?? 'var(--mantine-color-annex-5)';

/** Lines across the chart, about so many. */
const mostLines = 4;
/** Times below the bars, at most so many. */
const mostTimes = 6;

/** A bar for each stretch of time, with a part for each series. What the pointer is on is told in words below. */
export function StatsChart({ stats }: { stats: Stats }): ReactNode {
  const zone = useZone();
  const [pointed, setPointed] = useState<number>();
  const { times, series, bucket_s: bucket } = stats;
  if (series.length === 0) return <p className="quiet">Nothing ran in this time.</p>;
  const labels = times.map((time) => labelIn(time, zone, bucket));
  const at = (index: number): { key: string; count: number }[] =>
    series.map(({ key, values }) => ({ key, count: values[index] ?? 0 }));
  const bars = times.map((_, index) => at(index));
  const [, top] = nice(0, Math.max(1, ...bars.map(sumOf)), mostLines);
  const totals = series.map(({ key, values }) => ({
    key,
    count: values.reduce<number>((sum, n) => sum + (n ?? 0), 0),
  }));
  const told = (pointed === undefined ? undefined : bars[pointed]) ?? totals;
  return (
    <figure className={classes.figure}>
      <div
        className={classes.plot}
        role="img"
        aria-label={`Runs: ${totals.map(({ key, count }) => `${countText(count)} ${key}`).join(', ')}`}
      >
        {ticks(0, top, mostLines)
          .filter(Number.isInteger)
          .map((line) => (
            <div key={line} className={classes.line} style={{ bottom: `${(line / top) * 100}%` }}>
              <span>{countText(line)}</span>
            </div>
          ))}
        <div className={classes.bars} onPointerLeave={() => setPointed(undefined)}>
          {bars.map((parts, index) => (
            <div key={times[index]} data-on={index === pointed} onPointerEnter={() => setPointed(index)}>
              {parts.map(({ key, count }) =>
                count === 0 ? null : (
                  <i key={key} style={{ height: `${(count / top) * 100}%`, background: colourOf(key) }} />
                ),
              )}
            </div>
          ))}
        </div>
      </div>
      <div className={classes.times} aria-hidden>
        {spread(labels, mostTimes).map(({ item, place }) => (
          <span key={place} style={{ left: `${((place + 0.5) / labels.length) * 100}%` }}>
            {item}
          </span>
        ))}
      </div>
      <figcaption className={classes.told}>
        {pointed !== undefined && <strong>{labels[pointed]}</strong>}
        {told.map(({ key, count }) => (
          <span key={key}>
            <i style={{ background: colourOf(key) }} /> {countText(count)} {key}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function sumOf(parts: readonly { count: number }[]): number {
  return parts.reduce((sum, { count }) => sum + count, 0);
}

/** At most so many of a list, equally far from each other. */
function spread<T>(items: readonly T[], most: number): { item: T; place: number }[] {
  const step = Math.ceil(items.length / most);
  return items.map((item, place) => ({ item, place })).filter(({ place }) => place % step === Math.floor(step / 2));
}
