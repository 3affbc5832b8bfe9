// One attack in a process of its own, behind the others in the line for the processor. Counts what was
// answered, and what was cut off.
import { getPriority, setPriority } from 'node:os';
import { attacks } from './attacks.mjs';

setPriority(getPriority() + 10);
const attack = attacks.find(({ name }) => name === process.argv[2]);
let answered = 0;
let cutOff = 0;
process.on('message', (context) => {
  if (context === 'count') return void process.send({ answered, cutOff });
  process.send({ started: true });
  for (let lane = 0; lane < (attack.lanes ?? 4); lane += 1) {
    void (async () => {
      for (let round = 0; ; round += 1) {
        try {
          const answer = await attack.strike({ ...context, lane, round });
          await answer?.arrayBuffer?.();
          answered += 1;
        } catch {
          cutOff += 1;
          await new Promise((done) => setTimeout(done, 20));
        }
      }
    })();
  }
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
