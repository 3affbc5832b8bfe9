/**
 * docs/operations.md, several machines: two apis and two workers that start at once over a PostgreSQL and a Redis with
 * TLS and passwords; and the same behind PgBouncer in transaction mode.
 */
import { chownSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findOwner } from '../../libs/database/src/embedded/owner.js';
import { packPlugin, until, type Client } from '../support/annex.js';
import { startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';
import { mayLeaveOutPgBouncer, startPgBouncer, type PgBouncer } from '../support/pgbouncer.js';
import { startSecureRedis, writeCertificate, type SecureRedis } from '../support/redis-forms.js';
import { mayLeaveOutRedis } from '../support/redis-server.js';

let folder: string;
let cert: string;
let deployment: Deployment;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'annex-machines-'));
  chmodSync(folder, 0o755);
  const files = writeCertificate(folder);
  ({ cert } = files);
  const owner = await findOwner();
  if (owner) chownSync(files.key, owner.uid, owner.gid);
  deployment = await startDeployment({ postgres: { ssl: 'on', ssl_cert_file: cert, ssl_key_file: files.key } });
});
afterAll(async () => {
  await deployment.stop();
  rmSync(folder, { recursive: true, force: true });
});

const start = (role: 'api' | 'worker', environment: Record<string, string>): Promise<AnnexProcess> =>
  deployment.start(role, { environment });

/** Whether a process brought the schema up to date. */
const migrated = (process: AnnexProcess): boolean =>
  process.log().includes('the database schema was brought up to date');

/** A plugin whose hook counts in its store, by the number of its release. */
async function installCounter(client: Client, version: string): Promise<void> {
  const code = `
    import { hook, route } from '@annex/sdk'
    hook('order.paid', (ctx) => ctx.kv.incr('${version}'))
    route('/', async (ctx) => ({ count: (await ctx.kv.get('${version}')) ?? 0 }))
  `;
  const manifest = { slug: 'counter', version, routes: true, events: ['order.*'] };
  const answer = await client.upload(packPlugin({ manifest, code }), { enable: 'true', grant: 'all' });
  expect(answer.status).toBeLessThan(300);
}

/** Sends events and waits until a worker has counted them. */
async function pay(client: Client, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1)
    expect((await client.post('/api/events', { type: 'order.paid', data: {} })).status).toBe(202);
  await until(
    async () => (await client.get('/ext/counter/')).body,
    (body) => (body as { count?: number }).count === times,
  );
}

describe('several machines', { timeout: 300_000 }, () => {
  it.skipIf(mayLeaveOutRedis)('start at once over TLS, migrate once, and work as one', async () => {
    const redis: SecureRedis = await startSecureRedis('of-the-shop');
    try {
      const environment = {
        DATABASE_URL: `${deployment.databaseUrl}?sslmode=verify-full&sslrootcert=${cert}`,
        REDIS_URL: redis.url,
      };
      const processes = await Promise.all(
        (['api', 'api', 'worker', 'worker'] as const).map((role) => start(role, environment)),
      );
      expect(processes.filter(migrated)).toHaveLength(1);
      const [one, other] = processes as [AnnexProcess, AnnexProcess, AnnexProcess, AnnexProcess];
      const tenant = await deployment.makeTenant(one);
      await installCounter(tenant.client(one), '1.0.0');
      await pay(tenant.client(other), 8);
      const open = await deployment.sql(
        `select a.application_name from pg_stat_activity a join pg_stat_ssl s using (pid)
         where a.application_name like 'annex-%' and not s.ssl`,
      );
      expect(open).toEqual([]);
      for (const each of processes) each.signal('SIGKILL');
    } finally {
      await redis.close();
    }
  });

  it('are refused a server whose certificate nobody vouches for, with the way out', async () => {
    const url = `${deployment.databaseUrl}?sslmode=verify-full`;
    await expect(start('api', { DATABASE_URL: url })).rejects.toThrow(/DATABASE_URL: PostgreSQL at .* Check sslmode/);
  });

  describe.skipIf(mayLeaveOutPgBouncer)('behind PgBouncer in transaction mode', () => {
    let pooler: PgBouncer;
    beforeAll(async () => {
      pooler = await startPgBouncer(deployment.databaseUrl);
    });
    afterAll(() => pooler.close());

    it('are refused without PostgreSQL’s own address, or with the pooler’s in its place', async () => {
      const refused = start('api', { DATABASE_URL: pooler.url });
      await expect(refused).rejects.toThrow(
        /DATABASE_URL: a pooler such as PgBouncer answers there.*DATABASE_DIRECT_URL/,
      );
      await expect(start('api', { DATABASE_URL: pooler.url, DATABASE_DIRECT_URL: pooler.url })).rejects.toThrow(
        /DATABASE_DIRECT_URL: a pooler in transaction mode answers there/,
      );
    });

    it('work with both: migrations, changes that others hear of, and background work', async () => {
      const environment = { DATABASE_URL: pooler.url, DATABASE_DIRECT_URL: deployment.databaseUrl };
      const [api] = await Promise.all([start('api', environment), start('worker', environment)]);
      const tenant = await deployment.makeTenant(api);
      const client = tenant.client(api);
      await installCounter(client, '1.0.0');
      await pay(client, 12);
      // The worker hears of the next release past the pooler.
      await installCounter(client, '2.0.0');
      await pay(client, 12);
    });
  });
});
