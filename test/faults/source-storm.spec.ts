/** What sources, mirrors and agents give through a storm of faults, and what becomes of it without the safeguards. */
import { describe, expect, it } from 'vitest';
import { mayLeaveOutEtcd } from '../support/etcd-server.js';
import { mayLeaveOutKafka } from '../support/kafka.js';
import { mayLeaveOutMosquitto } from '../support/mosquitto.js';
import { agentOrigin, etcdOrigin, pollOrigin, saidOrigin, sendingOrigin } from './asked-origins.js';
import { mutants, tempos } from './mutants.js';
import { kafkaOrigin, kubernetesOrigin, mqttOrigin, postgresOrigin, type Origin } from './origins.js';
import { report } from './report.js';
import { rounds, seed } from './settings.js';
import { killAt } from './source-faults.js';
import { sourceStorm } from './source-storm.js';

const limitMs = rounds * 600_000;
const tempo = [...tempos.shortSourceLeases, ...tempos.shortLeases];

it(
  `loses nothing and gives nothing twice in a storm of faults (FAULTS_SEED=${seed}, FAULTS_ROUNDS=${rounds})`,
  async ({ onTestFailed }) => {
    const origins = (slug: string): Promise<Origin[]> =>
      Promise.all([
        ...(mayLeaveOutMosquitto ? [] : [mqttOrigin()]),
        ...(mayLeaveOutKafka ? [] : [kafkaOrigin()]),
        ...(mayLeaveOutEtcd ? [] : [etcdOrigin(slug)]),
        ...[kubernetesOrigin(), postgresOrigin(), pollOrigin(), sendingOrigin(), agentOrigin(), saidOrigin()],
      ]);
    const { faults, put, wrong, seconds } = await sourceStorm({ seed, rounds, origins, patches: tempo, onTestFailed });
    const count = [...faults.values()].reduce((sum, times) => sum + times, 0);
    report(`faults of sources, mirrors and agents, seed ${seed}: ${seconds.toFixed(0)} s`, {
      'faults (gate: 30 in the short run, 500 in the long one)': count,
      ...Object.fromEntries(Object.entries(put).map(([name, last]) => [`given by ${name}`, last])),
      'lost, given twice, or wrong (gate: 0)': wrong.length,
    });
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(30 * rounds);
  },
  limitMs,
);

describe.concurrent('goes red without a safeguard', () => {
  const cases = [
    { mutant: 'ackFirst', at: 'source.written', origin: mqttOrigin, mayLeaveOut: mayLeaveOutMosquitto, isLong: false },
    { mutant: 'placeFirst', at: 'source.written', origin: kafkaOrigin, mayLeaveOut: mayLeaveOutKafka, isLong: true },
  ] as const;
  it.for(cases)('$mutant', { timeout: 300_000 }, async ({ mutant, at, origin, mayLeaveOut, isLong }, { skip }) => {
    if (mayLeaveOut || (isLong && rounds === 1)) return skip();
    const { wrong } = await sourceStorm({
      ...{ seed, rounds: 3, patienceMs: 15_000 },
      origins: async () => [{ ...(await origin()), faults: {} }],
      patches: [...tempo, ...mutants[mutant]],
      annexFaults: [{ 'a worker is killed before a batch is committed': ({ workers }) => killAt(workers, at) }],
    });
    expect(wrong.join()).toMatch(/\d+ of \d+ lost/);
  });
});
