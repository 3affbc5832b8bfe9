/** A second PostgreSQL that follows the one of a deployment, and takes its place when that dies. */
import { spawnSync } from 'node:child_process';
import { chownSync, chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@annex/database';
import { silentLogger } from '@annex/kernel';
import pg from 'pg';
import type { Deployment } from './deployment.js';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.js';

export interface Standby {
  /**
   * Kills the primary. The standby answers at its address at once, as an address that moves does, and is promoted a
   * while later. Resolves when it takes writes.
   */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Copies the running primary (PostgreSQL manual, "Making a Base Backup Using the Low Level API") and follows it. From
 * then on the primary answers a commit only when the standby has it.
 */
export async function startStandby(deployment: Deployment): Promise<Standby> {
  const { databaseUrl, dataDir: from } = deployment;
  const home = mkdtempSync(join(tmpdir(), 'annex-standby-'));
  chmodSync(home, 0o755);
  const dataDir = join(home, 'data');
  const cluster = join(dataDir, 'postgres/cluster');
  await withClient(databaseUrl, async (client) => {
    await client.query(`select pg_backup_start('standby', true)`);
    // Files that go while they are copied make cp fail; what has to be there is in the log that follows.
    spawnSync('cp', ['-a', from, dataDir], { stdio: 'ignore' });
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    rmSync(join(cluster, 'postmaster.pid'), { force: true });
    const { uid, gid } = statSync(cluster);
    for (const [name, text] of [
      ['backup_label', rows[0]?.labelfile ?? ''],
      ['standby.signal', ''],
    ] as const) {
      writeFileSync(join(cluster, name), text);
      chownSync(join(cluster, name), uid, gid);
    }
  });
  const { port, username, password } = new URL(databaseUrl);
  const server = await startEmbeddedPostgres({
    dataDir,
    logger: silentLogger,
    settings: {
      fsync: 'off',
      max_connections: '200',
      primary_conninfo: `host=127.0.0.1 port=${port} user=${username} password=${password} application_name=standby`,
    },
  });
  await withClient(databaseUrl, async (client) => {
    await client.query(`alter system set synchronous_standby_names = 'standby'`);
    await client.query('select pg_reload_conf()');
    await until(client, `select count(*) > 0 as yes from pg_stat_replication where sync_state = 'sync'`);
  });
  let address: TcpProxy | undefined;
  return {
    async failOver() {
      await deployment.crashPostgres();
      address = await openTcpProxy(server.url, Number(port));
      await new Promise((done) => setTimeout(done, 1500));
      await withClient(server.url, async (client) => {
        await client.query('select pg_promote()');
        await until(client, 'select not pg_is_in_recovery() as yes');
      });
    },
    async stop() {
      await address?.close();
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Asks again until SQL answers `yes`. */
async function until(client: pg.Client, sql: string): Promise<void> {
  while (!(await client.query<{ yes: boolean }>(sql)).rows[0]?.yes) await new Promise((done) => setTimeout(done, 50));
}
