/** The storm over both backends side by side, each with a cluster of its own: most of the time they wait. */
import { describe, expect, it } from 'vitest';
import { mayLeaveOutRedis } from '../support/redis-server.js';
import { report } from './report.js';
import { rounds, seed } from './settings.js';
import { storm } from './storm.js';

const limitMs = rounds * 900_000;
/** Faults that came to something, by backend. */
const injected = new Map<string, number>();

describe.concurrent(`in a storm of faults (FAULTS_SEED=${seed}, FAULTS_ROUNDS=${rounds})`, () => {
  it(
    'nothing is lost and nothing is done twice, with the queue on PostgreSQL',
    async ({ onTestFailed }) =>
      void injected.set('postgres', await storm({ backend: 'postgres', seed, rounds, onTestFailed })),
    limitMs,
  );
  it.skipIf(mayLeaveOutRedis)(
    'nothing is lost and nothing is done twice, with the queue on Redis',
    async ({ onTestFailed }) =>
      void injected.set('redis', await storm({ backend: 'redis', seed, rounds, onTestFailed })),
    limitMs,
  );
});

it('it was a storm: 60 faults in a round of both backends', ({ skip }) => {
  const faults = [...injected.values()].reduce((sum, count) => sum + count, 0);
  report('faults in all', {
    [`${[...injected.keys()].join(' and ')} (gate: 60 in the short run, 500 in the long one)`]: faults,
  });
  if (injected.size < 2) skip('one of the backends did not come to its end');
  expect(faults).toBeGreaterThanOrEqual(60 * rounds);
});
