/** Time series for charts: `GET /api/stats`. */
import type { Series } from '@annex/runs';

export interface ChartSpan {
  sinceMs: number;
  untilMs: number;
  bucketS: number;
}

export interface ChartView {
  since: string;
  until: string;
  bucket_s: number;
  /** Buckets from here on hold everything; earlier ones less, since there were more runs than are counted at once. */
  complete_since: string;
  /** When each bucket begins. */
  times: string[];
  /** In order of key; a value for each bucket, `null` where there is none to name. */
  series: { key: string; values: (number | null)[] }[];
}

const niceBucketsS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800];

/** The shortest usual length of a bucket, in seconds, with which a span has 60 buckets at most. */
export function usualBucketS(spanMs: number): number {
  return niceBucketsS.find((bucketS) => spanMs / (bucketS * 1000) <= 60) ?? Math.ceil(spanMs / 60_000);
}

export function bucketsOf({ sinceMs, untilMs, bucketS }: ChartSpan): number {
  const first = Math.floor(sinceMs / 1000 / bucketS);
  return Math.max(1, Math.ceil(untilMs / 1000 / bucketS) - first);
}

/** Lays points into their buckets. `empty`: what stands where there is no point. */
export function chartOf(span: ChartSpan, { points, cutAt }: Series, empty: 0 | null): ChartView {
  const { sinceMs, untilMs, bucketS } = span;
  const firstS = Math.floor(sinceMs / 1000 / bucketS) * bucketS;
  const count = bucketsOf(span);
  const lines = new Map<string, (number | null)[]>();
  for (const { atS, key, value } of points) {
    const line = lines.get(key) ?? Array<number | null>(count).fill(empty);
    const place = Math.round((atS - firstS) / bucketS);
    if (place >= 0 && place < count) line[place] = value;
    lines.set(key, line);
  }
  const bucketMs = bucketS * 1000;
  const completeMs = cutAt === null ? sinceMs : (Math.floor(cutAt.getTime() / bucketMs) + 1) * bucketMs;
  return {
    since: new Date(sinceMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    bucket_s: bucketS,
    complete_since: new Date(completeMs).toISOString(),
    times: Array.from({ length: count }, (_, index) => new Date((firstS + index * bucketS) * 1000).toISOString()),
    series: [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, values]) => ({ key, values })),
  };
}
