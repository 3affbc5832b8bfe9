import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';
import { weather } from './storm.js';

const seed = Number(process.env['FAULTS_SEED'] ?? 1);
const rounds = Number(process.env['FAULTS_ROUNDS'] ?? 1);

let deployment: Deployment;
let api: AnnexProcess;
let workers: [AnnexProcess, AnnexProcess];
beforeAll(async () => {
  deployment = await startDeployment();
  const [first, second, third] = await Promise.all([deployment.start('api'), deployment.start('worker'), deployment.start('worker')]);
  api = first;
  workers = [second, third];
});
afterAll(() => deployment.stop());

it(
  `loses nothing and does nothing twice while workers, executors and PostgreSQL die, with the queue on PostgreSQL (seed ${seed})`,
  async () => {
    const forget = async (): Promise<void> => void (await deployment.sql('delete from bullmq.job'));
    await weather({ deployment, api, workers, seed, rounds, queueFaults: [['the queue forgets', forget]] });
    expect(await Promise.race([api.ended, 'lives'])).toBe('lives');
  },
  120_000 + rounds * 120_000,
);
