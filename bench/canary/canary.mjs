// Calls two addresses at a steady pace in a process of its own and tells how long each answer took, in milliseconds.
import { Agent, get } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const everyMs = 20;

function call(url) {
  const started = performance.now();
  return new Promise((done) => {
    const fail = () => done({ ms: performance.now() - started, ok: false });
    get(url, { agent, timeout: 10_000 }, (answer) => {
      answer.resume();
      answer.on('end', () => done({ ms: performance.now() - started, ok: answer.statusCode === 200 }));
      answer.on('error', fail);
    })
      .on('timeout', function () {
        this.destroy(new Error('too late'));
      })
      .on('error', fail);
  });
}

/** Starts a call each `everyMs` whether or not those before have ended, so that a stall is felt by every call that falls into it. */
async function probe(url, seconds) {
  const calls = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    calls.push(call(url));
    await new Promise((done) => setTimeout(done, everyMs));
  }
  const answers = await Promise.all(calls);
  return { times: answers.map(({ ms }) => ms), failed: answers.filter(({ ok }) => !ok).length };
}

process.on('message', async ({ seconds, route, health }) => {
  const [first, second] = await Promise.all([probe(route, seconds), probe(health, seconds)]);
  process.send({ route: first, health: second });
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
