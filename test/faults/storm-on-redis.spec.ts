import { describe, it } from 'vitest';
import { mayLeaveOutRedis } from '../support/redis-server.js';
import { rounds, seed } from './settings.js';
import { storm } from './storm.js';

describe.skipIf(mayLeaveOutRedis)('with Redis', () => {
  it(`loses nothing and does nothing twice in a storm of faults, with the queue on Redis (seed ${seed})`, () => storm({ backend: 'redis', seed, rounds }), rounds * 900_000);
});
