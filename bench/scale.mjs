// npm run bench -- --scale, or node bench/scale.mjs [runs] [tenants]: fills an embedded PostgreSQL of its own with 2
// million runs of 10,000 tenants, one of which has two fifths of them, and looks at the plans of what is asked most: no
// table is read from end to end, and no statement looks at more rows than its bound. Prints each plan's figures; ends
// with exit code 1 when one is out of bounds.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { connect } from '../apps/annex/dist/connect-database.js';
import { findTenantBySlug } from '../libs/access/dist/rows/tenants.js';
import { prepareDatabase, startEmbeddedPostgres } from '../libs/database/dist/index.js';
import { removeExpired, retentionSteps } from '../libs/dispatch/dist/sql/retention.js';
import { idFromUuid, newId, silentLogger } from '../libs/kernel/dist/index.js';
import { defaultRetention, effectiveLimits } from '../libs/limits/dist/index.js';
import {
  countRuns,
  emitEvent,
  findRun,
  listRuns,
  PlainCalls,
  readBacklog,
  readRunStory,
  recordChunks,
  recordRuns,
  runMetrics,
  runsOf,
  timeRuns,
} from '../libs/runs/dist/index.js';
import { findRunState } from '../libs/runs/dist/sql/cancel-run.js';
import { fill } from './scale-data.mjs';

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const [runs, tenants] = [Number(process.argv[2] ?? 2_000_000), Number(process.argv[3] ?? 10_000)];
const folder = mkdtempSync(join(tmpdir(), 'annex-bench-scale-'));
chmodSync(folder, 0o755);
const postgres = await startEmbeddedPostgres({
  dataDir: folder,
  logger: silentLogger,
  settings: { max_wal_size: '4GB', maintenance_work_mem: '256MB' },
});

/** Scans of a plan: what they read, how, and how many rows they looked at in all. */
function scansOf(node) {
  const own = [];
  if (node['Relation Name'] && node['Node Type'] !== 'ModifyTable') {
    const rows = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
    own.push({ table: node['Relation Name'], how: node['Node Type'], rows });
  }
  if (node['Node Type'] === 'Function Scan')
    own.push({ table: 'opened chunks', how: 'opened', rows: node['Actual Rows'] * node['Actual Loops'] });
  return [...own, ...(node.Plans ?? []).flatMap(scansOf)];
}

/** A transaction that looks at the plan of each statement before it runs it. */
function watched(tx, scans) {
  const look = async (sql, parameters) => {
    const text = typeof sql === 'string' ? sql : sql.text;
    if (/^\s*(set|savepoint|rollback|select pg_notify|select annex_changed)/i.test(text)) return;
    await tx.query('savepoint looked');
    const [{ 'QUERY PLAN': plan }] = await tx.query(`explain (analyze, format json) ${text}`, parameters);
    await tx.query('rollback to savepoint looked');
    scans.push(...plan.flatMap((one) => scansOf(one.Plan)));
  };
  const wrapped = {
    query: async (sql, parameters = []) => (await look(sql, parameters), tx.query(sql, parameters)),
    execute: async (sql, parameters = []) => (await look(sql, parameters), tx.execute(sql, parameters)),
    rows: async (entity, sql, parameters = []) => (await look(sql, parameters), tx.rows(entity, sql, parameters)),
  };
  return new Proxy(tx, {
    get: (target, key) => {
      if (Object.hasOwn(wrapped, key)) return wrapped[key];
      const value = target[key];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

let isOut = false;

/** @param {number} bound most rows that all scans of the statement look at together */
async function check(what, bound, within, work) {
  const scans = [];
  const undone = new Error('undone');
  const started = performance.now();
  await within(async (tx) => {
    await work(watched(tx, scans));
    throw undone;
  }).catch((thrown) => {
    if (thrown !== undone) throw thrown;
  });
  const took = performance.now() - started;
  const whole = [
    ...new Set(scans.filter(({ table, how }) => how === 'Seq Scan' && large.has(table)).map((one) => one.table)),
  ];
  const rows = scans.reduce((sum, one) => sum + one.rows, 0);
  const problems = [
    ...whole.map((table) => `reads ${table} from end to end`),
    ...(rows > bound ? [`looks at ${rows} rows, its bound is ${bound}`] : []),
  ];
  isOut ||= problems.length > 0;
  console.log(
    `${problems.length > 0 ? 'OUT' : 'ok '} ${what.padEnd(44)} ${String(Math.round(rows)).padStart(8)} rows ` +
      `${took.toFixed(0).padStart(6)} ms  ${problems.join('; ')}`,
  );
}

/** Tables that are worth an index: more rows than a plan reads for nothing. */
let large = new Set();
let database;
const owner = new pg.Client({ connectionString: postgres.url });
try {
  const { logins } = await prepareDatabase({ url: postgres.url, logins: { current: randomBytes(32), old: [] } });
  await owner.connect();
  const started = performance.now();
  const { tenant, plugin, run, call, middle } = await fill(owner, { runs, tenants });
  console.log(`${runs} runs of ${tenants} tenants, filled in ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  const { rows: counted } = await owner.query('select relname from pg_class where reltuples > 5000');
  large = new Set(counted.map(({ relname }) => relname));
  database = await connect({ logins, logger: silentLogger });
  const tenantId = idFromUuid('tenant', tenant);
  const installationId = idFromUuid('installation', plugin);
  const inTenant = (work) => database.forTenant(tenantId).transaction(work);
  const everywhere = (work) => database.platform(work);
  const page = (filter) => (tx) => listRuns(tx, { limit: 50, ...filter });
  const ago = (hours) => new Date(Date.now() - hours * 3_600_000);

  // A page may open a chunk of a thousand too many, and those that lie across its end.
  await check('the newest runs', 5_000, inTenant, page({}));
  await check('of a plugin by its slug', 5_000, inTenant, page({ plugin: 'p' }));
  await check('a page in the middle', 5_000, inTenant, page({ before: idFromUuid('run', middle) }));
  await check('routes that went well', 5_000, inTenant, page({ kind: 'route', status: 'succeeded' }));
  await check('that failed', 5_000, inTenant, page({ status: 'failed' }));
  await check('jobs', 5_000, inTenant, page({ kind: 'job' }));
  await check('dead letters', 5_000, inTenant, page({ deadLetters: true }));
  await check('of a span of time', 5_000, inTenant, page({ since: ago(30), until: ago(24) }));
  await check('of a handler that has none (20,000 looked at)', 150_000, inTenant, page({ name: 'GET /none' }));
  await check('a run by its id', 500, inTenant, (tx) => findRun(tx, idFromUuid('run', run)));
  await check('a call in a chunk by its id', 5_000, inTenant, (tx) => findRun(tx, idFromUuid('run', call)));
  await check('where a run stands', 500, inTenant, (tx) => findRunState(tx, idFromUuid('run', run)));
  await check('the story of a run', 2_000, inTenant, (tx) => readRunStory(tx, idFromUuid('run', run)));
  await check('figures of a plugin, a day (10,000 looked at)', 60_000, inTenant, (tx) =>
    runMetrics(tx, { installationId, since: ago(24) }),
  );
  const span = { since: ago(24), bucketS: 3_600, installationId: undefined };
  await check('a chart of a day (100,000 looked at)', 500_000, inTenant, (tx) => countRuns(tx, span, 'status'));
  await check('percentiles of a day (100,000 looked at)', 500_000, inTenant, (tx) => timeRuns(tx, span));
  const chunks = someCalls(installationId);
  await check('writes 200 calls in a chunk', 100, inTenant, (tx) => recordChunks(tx, chunks));
  await check('writes 200 calls one by one', 2_000, inTenant, (tx) => recordRuns(tx, chunks.flatMap(runsOf)));
  await check('emits an event', 1_000, inTenant, (tx) => emitEvent(tx, { type: 'a.b', source: '/bench', data: {} }));
  await check('a tenant by its slug', 10, everywhere, (tx) => findTenantBySlug(tx, 't-77'));
  await check('the backlog', 150_000, everywhere, (tx) => readBacklog(tx));
  for (const what of ['runs', 'run_chunks', 'failed_runs'].filter((step) => retentionSteps.includes(step)))
    await check(`retention: ${what}, nothing too old`, 50_000, everywhere, (tx) =>
      removeExpired(tx, { what, retention: defaultRetention, limit: 1_000 }),
    );
} finally {
  await owner.end();
  await database?.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (isOut) process.exitCode = 1;

/** A chunk of calls of now. */
function someCalls(installationId) {
  const waiting = new PlainCalls();
  const limits = effectiveLimits('route');
  for (let n = 0; n < 200; n += 1) {
    const startedAtMs = Date.now();
    waiting.add(
      {
        ...{ id: newId('run'), installationId, plugin: 'p', release: '1.0.0', name: 'GET /ping', depth: 0, limits },
        ...{ status: 200, startedAtMs, finishedAtMs: startedAtMs + 2, requestBytes: 0 },
        ...{ wallMs: 2, cpuMs: 1, memoryMb: 3, resultBytes: 41 },
      },
      '2026-01-01',
    );
  }
  return waiting.take().chunks;
}
