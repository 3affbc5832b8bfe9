import { describe, expect, it } from 'vitest';
import { bucketsOf, chartOf, usualBucketS } from './chart.js';

const at = (text: string): number => Date.parse(`2026-03-01T${text}Z`);

describe('a chart', () => {
  it('has a value for each bucket that its span touches, begun at multiples of their length', () => {
    const span = { sinceMs: at('10:02:30'), untilMs: at('10:15:00'), bucketS: 300 };
    const points = [
      { atS: at('10:05:00') / 1000, key: 'succeeded', value: 4 },
      { atS: at('10:10:00') / 1000, key: 'failed', value: 1 },
    ];
    expect(chartOf(span, { points, cutAt: null }, 0)).toEqual({
      since: '2026-03-01T10:02:30.000Z',
      until: '2026-03-01T10:15:00.000Z',
      bucket_s: 300,
      complete_since: '2026-03-01T10:02:30.000Z',
      times: ['2026-03-01T10:00:00.000Z', '2026-03-01T10:05:00.000Z', '2026-03-01T10:10:00.000Z'],
      series: [
        { key: 'failed', values: [0, 0, 1] },
        { key: 'succeeded', values: [0, 4, 0] },
      ],
    });
  });

  it('that was cut says from which bucket on it is whole', () => {
    const span = { sinceMs: at('10:00:00'), untilMs: at('10:03:00'), bucketS: 60 };
    expect(chartOf(span, { points: [], cutAt: new Date(at('10:00:10')) }, null)).toMatchObject({
      complete_since: '2026-03-01T10:01:00.000Z',
      series: [],
    });
  });

  it.each([
    [60_000, 1],
    [3_600_000, 60],
    [86_400_000, 1800],
    [30 * 86_400_000, 43_200],
  ])('of %i ms has buckets of %i s by default', (spanMs, bucketS) => {
    expect(usualBucketS(spanMs)).toBe(bucketS);
    expect(bucketsOf({ sinceMs: 0, untilMs: spanMs, bucketS })).toBeLessThanOrEqual(60);
  });
});
