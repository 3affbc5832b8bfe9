// Measures background work: `npm run build && node bench/dispatch.mjs [postgres] [redis]`. Prints figures beside the
// gates; asserts nothing.
import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Queue, Worker } from 'bullmq';
import { Dispatcher } from '@annex/dispatch';
import { newUuid, silentLogger } from '@annex/kernel';
import { enqueueRun } from '@annex/runs';
import { packFiles } from '@annex/manifest';
import { prepareDatabase, startEmbeddedPostgres } from '@annex/database';
import { createQueue, migrateQueue } from '@annex/queue';
import { freePort, percentile, startProgram } from './support.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = process.argv.slice(2);
const backends = ['postgres', 'redis'].filter((name) => wanted.length === 0 || wanted.includes(name));
const workspace = mkdtempSync(join(tmpdir(), 'annex-bench-'));
chmodSync(workspace, 0o755);

const code = `import { hook, job } from '@annex/sdk'
hook('bench.*', () => ({ at: Date.now() }))
job('flood', () => ({ at: Date.now() }))
`;
const manifest = {
  slug: 'bench',
  name: 'Bench',
  version: '1.0.0',
  entry: 'main.js',
  events: ['bench.*'],
  jobs: [{ name: 'flood', overlap: 'allow' }],
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const line = (what, figures, gate) =>
  console.log(`${what.padEnd(58)} ${figures.padEnd(38)} ${gate ? `gate ${gate}` : ''}`);

async function startRedis() {
  const port = await freePort();
  const child = spawn(
    'redis-server',
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--maxmemory-policy',
      'noeviction',
      '--dir',
      workspace,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  await new Promise((ready, failed) => {
    child.once('error', failed);
    child.stdout.on('data', (text) => text.includes('Ready to accept connections') && ready());
  });
  return { url: `redis://127.0.0.1:${port}/0`, stop: () => void child.kill('SIGKILL') };
}

/** Signs in, installs the plugin of the benchmark, and answers the headers of its tenant. */
async function installBench(base) {
  const login = await fetch(`${base}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@demo.test', password: 'annex-demo' }),
  });
  const headers = { authorization: `Bearer ${(await login.json()).access_token}`, 'x-tenant-slug': 'demo' };
  const form = new FormData();
  form.append(
    'file',
    new Blob([packFiles(Object.entries({ 'plugin.json': JSON.stringify(manifest), 'main.js': code }))]),
    'bench.zip',
  );
  form.append('enable', 'true');
  const uploaded = await fetch(`${base}/api/plugins/upload`, { method: 'POST', headers, body: form });
  if (!uploaded.ok) throw new Error(await uploaded.text());
  return headers;
}

/** How long each event needed, from when it was sent and from when it was answered. */
async function readLatencies(base, headers, times) {
  const fromSend = [];
  const fromAnswer = [];
  for (let cursor; ;) {
    const page = await (
      await fetch(`${base}/api/runs?kind=event&plugin=bench&limit=200${cursor ? `&cursor=${cursor}` : ''}`, {
        headers,
      })
    ).json();
    for (const run of page.items) {
      const at = times.get(run.event_id);
      if (!at || !run.result) continue;
      fromSend.push(run.result.at - at[0]);
      fromAnswer.push(Math.max(0, run.result.at - at[1]));
    }
    cursor = page.next_cursor;
    if (!cursor) break;
  }
  return { fromSend, fromAnswer };
}

/**
 * An Annex as people start it, in a process of its own, and how long events need from their 202 to the first line of a
 * handler.
 */
async function eventLatency(backend, redisUrl, { perSecond = 60, seconds = 15 } = {}) {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const program = await startProgram(process.execPath, [join(root, 'apps/annex/dist/main.js')], {
    cwd: workspace,
    env: {
      PORT: String(port),
      ANNEX_DATA_DIR: join(workspace, `data-${backend}`),
      LOG_LEVEL: 'warn',
      ...(redisUrl && { REDIS_URL: redisUrl }),
    },
    ready: async (said) => {
      if (!/annex_[\w-]{20,}/.test(said)) throw new Error('not yet');
      if (!(await fetch(`${base}/readyz`)).ok) throw new Error('not yet');
    },
  });
  try {
    const headers = await installBench(base);
    const send = async (id) => {
      const sentAt = Date.now();
      const answer = await fetch(`${base}/api/events`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ id, type: 'bench.tick', data: {} }),
      });
      if (answer.status !== 202) throw new Error(await answer.text());
      await answer.arrayBuffer();
      return [sentAt, Date.now()];
    };
    const times = new Map();
    for (let index = 0; index < perSecond * 2; index += 1) {
      await send(`warm-${index}`);
      await pause(1000 / perSecond);
    }
    const under = [];
    const started = performance.now();
    for (let index = 0; index < perSecond * seconds; index += 1) {
      const due = started + (index * 1000) / perSecond - performance.now();
      if (due > 0) await pause(due);
      under.push(send(`e-${index}`).then((at) => times.set(`e-${index}`, at)));
    }
    await Promise.all(under);
    await pause(1500);
    const { fromSend, fromAnswer } = await readLatencies(base, headers, times);
    if (fromSend.length !== times.size)
      throw new Error(`${times.size - fromSend.length} of ${times.size} events were not handled in time`);
    line(
      `${backend}: event accepted → handler, ${perSecond}/s`,
      `p50 ${ms(percentile(fromAnswer, 0.5))}, p99 ${ms(percentile(fromAnswer, 0.99))}`,
      backend === 'redis' ? 'p50 ≤ 5 ms, p99 ≤ 20 ms' : 'p50 ≤ 8 ms, p99 ≤ 25 ms',
    );
    line(
      `${backend}: event sent → handler`,
      `p50 ${ms(percentile(fromSend, 0.5))}, p99 ${ms(percentile(fromSend, 0.99))}`,
    );
  } finally {
    await program.stop();
  }
}

/** Makes runs of the job `flood` in one commit. */
function flood(platform, { id, installationId }, count) {
  return platform.database.forTenant(id).transaction(async (tx) => {
    for (let index = 0; index < count; index += 1) {
      await enqueueRun(tx, {
        installationId,
        plugin: 'bench',
        kind: 'job',
        name: 'flood',
        ordinal: 0,
        policy: {},
        depth: 0,
      });
    }
  });
}

/** The platform without HTTP, in this process: what is measured is dispatch, through real isolates. */
async function openPlatform(backend, redisUrl) {
  const load = (path) => import(pathToFileURL(join(root, path)).href);
  const [{ createPlatform }, { readSettings }, access] = await Promise.all([
    load('apps/annex/dist/platform.js'),
    load('apps/annex/dist/config.js'),
    import('@annex/access'),
  ]);
  const dataDir = join(workspace, `platform-${backend}`);
  const postgres = await startEmbeddedPostgres({ dataDir, logger: silentLogger });
  const { logins } = await prepareDatabase({
    url: postgres.url,
    logins: { current: randomBytes(32), old: [] },
    prepareQueue: migrateQueue,
  });
  const settings = readSettings({
    PORT: '0',
    LOG_LEVEL: 'silent',
    ANNEX_MIN_INTERVAL_S: '1',
    ...(redisUrl && { REDIS_URL: redisUrl }),
  });
  const platform = await createPlatform({
    settings,
    logins,
    logger: silentLogger,
    masterKey: randomBytes(32),
    jwtSecret: randomBytes(32).toString('hex'),
  });
  const sql = (text, parameters) => platform.database.platform((tx) => tx.query(text, parameters));
  return {
    platform,
    url: logins.queue,
    sql,
    async tenant(slug, files = { 'plugin.json': JSON.stringify(manifest), 'main.js': code }) {
      const made = await platform.access.tenants.create(access.systemPrincipal, { slug, name: slug }, 'bench');
      const caller = access.systemCaller({ id: made.id, slug, name: slug });
      const { plugin } = await platform.installations.upload(caller, packFiles(Object.entries(files)), {
        enable: true,
        grant: 'all',
      });
      return { id: made.id, caller, installationId: plugin.id };
    },
    flood: (tenant, count) => flood(platform, tenant, count),
    drained: async () => {
      for (;;) {
        const [row] = await sql(
          `select count(*)::int as n from runs where status in ('queued', 'running', 'retrying') and kind = 'job'`,
        );
        if (row.n === 0) return;
        await pause(20);
      }
    },
    stop: async () => {
      await platform.dispatcher.stop(5000);
      await platform.stop();
      await postgres.stop();
    },
  };
}

/** A dispatcher of the platform's, which a measurement may start and stop. */
function dispatcherOf({ platform, url }, backend, redisUrl, name = 'runs') {
  const queue = createQueue({ backend, url: backend === 'redis' ? redisUrl : url, logger: silentLogger, name });
  const dispatcher = new Dispatcher({
    database: platform.database,
    queue,
    execute: platform.execution,
    logger: silentLogger,
    ownerId: newUuid(),
  });
  return {
    queue,
    dispatcher,
    stop: async () => {
      await dispatcher.stop(5000);
      await queue.close();
    },
  };
}

/** Runs a second from the first claim to the last end of what is in `runs` now. */
async function rateOf(sql) {
  const [row] = await sql(
    `select count(*)::int as n, extract(epoch from max(finished_at) - min(started_at))::float8 as s from runs
     where kind = 'job' and status = 'succeeded'`,
  );
  return row.n / row.s;
}

/** Processor time so far, in ticks of 10 ms, of this process and what hangs below it, by what each is. */
function ticks() {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, rest] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
        const fields = rest.split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        const used = fields.slice(11, 15).reduce((sum, one) => sum + Number(one), 0);
        return [{ pid: Number(pid), parent: Number(fields[1]), command, used }];
      } catch {
        return [];
      }
    });
  const mine = new Set([process.pid]);
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parent } of all) {
      if (mine.has(parent) && !mine.has(pid)) grown = mine.add(pid) !== undefined;
    }
  }
  const sum = (of) => all.filter((one) => mine.has(one.pid) && of(one)).reduce((total, { used }) => total + used, 0);
  const isPostgres = ({ command }) => /postgres/.test(command) && !/node/.test(command);
  const isRedis = ({ command }) => /redis-server/.test(command);
  return {
    main: sum(({ pid }) => pid === process.pid),
    postgres: sum(isPostgres),
    redis: sum(isRedis),
    executors: sum((one) => one.pid !== process.pid && !isPostgres(one) && !isRedis(one)),
  };
}

/** Microseconds of processor time a run, by process. */
function costs(before, after, runs) {
  const us = Object.entries(after).map(([name, used]) => [name, Math.round(((used - before[name]) * 10_000) / runs)]);
  const total = us.reduce((sum, [, one]) => sum + one, 0);
  return `${us.map(([name, one]) => `${name} ${one}`).join(', ')}: ${total} µs a run`;
}

/** First in, first out: with nobody else there, fairness has no say. Runs a second. */
async function rateInOrder(backend, bed, redisUrl, { flood, runs }) {
  await bed.sql('delete from runs');
  await bed.flood(flood, runs);
  const fifo = dispatcherOf(bed, backend, redisUrl, 'fifo');
  await fifo.dispatcher.start();
  await bed.drained();
  const rate = await rateOf(bed.sql);
  await fifo.stop();
  return rate;
}

async function fairness(backend, bed, redisUrl, { runs = 5000 } = {}) {
  const flood = await bed.tenant(`flood-${backend}`);
  const quiet = await bed.tenant(`quiet-${backend}`);
  const warm = dispatcherOf(bed, backend, redisUrl, 'warm');
  await warm.dispatcher.start();
  await bed.flood(flood, 500);
  await bed.flood(quiet, 5);
  await bed.drained();
  await warm.stop();

  const fifoRate = await rateInOrder(backend, bed, redisUrl, { flood, runs });
  await bed.sql('delete from runs');
  await bed.flood(flood, runs);
  const fair = dispatcherOf(bed, backend, redisUrl, 'fair');
  await fair.dispatcher.start();
  await pause(300);
  const waits = [];
  for (let index = 0; index < 40; index += 1) {
    const [{ n }] = await bed.sql(`select count(*)::int as n from runs where tenant_id = $1 and status = 'queued'`, [
      (await import('@annex/kernel')).uuidFromId(flood.id),
    ]);
    if (n < 200) break;
    const { runId } = await bed.platform.runs.runNow(
      flood.caller === quiet.caller ? flood.caller : quiet.caller,
      'bench',
      'flood',
    );
    const at = Date.now();
    await bed.platform.runs.waitForRun(quiet.id, runId, 30_000);
    waits.push(Math.max(0, (await bed.platform.execution.reader.run(quiet.id, runId)).result.at - at));
    await pause(25);
  }
  await bed.drained();
  const fairRate = await rateOf(bed.sql);
  await fair.stop();
  line(
    `${backend}: quiet tenant behind ${runs} runs (${waits.length} tries)`,
    `p50 ${ms(percentile(waits, 0.5))}, p99 ${ms(percentile(waits, 0.99))}`,
    'p99 ≤ 250 ms',
  );
  line(
    `${backend}: throughput of the flood, fair / FIFO`,
    `${fairRate.toFixed(0)} / ${fifoRate.toFixed(0)} runs/s = ${(fairRate / fifoRate).toFixed(2)}`,
    '≥ 0.90',
  );
  await evenness(backend, bed, redisUrl);
}

/** Several tenants with as much to do each: who got how much until half of all was done. */
async function evenness(backend, bed, redisUrl) {
  await bed.sql('delete from runs');
  const tenants = [];
  for (let index = 0; index < 6; index += 1) tenants.push(await bed.tenant(`even-${backend}-${index}`));
  for (const [index, tenant] of tenants.entries()) await bed.flood(tenant, index === 0 ? 3000 : 400);
  const even = dispatcherOf(bed, backend, redisUrl, 'even');
  await even.dispatcher.start();
  await bed.drained();
  await even.stop();
  const shares = (
    await bed.sql(
      `select count(*)::int as n from (select tenant_id from runs where kind = 'job' order by started_at
       limit 1500) first group by tenant_id`,
    )
  ).map(({ n }) => n);
  const jain = shares.reduce((sum, n) => sum + n, 0) ** 2 / (shares.length * shares.reduce((sum, n) => sum + n * n, 0));
  line(`${backend}: Jain index over 6 tenants, one with 7.5 times the work`, jain.toFixed(3), '≥ 0.95');
}

async function bareBullmq(redisUrl, jobs = 20_000) {
  const url = new URL(redisUrl);
  const connection = { host: url.hostname, port: Number(url.port), maxRetriesPerRequest: null };
  const queue = new Queue('bare', { connection });
  for (let index = 0; index < jobs; index += 1000)
    await queue.addBulk(
      Array.from({ length: 1000 }, () => ({ name: 'x', data: {}, opts: { removeOnComplete: true } })),
    );
  const done = Promise.withResolvers();
  let count = 0;
  const started = performance.now();
  const worker = new Worker('bare', async () => null, { connection, concurrency: 16 });
  worker.on('completed', () => (count += 1) === jobs && done.resolve());
  await done.promise;
  const rate = (jobs * 1000) / (performance.now() - started);
  await worker.close();
  await queue.close();
  return rate;
}

async function throughput(backend, bed, redisUrl, { tenants = 4, runs = 2500 } = {}) {
  await bed.sql('delete from runs');
  const all = [];
  for (let index = 0; index < tenants; index += 1) all.push(await bed.tenant(`many-${backend}-${index}`));
  for (const tenant of all) await bed.flood(tenant, runs);
  const many = dispatcherOf(bed, backend, redisUrl, 'many');
  const before = ticks();
  const [{ lsn }] = await bed.sql('select pg_current_wal_lsn()::text as lsn');
  await many.dispatcher.start();
  await bed.drained();
  const rate = await rateOf(bed.sql);
  line(`${backend}: processor time`, costs(before, ticks(), tenants * runs));
  const [{ kb }] = await bed.sql('select (pg_current_wal_lsn() - $1::pg_lsn)::float8 / 1000 as kb', [lsn]);
  line(`${backend}: WAL`, `${(kb / (tenants * runs)).toFixed(1)} kB a run`);
  await many.stop();
  if (backend === 'redis') {
    const bare = await bareBullmq(redisUrl);
    line(
      'redis: dispatch in real isolates / bare BullMQ no-op worker',
      `${rate.toFixed(0)} / ${bare.toFixed(0)} runs/s = ${(rate / bare).toFixed(2)}`,
      '≥ 2500 runs/s',
    );
  } else line(`${backend}: dispatch in real isolates`, `${rate.toFixed(0)} runs/s`, '≥ 2500 runs/s');
}

async function schedules(backend, bed, redisUrl, { tenants = 4, each = 50, seconds = 12 } = {}) {
  await bed.sql('delete from runs');
  const jobs = Array.from({ length: each }, (_, index) => ({
    name: `tick-${index}`,
    schedule: '* * * * * *',
    overlap: 'allow',
  }));
  const files = {
    'plugin.json': JSON.stringify({ ...manifest, slug: 'ticks', events: [], jobs }),
    'main.js':
      `import { job } from '@annex/sdk'\nfor (let index = 0; index < ${each}; index += 1) job('tick-' + index, () => ` +
      `({ at: Date.now() }))\n`,
  };
  const ticking = dispatcherOf(bed, backend, redisUrl, 'ticks');
  await ticking.dispatcher.start();
  for (let index = 0; index < tenants; index += 1) await bed.tenant(`ticks-${backend}-${index}`, files);
  await pause(2000);
  const from = new Date();
  await pause(seconds * 1000);
  await bed.sql('update schedules set active = false');
  await bed.drained();
  const rows = await bed.sql(
    `select ((result->>'at')::float8 - extract(epoch from scheduled_for) * 1000)::float8 as lag from runs
     where kind = 'job' and status = 'succeeded' and scheduled_for >= $1`,
    [from],
  );
  await ticking.stop();
  const lags = rows.map(({ lag }) => lag);
  line(
    `${backend}: ${tenants * each} one-second schedules, lag (${lags.length} ticks)`,
    `p50 ${ms(percentile(lags, 0.5))}, p99 ${ms(percentile(lags, 0.99))}`,
    'p99 ≤ 1 s',
  );
}

const redis = backends.includes('redis') ? await startRedis() : undefined;
const only = process.env.BENCH_ONLY?.split(',') ?? ['latency', 'fairness', 'throughput', 'schedules'];
try {
  for (const backend of backends) {
    const redisUrl = backend === 'redis' ? redis.url : undefined;
    if (only.includes('latency')) await eventLatency(backend, redisUrl);
    if (only.every((name) => name === 'latency')) continue;
    const bed = await openPlatform(backend, redisUrl);
    try {
      if (only.includes('fairness')) await fairness(backend, bed, redisUrl);
      if (only.includes('throughput')) await throughput(backend, bed, redisUrl);
      if (only.includes('schedules')) await schedules(backend, bed, redisUrl);
    } finally {
      await bed.stop();
    }
  }
} finally {
  redis?.stop();
  rmSync(workspace, { recursive: true, force: true });
}
// Threads of the platform live as long as its process.
process.exit(0);
