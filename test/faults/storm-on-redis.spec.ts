import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';
import { mayLeaveOutRedis } from '../support/redis-server.js';
import { weather } from './storm.js';

const seed = Number(process.env['FAULTS_SEED'] ?? 2);
const rounds = Number(process.env['FAULTS_ROUNDS'] ?? 1);

describe.skipIf(mayLeaveOutRedis)('with the queue on Redis', () => {
  let deployment: Deployment;
  let api: AnnexProcess;
  let workers: [AnnexProcess, AnnexProcess];
  beforeAll(async () => {
    deployment = await startDeployment({ redis: true });
    const [first, second, third] = await Promise.all([deployment.start('api'), deployment.start('worker'), deployment.start('worker')]);
    api = first;
    workers = [second, third];
  });
  afterAll(() => deployment.stop());

  it(
    `loses nothing and does nothing twice while workers, executors, PostgreSQL and Redis die (seed ${seed})`,
    async () => {
      await weather({ deployment, api, workers, seed, rounds, queueFaults: [['Redis forgets', deployment.flushRedis], ['Redis ends', deployment.restartRedis]] });
      expect(await Promise.race([api.ended, 'lives'])).toBe('lives');
    },
    120_000 + rounds * 120_000,
  );
});
