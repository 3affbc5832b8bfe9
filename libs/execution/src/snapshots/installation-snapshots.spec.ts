import { newId, systemClock, uuidFromId, type Id } from '@annex/kernel';
import type { Database } from '@annex/database';
import type { InspectOutcome, Registration } from '@annex/sandbox';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { scriptOf, writePlugin, type WrittenPlugin } from '../../../../test/support/written-plugin.js';
import { InstallationSnapshots } from './installation-snapshots.js';

let db: TestDatabase;
let tenantId: Id<'tenant'>;
let snapshots: InstallationSnapshots;
let reads: number;
let changes = 0;
let hold: Promise<void> | undefined;
let replaced: string[];
let stopCounting: () => void;

/** The database, counting transactions and holding them back when told. */
const counted = (): Database =>
  ({
    listen: db.database.listen.bind(db.database),
    forTenant: (id: Id<'tenant'>) => ({
      tenantId: id,
      transaction: async (work: Parameters<ReturnType<Database['forTenant']>['transaction']>[0]) => {
        const value = await db.database.forTenant(id).transaction(work);
        reads += 1;
        await hold;
        return value;
      },
    }),
  }) as unknown as Database;

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  reads = 0;
  hold = undefined;
  replaced = [];
  snapshots = new InstallationSnapshots({
    database: counted(),
    clock: systemClock,
    ceilings: {},
    onReplaced: (key) => replaced.push(key),
  });
  await snapshots.start();
  stopCounting = await db.database.listen('annex_changed', () => (changes += 1));
});
afterEach(() => {
  stopCounting();
  return snapshots.stop();
});

const routes: Registration[] = [{ kind: 'route', path: '/ping', methods: ['GET'], auth: 'member', roles: null }];

/** Writes a plugin and waits until its change has been heard here. */
async function write(plugin: Omit<WrittenPlugin, 'code'>): Promise<{ id: Id<'installation'>; slug: string }> {
  return heard(() =>
    writePlugin(
      db,
      { inspect: () => Promise.resolve<InspectOutcome>({ ok: true, registrations: routes, warnings: [] }) },
      tenantId,
      { code: '', ...plugin },
    ),
  );
}

async function heard<T>(change: () => Promise<T>): Promise<T> {
  const before = changes;
  const value = await change();
  await expect.poll(() => changes).toBeGreaterThan(before);
  return value;
}

describe('snapshots', () => {
  it('are read once and then there at once, without the database', async () => {
    const { id, slug } = await write({});
    expect(snapshots.getCached(tenantId, slug)).toBeUndefined();
    const [one, two] = await Promise.all([snapshots.get(tenantId, slug), snapshots.get(tenantId, slug)]);
    expect(one).toMatchObject({ tenantId, installationId: id, slug, status: 'enabled', version: '1.0.0' });
    expect(two).toBe(one);
    expect(snapshots.getCached(tenantId, slug)).toBe(one);
    expect(reads).toBe(1);
    expect((await snapshots.getById(tenantId, id))?.installationId).toBe(id);
    expect(one?.routes.match('GET', '/ping')?.route).toMatchObject({ auth: 'member', index: 0 });
    expect(await one?.loadBundle()).toEqual(scriptOf(''));
  });

  it('do not ask the database again and again for what does not exist', async () => {
    for (const slug of ['nobody', 'nobody', '../etc', 'A', '', 'x'.repeat(64), "'; drop table runs --"])
      expect(await snapshots.get(tenantId, slug)).toBeUndefined();
    expect(reads).toBe(1);
    await write({ slug: 'nobody' });
    expect(await snapshots.get(tenantId, 'nobody')).toBeDefined();
  });

  it('belong to one tenant', async () => {
    const { id, slug } = await write({});
    const other = await db.makeTenant();
    expect(await snapshots.get(other.id, slug)).toBeUndefined();
    expect(await snapshots.getById(other.id, id)).toBeUndefined();
    expect(await snapshots.getById(tenantId, newId('installation'))).toBeUndefined();
  });

  it('are new after a change that any process announced', async () => {
    const { slug } = await write({ version: '1.0.0' });
    const before = await snapshots.get(tenantId, slug);
    await write({ slug, version: '1.1.0' });
    const after = await snapshots.get(tenantId, slug);
    expect([before?.version, after?.version]).toEqual(['1.0.0', '1.1.0']);
    expect(replaced).toEqual([before?.isolateKey]);
  });

  it('tell which warm isolates shall start afresh, whichever process asked for it', async () => {
    const { id, slug } = await write({});
    const snapshot = await snapshots.get(tenantId, slug);
    await heard(() => db.sql(`select annex_changed($1, $2)`, [uuidFromId(tenantId), `isolates/${id}`]));
    expect(replaced).toEqual([id]);
    expect(snapshots.getCached(tenantId, slug)).toBe(snapshot);
  });

  it('that were read before a change and arrive after it are not kept', async () => {
    const { id, slug } = await write({});
    const release = Promise.withResolvers<void>();
    hold = release.promise;
    const early = snapshots.get(tenantId, slug);
    await expect.poll(() => reads).toBe(1);
    await db.sql(`update installations set status = 'disabled' where id = $1`, [uuidFromId(id)]);
    await heard(() => db.sql(`select annex_changed($1, 'plugins')`, [uuidFromId(tenantId)]));
    release.resolve();
    hold = undefined;
    expect((await early)?.status).toBe('enabled');
    expect(snapshots.getCached(tenantId, slug)).toBeUndefined();
    expect((await snapshots.get(tenantId, slug))?.status).toBe('disabled');
  });

  it('hold what is asked for and granted, and nothing beyond either', async () => {
    const { slug } = await write({
      manifest: {
        permissions: [{ name: 'outbound_http' }, { name: 'db.read', tables: ['a', 'b'] }],
        http: { allow: ['*.example.com', 'api.test:8443'] },
      },
      granted: [
        { name: 'outbound_http', hosts: ['www.example.com', 'api.test:8443'] },
        { name: 'db.read', tables: ['b', 'c'] },
        { name: 'llm.use' },
      ],
    });
    expect(await snapshots.get(tenantId, slug)).toMatchObject({
      permissions: ['db.read', 'outbound_http'],
      grants: [{ name: 'db.read', tables: ['b'] }, { name: 'outbound_http' }],
      allowHosts: ['api.test:8443', 'www.example.com'],
    });
  });

  it('do not show a permission of which nothing is left', async () => {
    const { slug } = await write({
      manifest: { permissions: [{ name: 'db.read', tables: ['a'] }, { name: 'db.write' }] },
      granted: [{ name: 'db.read', tables: ['b'] }, { name: 'db.write' }],
    });
    expect(await snapshots.get(tenantId, slug)).toMatchObject({
      permissions: ['db.write'],
      grants: [{ name: 'db.read', tables: [] }, { name: 'db.write' }],
    });
  });

  it('fill settings with defaults, and keep settings that an older schema let in', async () => {
    const schema = {
      type: 'object',
      properties: { channel: { type: 'string', default: '#ops' }, size: { type: 'number' } },
    };
    const { slug } = await write({ manifest: { config: schema }, config: { size: 1 } });
    const { slug: old } = await write({ manifest: { config: schema }, config: { size: 'large' } });
    expect((await snapshots.get(tenantId, slug))?.config).toEqual({ size: 1, channel: '#ops' });
    expect((await snapshots.get(tenantId, old))?.config).toEqual({ size: 'large' });
  });

  it('know the limits of each kind of run', async () => {
    const { slug } = await write({
      manifest: {
        limits: { memoryMb: 32, timeoutMs: 700 },
        jobs: [
          {
            name: 'long',
            schedule: null,
            timezone: 'UTC',
            overlap: 'skip',
            catchUp: 'latest',
            misfireDeadlineS: null,
            timeoutMs: 600_000,
            retry: null,
          },
        ],
      },
    });
    const snapshot = await snapshots.get(tenantId, slug);
    expect(snapshot?.limits('route')).toMatchObject({
      run: { wallMs: 700, memoryMb: 32, hostCalls: 1000 },
      sandbox: { wallMs: 700, hostCalls: 1001 },
    });
    expect(snapshot?.limits('job', 'long').run.wallMs).toBe(600_000);
    expect(snapshot?.limits('job', 'other').run.wallMs).toBe(30_000);
    expect(snapshot?.limits('route')).toBe(snapshot?.limits('route'));
  });
});
