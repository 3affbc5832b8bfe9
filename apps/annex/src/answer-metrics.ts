/**
 * Answers to HTTP requests, counted in plain numbers: prom-client looks its labels up by a text it makes of them, which
 * costs a warm call more than all the rest of its accounting. It is told at a scrape.
 */
import type { Answered } from '@annex-app/api';
import { Counter, type Metric, type Registry } from 'prom-client';

/** Seconds up to which answers are counted together: from a warm call of a plugin to one that runs into its limit. */
const answerBucketsS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Methods that name a series of their own; whoever invents others makes no new ones. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

type Door = Answered['door'];

/** How long the answers of one door took. */
interface Durations {
  /** How many took no longer than each of {@link answerBucketsS}, and longer than the one before; the last: longer. */
  counts: number[];
  sumS: number;
}

/** Answers by door, method and status, and how long they took by door. */
class AnswerCounts {
  readonly answers = new Map<Door, Map<string, Map<number, number>>>();
  readonly durations = new Map<Door, Durations>();

  add({ door, method, status, durationMs }: Answered): void {
    const methods = of(this.answers, door, () => new Map<string, Map<number, number>>());
    const statuses = of(methods, knownMethods.has(method) ? method : 'other', () => new Map<number, number>());
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const durations = of(this.durations, door, () => ({ counts: answerBucketsS.map(() => 0).concat(0), sumS: 0 }));
    const seconds = durationMs / 1000;
    let bucket = 0;
    while (bucket < answerBucketsS.length && seconds > (answerBucketsS[bucket] ?? 0)) bucket += 1;
    durations.counts[bucket] = (durations.counts[bucket] ?? 0) + 1;
    durations.sumS += seconds;
  }
}

function of<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/**
 * Tells Prometheus of the answers to HTTP requests by door and status, and how long they took by door. No path, slug or
 * tenant: anybody may read these numbers. What it answers counts one.
 */
export function addAnswerMetrics(registry: Registry): (answer: Answered) => void {
  const counts = new AnswerCounts();
  new Counter({
    name: 'annex_http_requests_total',
    help: 'Requests answered, by door, method and status',
    labelNames: ['door', 'method', 'status'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [door, methods] of counts.answers)
        for (const [method, statuses] of methods)
          for (const [status, answers] of statuses) this.inc({ door, method, status }, answers);
    },
  });
  registry.registerMetric(durationMetric(counts));
  return (answer) => counts.add(answer);
}

/** A histogram as a registry writes it (all that one asks of a metric is `get`), of what was counted elsewhere. */
function durationMetric(counts: AnswerCounts): Metric {
  const name = 'annex_http_request_seconds';
  const get = (): Promise<object> => {
    const values = [...counts.durations].flatMap(([door, { counts: inBucket, sumS }]) => {
      let reached = 0;
      const buckets = inBucket.map((count, index) => {
        reached += count;
        return { labels: { le: answerBucketsS[index] ?? '+Inf', door }, value: reached, metricName: `${name}_bucket` };
      });
      return [
        ...buckets,
        { labels: { door }, value: sumS, metricName: `${name}_sum` },
        { labels: { door }, value: reached, metricName: `${name}_count` },
      ];
    });
    return Promise.resolve({ name, help: 'How long answers took, by door', type: 'histogram', values });
  };
  return { name, get } as unknown as Metric;
}
