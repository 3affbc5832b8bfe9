/** PostgreSQL's primary dies under load, and a standby that has every commit takes its address (docs/faults.md). */
import { expect, it } from 'vitest';
import { startStandby } from '../support/standby.js';
import { withCluster } from './bed.js';

it('loses nothing that was accepted when the primary dies, and goes on at the standby', async () => {
  await withCluster({ backend: 'postgres', workers: 2 }, async (cluster, makeBed) => {
    const bed = await makeBed();
    const standby = await startStandby(cluster.deployment);
    try {
      let accepted = 0;
      let isLoading = true;
      const load = async (lane: number): Promise<void> => {
        for (let n = 0; isLoading; n += 1) {
          await bed.askJob(`lane-${lane}-${n}`);
          accepted += 1;
        }
      };
      const lanes = Promise.all([load(1), load(2), load(3)]);
      const reaches = async (wanted: number): Promise<void> => {
        while (accepted < wanted) await new Promise((done) => setTimeout(done, 20));
      };
      await reaches(30);
      const over = bed.fault('failover');
      await standby.failOver();
      const promotedMs = performance.now();
      const before = accepted;
      await reaches(before + 1);
      process.stdout.write(`accepted again ${Math.round(performance.now() - promotedMs)} ms after the promotion\n`);
      await reaches(before + 30);
      over();
      isLoading = false;
      await lanes;
      const verdict = await bed.settle(90_000);
      expect(verdict.acknowledged).toBeGreaterThanOrEqual(60);
      expect(verdict).toMatchObject({
        lost: [],
        duplicatedEffects: [],
        unexpectedEffects: [],
        unexplainedSends: [],
        unfinished: [],
      });
    } finally {
      await cluster.stop();
      await standby.stop();
    }
  });
}, 600_000);
