// npm run bench -- --scale runs this after scale.mjs: a server over the data of thousands of tenants. Fills a
// PostgreSQL of its own with 2 million runs, 3,000 tenants with three plugins each, 54,000 schedules, a million
// events and a million log lines; starts the program over it and prints how long that takes, what the processes
// need, what each list answers in, what a look at due schedules costs, upload to live, and a hundred tenants
// active at once. Asserts nothing; [runs] and [tenants] make it smaller.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import pg from 'pg';
import { packFiles } from '@annex/manifest';
import { startEmbeddedPostgres } from '../libs/database/dist/index.js';
import { silentLogger } from '../libs/kernel/dist/index.js';
import { copyPlugin, fill, fillEvents, fillLogs } from './scale-data.mjs';
import { freePort, percentile, startProgram } from './support.mjs';

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const [runs, tenants] = [Number(process.argv[2] ?? 2_000_000), Number(process.argv[3] ?? 3000)];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'annex-bench-server-'));
chmodSync(folder, 0o755);
mkdirSync(join(folder, 'postgres'), { mode: 0o755 });
const pluginsEach = 3;
const jobsEach = 6;
const print = (what, figure) => console.log(`${what.padEnd(58)} ${figure}`);

const code = `import { hook, job, route } from '@annex/sdk'
route('/open', { auth: 'public' }, (ctx) => ({ pong: true, tenant: ctx.tenantId }))
hook('order.placed', () => undefined)
for (let n = 0; n < ${jobsEach}; n += 1) job('job-' + n, () => undefined)
`;
const manifestOf = (slug) => ({
  ...{ slug, name: slug, version: '1.0.0', entry: 'main.js', routes: true, events: ['order.placed'] },
  jobs: Array.from({ length: jobsEach }, (_, n) => ({ name: `job-${n}`, schedule: `${7 * n} ${3 * n} * * *` })),
});

const requireOk = async (response) => {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response;
};

/** Starts the program over the database; how long until it is ready, in milliseconds, is `startMs`. */
async function startServer(url) {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  const program = await startProgram(process.execPath, [join(root, 'apps/annex/dist/main.js')], {
    cwd: folder,
    env: { PORT: String(port), ANNEX_DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'warn', DATABASE_URL: url },
    ready: async () => void (await requireOk(await fetch(`${base}/readyz`))),
  });
  const startMs = performance.now() - startedAt;
  const login = await fetch(`${base}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@demo.test', password: 'annex-demo' }),
  });
  const { access_token: token } = await (await requireOk(login)).json();
  return { base, startMs, pid: program.pid, stop: program.stop, headers: { authorization: `Bearer ${token}` } };
}

async function upload({ base, headers }, tenant, slug) {
  const form = new FormData();
  const files = { 'plugin.json': JSON.stringify(manifestOf(slug)), 'main.js': code };
  form.append('file', new Blob([packFiles(Object.entries(files))]), `${slug}.zip`);
  form.append('enable', 'true');
  await requireOk(
    await fetch(`${base}/api/plugins/upload`, {
      method: 'POST',
      headers: { ...headers, 'x-tenant-slug': tenant },
      body: form,
    }),
  );
}

/** Resident megabytes of a process and of each that it started, the largest first. */
function memoryOf(pid) {
  const rows = [];
  for (const each of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${each}/stat`, 'latin1');
      const [, name = '', parent = ''] = /\((.*)\) \S (\d+)/.exec(stat) ?? [];
      const pages = Number(readFileSync(`/proc/${each}/statm`, 'latin1').split(' ')[1]);
      rows.push({ pid: Number(each), parent: Number(parent), name, mb: (pages * 4096) / 2 ** 20 });
    } catch {
      // It has ended.
    }
  }
  const ours = new Set([pid]);
  for (let before = 0; before !== ours.size;) {
    before = ours.size;
    for (const row of rows) if (ours.has(row.parent)) ours.add(row.pid);
  }
  return rows.filter((row) => ours.has(row.pid)).sort((a, b) => b.mb - a.mb);
}

function printMemory(when, pid) {
  const rows = memoryOf(pid);
  const main = rows.find((row) => row.pid === pid);
  const executors = rows.filter(({ name }) => name.startsWith('annex-exec'));
  const sum = executors.reduce((all, { mb }) => all + mb, 0);
  print(
    `memory, ${when}`,
    `program ${main?.mb.toFixed(0)} MB, ${executors.length} executors ${sum.toFixed(0)} MB in all`,
  );
}

/** What a list answers in, asked one by one. */
async function timeList({ base, headers }, tenant, path, times = 40) {
  const took = [];
  for (let count = 0; count < times; count += 1) {
    const startedAt = performance.now();
    const response = await requireOk(await fetch(base + path, { headers: { ...headers, 'x-tenant-slug': tenant } }));
    await response.arrayBuffer();
    took.push(performance.now() - startedAt);
    // Most lists have a rate for each tenant; what is measured is one answer.
    await new Promise((done) => setTimeout(done, 60));
  }
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
}

const lists = [
  '/api/runs?limit=50',
  '/api/runs?limit=50&status=failed',
  '/api/runs?limit=50&kind=job',
  '/api/events?limit=50',
  '/api/plugins',
  '/api/jobs?limit=50',
  '/api/dead-letters?limit=50',
  '/api/webhooks/deliveries?limit=50',
  '/api/audit?limit=50',
  '/api/usage',
  '/api/stats?metric=runs&by=status&bucket=1h',
  '/api/secrets',
  '/api/users',
  '/api/files',
];

async function timeLists(server) {
  for (const path of lists) {
    const cells = [];
    // The first tenant has two fifths of everything; another has what is usual.
    for (const tenant of ['t-1', 't-77']) {
      try {
        const { p50, p99 } = await timeList(server, tenant, path);
        cells.push(`${tenant} p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms`);
      } catch (error) {
        cells.push(`${tenant} ${String(error.message).slice(0, 60)}`);
      }
    }
    print(path, cells.join(' · '));
  }
}

/** Calls of a public route of a hundred tenants in turn. */
async function hundredTenants({ base, pid }) {
  const requests = Array.from({ length: 100 }, (_, n) => ({
    method: 'GET',
    path: `/ext/p-0/open`,
    headers: { 'x-tenant-slug': `t-${100 + n}` },
  }));
  for (const seconds of [20, 10]) {
    const result = await autocannon({ url: base, connections: 16, duration: seconds, requests });
    print(
      seconds === 20 ? '100 tenants at once, from cold' : '100 tenants at once, again',
      `${result.requests.average.toFixed(0)} req/s, p50 ${result.latency.p50}, p99 ${result.latency.p99} ms, ` +
        `${result.non2xx} not 2xx, ${result.errors} errors`,
    );
    printMemory('then', pid);
  }
}

async function dueSchedules(owner) {
  const { rows } = await owner.query(
    `explain (analyze, format json) select * from schedules
     where active and not paused and next_at is not null and next_at <= now() + interval '1 minute'
     order by next_at limit 500`,
  );
  print('schedules due within a minute, of all', `${rows[0]['QUERY PLAN'][0]['Execution Time'].toFixed(2)} ms`);
}

const postgres = await startEmbeddedPostgres({
  dataDir: join(folder, 'postgres'),
  logger: silentLogger,
  settings: { max_wal_size: '4GB', maintenance_work_mem: '256MB', shared_buffers: '1GB' },
});
const owner = new pg.Client({ connectionString: postgres.url });
let server;
try {
  server = await startServer(postgres.url);
  print('start over an empty database', `${(server.startMs / 1000).toFixed(1)} s`);
  for (let n = 0; n < pluginsEach; n += 1) await upload(server, 'demo', `p-${n}`);
  await server.stop();
  await owner.connect();
  const startedAt = performance.now();
  await fill(owner, { runs, tenants });
  for (let n = 0; n < pluginsEach; n += 1) await copyPlugin(owner, { slug: `p-${n}`, tenants });
  await fillEvents(owner, { events: runs / 2, tenants });
  await fillLogs(owner, { lines: runs / 2, tenants });
  await owner.query('vacuum analyze');
  const { rows: sizes } = await owner.query(
    `select (select count(*) from schedules where active) as schedules, (select count(*) from installations) as plugins,
       pg_size_pretty(pg_database_size(current_database())) as size`,
  );
  print(
    `${tenants} tenants, ${runs} runs, filled in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
    `${sizes[0].plugins} plugins, ${sizes[0].schedules} schedules, ${sizes[0].size}`,
  );
  server = await startServer(postgres.url);
  print('start over that', `${(server.startMs / 1000).toFixed(1)} s`);
  printMemory('at rest', server.pid);
  await dueSchedules(owner);
  await timeLists(server);
  const live = [];
  for (let n = 0; n < 10; n += 1) {
    const uploadedAt = performance.now();
    await upload(server, 't-77', `live-${n}`);
    await requireOk(await fetch(`${server.base}/ext/live-${n}/open`, { headers: { 'x-tenant-slug': 't-77' } }));
    live.push(performance.now() - uploadedAt);
  }
  print('upload → first answer', `p50 ${percentile(live, 0.5).toFixed(0)}, worst ${Math.max(...live).toFixed(0)} ms`);
  await hundredTenants(server);
} finally {
  await server?.stop();
  await owner.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
