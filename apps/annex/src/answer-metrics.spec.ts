import type { Answered } from '@annex-app/api';
import { Counter, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { addAnswerMetrics } from './answer-metrics.js';

it('tells of answers what prom-client would, counted one by one', async () => {
  const [plain, usual] = [new Registry(), new Registry()];
  const add = addAnswerMetrics(plain);
  const requests = new Counter({
    name: 'annex_http_requests_total',
    help: 'Requests answered, by door, method and status',
    labelNames: ['door', 'method', 'status'],
    registers: [usual],
  });
  const seconds = new Histogram({
    name: 'annex_http_request_seconds',
    help: 'How long answers took, by door',
    labelNames: ['door'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [usual],
  });
  expect((await plain.metrics()).split('\n').filter((line) => line.startsWith('#'))).toEqual(
    (await usual.metrics()).split('\n').filter((line) => line.startsWith('#')),
  );
  const answers: [Answered['door'], string, number, number][] = [
    ['ext', 'GET', 200, 1],
    ['ext', 'GET', 200, 2],
    ['ext', 'GET', 200, 2.5],
    ['ext', 'POST', 404, 5_000],
    ['rest', 'GET', 200, 40_000],
    ['ext', 'BREW', 405, 0],
    ['ext', 'TEA', 405, 30_000],
    ['other', 'GET', 500, 17],
  ];
  for (const [door, method, status, durationMs] of answers) {
    add({ door, method, status, durationMs });
    requests.inc({ door, method: ['GET', 'POST'].includes(method) ? method : 'other', status });
    seconds.observe({ door }, durationMs / 1000);
  }
  const lines = async (registry: Registry): Promise<string[]> => (await registry.metrics()).split('\n').sort();
  expect(await lines(plain)).toEqual(await lines(usual));
  // A second scrape counts nothing twice.
  expect(await lines(plain)).toEqual(await lines(usual));
});
