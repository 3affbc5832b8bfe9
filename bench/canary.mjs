// Measures how far one tenant's attack on the api is felt by another: `npm run bench:canary [attack…]`. A canary
// tenant's public route and /healthz are called at a steady pace, idle and during each attack; somebody who has signed
// in before does so once a second. The attacker comes behind all others in the line for the processors (nice 10).
// Prints, and asserts nothing:
//   p50, p99, × idle   what the canary felt, in milliseconds; it shares the machine with the attacker
//   ahead p99, most    processor time of the api's main thread before a call that comes at any moment has its turn, in
//                      milliseconds: what the api itself adds, whatever else runs on the machine
//   main, waits        the main thread at work, and ready to work while others have the processors
//   others             all other threads of the program: passwords, outbound HTTP, collecting garbage
//   µs each            processor time of the main thread for one strike of the attacker, answered or cut off
// CANARY_PROFILE=<folder> keeps a CPU profile of the main thread there.
import { fork } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packFiles } from '@annex/manifest';
import { attacks } from './canary/attacks.mjs';
import { freePort, percentile, startProgram } from './support.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const workspace = mkdtempSync(join(tmpdir(), 'annex-canary-'));
chmodSync(workspace, 0o755);
const seconds = 8;
const wanted = process.argv.slice(2);
const programFlags = [
  ...(process.env.CANARY_PROFILE ? ['--cpu-prof', '--cpu-prof-dir', process.env.CANARY_PROFILE] : []),
  '--import',
  join(here, 'canary/stalls.mjs'),
];

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

/**
 * What the main thread of a process had so far, in milliseconds (Linux): time on a processor, and time that it was
 * ready to run while others had the processors.
 */
function mainThread(pid) {
  const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ').map(Number);
  return { ran: ran / 1e6, waited: waited / 1e6 };
}

/** Processor time of a process with all its threads so far, in milliseconds (Linux). */
function wholeProcessMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const residentMb = (pid) => (Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096) / 2 ** 20;

async function startAnnex(sinkPort) {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const program = await startProgram(process.execPath, [...programFlags, join(here, '../apps/annex/dist/main.js')], {
    cwd: workspace,
    ipc: true,
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
    form.append('file', new Blob([packFiles(Object.entries(files))]), 'plugin.zip');
    form.append('enable', 'true');
    form.append('grant', 'all');
    const answer = await fetch(`${base}/api/plugins/upload`, { method: 'POST', headers, body: form });
    if (!answer.ok) throw new Error(await answer.text());
  };
  return { base, slug, headers, call, upload };
}

const columns = [
  ['route p50', 9, ({ route }) => route.p50.toFixed(1)],
  ['p99', 7, ({ route }) => route.p99.toFixed(1)],
  ['× idle', 7, ({ route }, idle) => idle && (route.p99 / idle.route.p99).toFixed(1)],
  ['fail', 5, ({ route }) => route.failed],
  ['healthz p50', 12, ({ health }) => health.p50.toFixed(1)],
  ['p99', 7, ({ health }) => health.p99.toFixed(1)],
  ['× idle', 7, ({ health }, idle) => idle && (health.p99 / idle.health.p99).toFixed(1)],
  ['fail', 5, ({ health }) => health.failed],
  ['sign-in p50', 12, ({ signIn }) => signIn.p50.toFixed(0)],
  ['p99', 5, ({ signIn }) => signIn.p99.toFixed(0)],
  ['fail', 5, ({ signIn }) => signIn.failed],
  ['ahead p99', 10, ({ ahead }) => ahead.p99.toFixed(1)],
  ['most', 7, ({ ahead }) => ahead.longest.toFixed(1)],
  ['main %', 7, ({ main }) => main.toFixed(0)],
  ['waits %', 8, ({ waits }) => waits.toFixed(0)],
  ['others %', 9, ({ others }) => others.toFixed(0)],
  ['answers/s', 10, ({ answers }, idle) => idle && answers.toFixed(0)],
  ['cut off/s', 10, ({ cutOff }, idle) => idle && cutOff.toFixed(0)],
  [
    'µs each',
    8,
    ({ main, answers, cutOff }, idle) => idle && (((main - idle.main) / (answers + cutOff)) * 1e4).toFixed(0),
  ],
  ['rss MB', 7, ({ rss }) => rss.toFixed(0)],
];
const show = (name, cell) =>
  console.log(
    name.padEnd(44) + columns.map(([title, width, value]) => String(cell(title, value) ?? '').padStart(width)).join(''),
  );
const line = (name, figures, idle) => show(name, (_, value) => value(figures, idle));

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

  const measure = async (count = () => ({})) => {
    const countedBefore = await count();
    const before = { ...mainThread(program.pid), all: wholeProcessMs(program.pid) };
    const started = performance.now();
    program.child.send('begin');
    const felt = await canary.ask({
      seconds,
      route: `${base}/t/canary/ext/ping/ping`,
      health: `${base}/healthz`,
      signIn,
    });
    const wall = performance.now() - started;
    const after = { ...mainThread(program.pid), all: wholeProcessMs(program.pid) };
    const ahead = new Promise((done) => program.child.once('message', done));
    program.child.send('end');
    const countedAfter = await count();
    const figures = ({ times, failed }) => ({ p50: percentile(times, 0.5), p99: percentile(times, 0.99), failed });
    const share = (ms) => (ms / wall) * 100;
    return {
      route: figures(felt.route),
      health: figures(felt.health),
      signIn: figures(felt.signIn),
      ahead: await ahead,
      main: share(after.ran - before.ran),
      waits: share(after.waited - before.waited),
      others: share(after.all - before.all - (after.ran - before.ran)),
      answers: ((countedAfter.answered - countedBefore.answered) / wall) * 1000,
      cutOff: ((countedAfter.cutOff - countedBefore.cutOff) / wall) * 1000,
      rss: residentMb(program.pid),
    };
  };

  show('', (title) => title);
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
    line(name, await measure(() => assault.ask('count')), idle);
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
