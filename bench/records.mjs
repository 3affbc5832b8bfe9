// node bench/records.mjs [calls]: what it costs to write down calls of a route, one by one and in chunks: processor
// time of PostgreSQL and of the process that writes, and bytes of WAL a call. Both ways take turns. Prints figures;
// asserts nothing.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, newUuid, silentLogger, uuidFromId } from '../libs/kernel/dist/index.js';
import { connect } from '../apps/annex/dist/connect-database.js';
import { prepareDatabase, startEmbeddedPostgres } from '../libs/database/dist/index.js';
import { effectiveLimits } from '../libs/limits/dist/index.js';
import { PlainCalls, recordChunks, recordRuns, runsOf } from '../libs/runs/dist/index.js';
import { cpuOf } from './cpu.mjs';

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const calls = Number(process.argv[2] ?? 60_000);
const flush = 1_500;
const rounds = 4;
const folder = mkdtempSync(join(tmpdir(), 'annex-bench-records-'));
chmodSync(folder, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir: folder, logger: silentLogger });
const { logins } = await prepareDatabase({ url: postgres.url, logins: { current: randomBytes(32), old: [] } });
const database = await connect({ logins, logger: silentLogger });
const allowed = effectiveLimits('route');

/** Writes calls as they come in flushes and answers what it cost. */
async function write(tenantId, installationId, inChunks) {
  const wal = async () =>
    Number((await database.platform((tx) => tx.query(`select pg_current_wal_insert_lsn() - '0/0' as at`)))[0].at);
  const before = { cpu: cpuOf(process.pid), own: process.cpuUsage(), wal: await wal() };
  const clock = Date.now();
  for (let done = 0; done < calls; done += flush) {
    const waiting = new PlainCalls();
    for (let n = 0; n < flush; n += 1) {
      const startedAtMs = Date.now();
      waiting.add(
        {
          ...{ id: newId('run'), installationId, plugin: 'ping', release: '1.0.0', name: 'GET /ping', depth: 0 },
          ...{ status: 200, limits: allowed, startedAtMs, finishedAtMs: startedAtMs + (n % 7), requestBytes: 0 },
          ...{ wallMs: n % 7, cpuMs: n % 3, memoryMb: 3, resultBytes: 41 },
        },
        '2026-01-01',
      );
    }
    const { chunks, runs } = waiting.take();
    await database.forTenant(tenantId).transaction(async (tx) => {
      await tx.skipDiskWait();
      if (inChunks) await recordChunks(tx, chunks);
      await recordRuns(tx, inChunks ? runs : [...runs, ...chunks.flatMap(runsOf)]);
    });
  }
  const own = process.cpuUsage(before.own);
  return {
    postgres: ((cpuOf(process.pid).postgres - before.cpu.postgres) / calls) * 1e6,
    own: (own.user + own.system) / calls,
    wal: ((await wal()) - before.wal) / calls,
    tookMs: Date.now() - clock,
  };
}

try {
  const tenantId = newId('tenant');
  const installationId = newId('installation');
  await database.platform((tx) =>
    tx.query('insert into tenants (id, slug, name) values ($1, $2, $2)', [uuidFromId(tenantId), `b-${newUuid()}`]),
  );
  await database
    .forTenant(tenantId)
    .transaction((tx) =>
      tx.query(`insert into installations (tenant_id, id, slug, name) values ($1, $2, 'ping', 'Ping')`, [
        uuidFromId(tenantId),
        uuidFromId(installationId),
      ]),
    );
  console.log('a call of a route, written down    PostgreSQL µs   own process µs   bytes of WAL');
  for (let round = 0; round < rounds; round += 1)
    for (const inChunks of round % 2 === 0 ? [false, true] : [true, false]) {
      const { postgres: server, own, wal } = await write(tenantId, installationId, inChunks);
      console.log(
        `${(inChunks ? 'in chunks' : 'one by one').padEnd(34)} ${server.toFixed(1).padStart(13)} ` +
          `${own.toFixed(1).padStart(16)} ${wal.toFixed(0).padStart(14)}`,
      );
    }
} finally {
  await database.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
