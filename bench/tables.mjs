// node bench/tables.mjs [rows] [questions]: how long a question to a tenant's table takes, beside another tenant with a
// table of the same name. Loads a million rows (takes some minutes) into an embedded PostgreSQL of its own, asks
// through libs/tables as plugins do. Prints figures; asserts nothing.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { filterInput, sortInput } from '../libs/host-api/dist/index.js';
import { newId, newUuid, silentLogger, systemClock, uuidFromId } from '../libs/kernel/dist/index.js';
import { connect } from '../apps/annex/dist/connect-database.js';
import { prepareDatabase, startEmbeddedPostgres } from '../libs/database/dist/index.js';
import { indexEntries, Tables } from '../libs/tables/dist/index.js';
import { percentile } from './support.mjs';

// The embedded PostgreSQL ends with the process, if that ends by itself.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const rows = Number(process.argv[2] ?? 1_000_000);
const questions = Number(process.argv[3] ?? 200);
const batch = 2_000;
const folder = mkdtempSync(join(tmpdir(), 'annex-bench-tables-'));
chmodSync(folder, 0o755);
const postgres = await startEmbeddedPostgres({
  dataDir: folder,
  logger: silentLogger,
  settings: { max_wal_size: '4GB' },
});
const database = await (async () => {
  const { logins } = await prepareDatabase({ url: postgres.url, logins: { current: randomBytes(32), old: [] } });
  return connect({ logins, logger: silentLogger });
})();

const statuses = ['open', 'paid', 'shipped', 'closed'];
const random = (n) => Math.floor(Math.random() * n);
const order = (n) => ({
  number: n,
  status: statuses[random(4)],
  customer: { id: `c-${random(50_000)}`, email: `buyer-${n}@example.com` },
  total: random(1_000_000) / 100,
  paid: Math.random() < 0.5,
  tags: [`t${random(20)}`, `t${random(20)}`],
});

async function load(tenantUuid, tenantId, count) {
  await database
    .forTenant(tenantId)
    .transaction((tx) => tx.query(`insert into document_tables (tenant_id, name) values ($1, 'orders')`, [tenantUuid]));
  for (let done = 0; done < count; done += batch) {
    const documents = Array.from({ length: Math.min(batch, count - done) }, (_, n) => ({
      id: newUuid(),
      data: order(done + n),
    }));
    const entries = documents.flatMap(({ id, data }) => indexEntries(data).map((entry) => ({ id, entry })));
    await database.forTenant(tenantId).transaction(async (tx) => {
      await tx.query(
        `insert into documents (tenant_id, table_name, id, data, size, created_at, updated_at)
         select $1, 'orders', id, data, octet_length(data::text), uuid_extract_timestamp(id), uuid_extract_timestamp(id)
         from unnest($2::uuid[], $3::jsonb[]) as given(id, data)`,
        [tenantUuid, documents.map(({ id }) => id), documents.map(({ data }) => JSON.stringify(data))],
      );
      await tx.query(
        `insert into document_values (tenant_id, table_name, value, document_id) select $1, 'orders', value, id
         from unnest($2::bytea[], $3::uuid[]) as given(value, id)`,
        [tenantUuid, entries.map(({ entry }) => entry), entries.map(({ id }) => id)],
      );
    });
    if ((done / batch) % 50 === 0) process.stderr.write(`\r${done} rows `);
  }
}

const cases = [
  ['equal, one row of all', () => ({ 'customer.email': `buyer-${random(rows)}@example.com` })],
  ['equal, some rows', () => ({ 'customer.id': `c-${random(50_000)}` })],
  ['equal, a quarter of the rows', () => ({ status: statuses[random(4)] })],
  ['equal, a quarter, newest first', () => ({ status: statuses[random(4)] }), { orderBy: '-created_at' }],
  ['equal, nothing', () => ({ status: `none-${random(1000)}` })],
  ['two equal, one of them common', () => ({ status: 'open', 'customer.id': `c-${random(50_000)}` })],
  ['in a list of values, few rows', () => ({ number: { $in: Array.from({ length: 20 }, () => random(rows)) } })],
  ['a narrow range of numbers', () => ({ number: { $gte: rows / 2, $lt: rows / 2 + 100 } })],
  ['a wide range of numbers', () => ({ total: { $gt: 9_000 } })],
  ['everything, newest first', () => ({}), { orderBy: '-created_at' }],
  ['everything, last changed first', () => ({}), { orderBy: '-updated_at' }],
  ['$or of two equal', () => ({ $or: [{ 'customer.id': `c-${random(50_000)}` }, { number: random(rows) }] })],
];

try {
  const [tenant, other] = await Promise.all(
    ['loud', 'quiet'].map(async (slug) => {
      const id = newId('tenant');
      await database.platform((tx) =>
        tx.query('insert into tenants (id, slug, name) values ($1, $2, $2)', [uuidFromId(id), slug]),
      );
      return { id, slug };
    }),
  );
  const started = performance.now();
  await load(uuidFromId(tenant.id), tenant.id, rows);
  await load(uuidFromId(other.id), other.id, Math.ceil(rows / 100));
  process.stderr.write(`\rloaded in ${Math.round((performance.now() - started) / 1000)} s\n`);
  const tables = new Tables({ database, clock: systemClock });
  const sizes = await database.platform((tx) =>
    tx.query(
      `select pg_size_pretty(pg_total_relation_size('documents')) as documents,
         pg_size_pretty(pg_total_relation_size('document_values')) as index`,
    ),
  );
  console.log(
    `${rows} rows of one tenant, ${cpus().length} processors; documents ${sizes[0].documents}, index ${sizes[0].index}`,
  );
  for (const when of ['before ANALYZE', 'after ANALYZE']) {
    console.log(`\n${when.padEnd(34)}      p50      p99  rows`);
    for (const [name, filter, { orderBy } = {}] of cases) {
      const times = [];
      let found = 0;
      for (let n = 0; n < questions; n += 1) {
        const query = { filter: filterInput.parse(filter()), ...(orderBy && { orderBy: sortInput.parse(orderBy) }) };
        const from = performance.now();
        found = (await tables.query(tenant, 'orders', query)).length;
        times.push(performance.now() - from);
      }
      console.log(
        `${name.padEnd(34)} ${percentile(times, 0.5).toFixed(1).padStart(6)} ms ` +
          `${percentile(times, 0.99).toFixed(1).padStart(6)} ms  ${found}`,
      );
    }
    for (const [name, work] of [
      ['count of an equal value', () => tables.count(tenant, 'orders', filterInput.parse({ status: 'open' }))],
      ['count of everything', () => tables.count(tenant, 'orders')],
      ['sorted by a field', () => tables.query(tenant, 'orders', { orderBy: sortInput.parse('-total'), limit: 20 })],
      ['insert', () => tables.insert(tenant, 'orders', order(rows))],
    ]) {
      const times = [];
      let failed = '';
      for (let n = 0; n < (name === 'insert' ? questions : 3); n += 1) {
        const from = performance.now();
        await work().catch((error) => (failed = error.code));
        times.push(performance.now() - from);
      }
      console.log(
        `${name.padEnd(34)} ${percentile(times, 0.5).toFixed(1).padStart(6)} ms ` +
          `${percentile(times, 0.99).toFixed(1).padStart(6)} ms  ${failed}`,
      );
    }
    // As autovacuum does when so much has been written.
    await database.platform((tx) => tx.query('select 1'));
    const { default: pg } = await import('pg');
    const owner = new pg.Client({ connectionString: postgres.url });
    await owner.connect();
    await owner.query('vacuum analyze documents');
    await owner.query('vacuum analyze document_values');
    await owner.end();
  }
} finally {
  await database.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
