// Calls a route and /healthz at a steady pace and signs in once a second, in a process of its own. Tells how long each
// answer took, in milliseconds.
import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const everyMs = 20;
const signInEveryMs = 1000;

function call(url, body) {
  const started = performance.now();
  return new Promise((done) => {
    const fail = () => done({ ms: performance.now() - started, ok: false });
    const options = {
      agent,
      timeout: 10_000,
      ...(body !== undefined && { method: 'POST', headers: { 'content-type': 'application/json' } }),
    };
    request(url, options, (answer) => {
      answer.resume();
      answer.on('end', () => done({ ms: performance.now() - started, ok: answer.statusCode === 200 }));
      answer.on('error', fail);
    })
      .on('timeout', function () {
        this.destroy(new Error('too late'));
      })
      .on('error', fail)
      .end(body);
  });
}

/**
 * Starts a call each `pauseMs` whether or not those before have ended, so that a stall is felt by every call that falls
 * into it.
 */
async function probe(url, seconds, { pauseMs = everyMs, body } = {}) {
  const calls = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    calls.push(call(url, body));
    await new Promise((done) => setTimeout(done, pauseMs));
  }
  const answers = await Promise.all(calls);
  return { times: answers.map(({ ms }) => ms), failed: answers.filter(({ ok }) => !ok).length };
}

process.on('message', async ({ seconds, route, health, signIn }) => {
  const [first, second, third] = await Promise.all([
    probe(route, seconds),
    probe(health, seconds),
    probe(signIn.url, seconds, { pauseMs: signInEveryMs, body: signIn.body }),
  ]);
  process.send({ route: first, health: second, signIn: third });
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
