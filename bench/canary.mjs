// Measures how far one tenant's attack on the api is felt by another: `npm run bench:canary [attack…]`. A canary
// tenant's public route and /healthz are called at a steady pace, idle and during each attack; somebody who has signed
// in before does so once a second. Prints p50, p99, p99 against idle, and the processor time of the api's main thread;
// asserts nothing.
import { fork } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attacks } from './canary/attacks.mjs';
import { pack } from './canary/pack.mjs';
import { freePort, percentile, startProgram } from './support.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const workspace = mkdtempSync(join(tmpdir(), 'annex-canary-'));
chmodSync(workspace, 0o755);
const seconds = 8;
const wanted = process.argv.slice(2);

/** A helper of bench/canary in a process of its own, which answers `ask` by message. */
async function helper(file, args = []) {
  const child = fork(join(here, 'canary', file), args, { execArgv: [] });
  const next = () => new Promise((done) => child.once('message', done));
  const hello = await next();
  return {
    hello,
    pid: child.pid,
    ask(message) {
      const answer = next();
      child.send(message);
      return answer;
    },
    stop: () => child.kill('SIGKILL'),
  };
}

/** Processor time of a process's main thread so far, in milliseconds (Linux). */
function mainThreadMs(pid) {
  const fields = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const residentMb = (pid) => (Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096) / 2 ** 20;

async function startAnnex(sinkPort) {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const program = await startProgram(process.execPath, [join(here, '../apps/annex/dist/main.js')], {
    cwd: workspace,
    env: {
      PORT: String(port),
      ANNEX_DATA_DIR: join(workspace, 'data'),
      LOG_LEVEL: 'fatal',
      ANNEX_EGRESS_ALLOW_PRIVATE: `127.0.0.1:${sinkPort}`,
    },
    ready: async (said) => {
      if (!/annex_[\w-]{20,}/.test(said)) throw new Error('not yet');
      if (!(await fetch(`${base}/readyz`)).ok) throw new Error('not yet');
    },
  });
  return { base, program };
}

/** A client of one tenant; `call` throws for answers that are not 2xx unless told otherwise. */
async function tenantClient(base, operator, slug) {
  const made = await fetch(`${base}/api/tenants`, {
    method: 'POST',
    headers: { ...operator, 'content-type': 'application/json' },
    body: JSON.stringify({ slug, name: slug }),
  });
  if (!made.ok) throw new Error(await made.text());
  const headers = { ...operator, 'x-tenant-slug': slug };
  const call = (method, path, body) =>
    fetch(`${base}${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const upload = async (files) => {
    const form = new FormData();
    form.append('file', new Blob([await pack(files)]), 'plugin.zip');
    form.append('enable', 'true');
    form.append('grant', 'all');
    const answer = await fetch(`${base}/api/plugins/upload`, { method: 'POST', headers, body: form });
    if (!answer.ok) throw new Error(await answer.text());
  };
  return { base, slug, headers, call, upload };
}

const line = (name, { route, health, signIn, cpu, rss }, idle) => {
  const against =
    idle === undefined
      ? ''
      : `${(route.p99 / idle.route.p99).toFixed(1).padStart(6)} ×${(health.p99 / idle.health.p99).toFixed(1).padStart(6)} ×`;
  const figures = [route, health, signIn].map(
    ({ p50, p99, failed }) => `${p50.toFixed(1).padStart(7)}${p99.toFixed(1).padStart(8)}${String(failed).padStart(5)}`,
  );
  console.log(
    `${name.padEnd(44)}${figures.join('  ')}  ${cpu.toFixed(0).padStart(4)} %  ${rss.toFixed(0).padStart(5)} MB  ${against}`,
  );
};

const sink = await helper('sink.mjs');
const sinkUrl = `http://127.0.0.1:${sink.hello.port}`;
const canary = await helper('canary.mjs');
let annex;
try {
  annex = await startAnnex(sink.hello.port);
  const { base, program } = annex;
  const signIn = {
    url: `${base}/api/auth/login`,
    body: JSON.stringify({ email: 'admin@demo.test', password: 'annex-demo' }),
  };
  const login = await fetch(signIn.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: signIn.body,
  });
  const operator = { authorization: `Bearer ${(await login.json()).access_token}` };
  const quiet = await tenantClient(base, operator, 'canary');
  await quiet.upload({
    'plugin.json': JSON.stringify({ slug: 'ping', name: 'Ping', version: '1.0.0', entry: 'main.js', routes: true }),
    'main.js': "import { route } from '@annex/sdk'\nroute('/ping', { auth: 'public' }, () => ({ pong: true }))",
  });
  const attacker = await tenantClient(base, operator, 'attacker');

  const measure = async () => {
    const before = mainThreadMs(program.pid);
    const started = performance.now();
    const felt = await canary.ask({
      seconds,
      route: `${base}/t/canary/ext/ping/ping`,
      health: `${base}/healthz`,
      signIn,
    });
    const cpu = ((mainThreadMs(program.pid) - before) / (performance.now() - started)) * 100;
    const figures = ({ times, failed }) => ({ p50: percentile(times, 0.5), p99: percentile(times, 0.99), failed });
    return {
      route: figures(felt.route),
      health: figures(felt.health),
      signIn: figures(felt.signIn),
      cpu,
      rss: residentMb(program.pid),
    };
  };

  console.log(
    `${''.padEnd(44)}  route p50  p99 fail  /healthz p50 p99 fail   sign-in p50 p99 fail   main      rss  p99 against idle`,
  );
  await measure();
  const idle = await measure();
  line('idle', idle);
  for (const { name, prepare } of attacks) {
    if (wanted.length > 0 && !wanted.some((each) => name.includes(each))) continue;
    try {
      await prepare?.({ attacker, sink: sinkUrl });
    } catch (thrown) {
      console.log(`${name.padEnd(44)}  not tried, it was refused before: ${String(thrown).slice(0, 300)}`);
      continue;
    }
    const assault = await helper('assault.mjs', [name]);
    await assault.ask({ base, headers: attacker.headers, sink: sinkUrl });
    await new Promise((done) => setTimeout(done, 500));
    line(name, await measure(), idle);
    assault.stop();
    await new Promise((done) => setTimeout(done, 3000));
  }
} catch (thrown) {
  console.error(annex?.program.said().slice(-3000));
  throw thrown;
} finally {
  canary.stop();
  sink.stop();
  await annex?.program.stop();
  rmSync(workspace, { recursive: true, force: true });
}
