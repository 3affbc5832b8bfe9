import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { newId, silentLogger, systemClock, type Id } from '@annex/kernel';
import { emitEvent } from '@annex/runs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startS3, type TestS3 } from '../../../test/support/s3-server.js';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import {
  fileKeyFault,
  Files,
  ObjectMissing,
  openStore,
  readFileKey,
  readFilesUrl,
  startSweeper,
  sweepOnce,
  type FileActor,
  type ObjectStore,
} from './index.js';
import { FileLinks } from './links.js';

let db: TestDatabase;
let s3: TestS3;
let folder: string;
beforeAll(async () => {
  db = await openTestDatabase();
  s3 = await startS3('bucket', 'AKTEST');
  folder = await mkdtemp(join(tmpdir(), 'annex-store-'));
});
afterAll(async () => {
  await s3?.close();
  await rm(folder, { recursive: true, force: true });
  await db?.close();
});

const credentials = { accessKeyId: 'AKTEST', secretAccessKey: 'secret' };
const stores: [string, () => Promise<ObjectStore>][] = [
  ['a disk', () => openStore(readFilesUrl(`file://${folder}`))],
  [
    'S3',
    () =>
      openStore(readFilesUrl(`s3://bucket/some/prefix?endpoint=${encodeURIComponent(s3.endpoint)}&region=eu-test-1`), {
        credentials,
      }),
  ],
];
const textOf = async (stream: Readable): Promise<string> => Buffer.concat(await stream.toArray()).toString();

describe.each(stores)('objects on %s', (kind, open) => {
  let store: ObjectStore;
  beforeAll(async () => {
    store = await open();
    await store.check();
  });
  afterAll(() => store.close());

  it('are written from bytes or a stream of unknown length, and read whole or in part', async () => {
    await store.write('aa/one', Buffer.from('0123456789'));
    expect(await textOf(await store.read('aa/one'))).toBe('0123456789');
    expect(await textOf(await store.read('aa/one', { start: 2, end: 4 }))).toBe('234');
    const large = randomBytes(3_000_000);
    await store.write('aa/two', Readable.from([large.subarray(0, 1_000_000), large.subarray(1_000_000)]));
    expect(Buffer.concat(await (await store.read('aa/two')).toArray()).equals(large)).toBe(true);
    await store.write('aa/empty', Readable.from([]));
    expect(await textOf(await store.read('aa/empty'))).toBe('');
  });

  it('are missing by name, and may be removed twice', async () => {
    await expect(store.read('aa/none')).rejects.toThrow(ObjectMissing);
    await store.write('aa/gone', Buffer.from('x'));
    await store.remove('aa/gone');
    await store.remove('aa/gone');
    await expect(store.read('aa/gone')).rejects.toThrow(ObjectMissing);
  });

  it('are not written by a stream that breaks off', async () => {
    const broken = new Readable({ read() {} });
    broken.push('half');
    const writing = store.write('aa/half', broken);
    broken.destroy(new Error('gone away'));
    await expect(writing).rejects.toThrow();
    if (kind === 'S3') await expect(store.read('aa/half')).rejects.toThrow(ObjectMissing);
  });
});

it('keeps S3’s objects below the prefix, by signed requests', () => {
  expect([...s3.objects.keys()].every((key) => key.startsWith('some/prefix/aa/'))).toBe(true);
  expect(s3.objects.size).toBeGreaterThan(0);
});

describe('files', () => {
  const by: FileActor = { actor: 'usr_test' };
  let files: Files;
  let store: ObjectStore;
  let tenantId: Id<'tenant'>;
  const limits = { maxFileBytes: 1000, tenantBytes: 5000, tenantFiles: 5 };
  const make = (over: Partial<ConstructorParameters<typeof Files>[0]> = {}): Files =>
    new Files({
      database: db.database,
      store,
      emit: emitEvent,
      clock: systemClock,
      logger: silentLogger,
      limits,
      linkSecret: 'secret',
      ...over,
    });
  beforeEach(async () => {
    store = await openStore(readFilesUrl(`s3://bucket/files?endpoint=${encodeURIComponent(s3.endpoint)}`), {
      credentials,
    });
    files = make();
    tenantId = (await db.makeTenant()).id;
  });
  afterEach(() => {
    s3.down = false;
    store.close();
  });
  const waiting = (): Promise<{ object: string }[]> => db.sql('select object from file_objects');
  const sweep = (): Promise<number> => sweepOnce({ database: db.database, store, logger: silentLogger });

  it('on S3 stay what they were when the store goes away, and say so', async () => {
    await files.put(tenantId, 'a', Buffer.from('old'), { by });
    s3.down = true;
    await expect(files.put(tenantId, 'a', Readable.from([Buffer.from('new')]), { by })).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      kind: { status: 503, fault: 'platform' },
    });
    await expect(files.readBytes(tenantId, 'a', 100)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(await sweep()).toBe(1);
    expect(await waiting()).toHaveLength(1);
    s3.down = false;
    expect(Buffer.from((await files.readBytes(tenantId, 'a', 100)).bytes).toString()).toBe('old');
    await db.sql('update file_objects set due_at = now()');
    await sweep();
    expect(await waiting()).toEqual([]);
  });

  it('leave no object of a write that PostgreSQL refused', async () => {
    const failing = make({ emit: () => Promise.reject(new Error('no room on the bus')) });
    const before = s3.objects.size;
    await expect(failing.put(tenantId, 'a', Buffer.from('x'), { by })).rejects.toThrow('no room');
    expect(await files.stat(tenantId, 'a')).toBeUndefined();
    await sweep();
    expect(s3.objects.size).toBe(before);
    expect(await db.sql('select size_bytes, files from file_usage')).not.toContainEqual({
      size_bytes: '1',
      files: '1',
    });
  });

  it('change nothing once the run that writes them has ended', async () => {
    const ended = AbortSignal.abort(new Error('the run has ended'));
    await expect(files.put(tenantId, 'late', Buffer.from('x'), { by, signal: ended })).rejects.toThrow(
      'the run has ended',
    );
    expect(await files.stat(tenantId, 'late')).toBeUndefined();
  });

  it('are read as they are now when one is replaced between its row and its object', async () => {
    await files.put(tenantId, 'a', Buffer.from('old'), { by });
    let replaced = false;
    const racing = make({
      store: {
        ...store,
        read: async (name, range) => {
          if (!replaced) {
            replaced = true;
            await files.put(tenantId, 'a', Buffer.from('new'), { by });
            await sweep();
          }
          return store.read(name, range);
        },
      } as ObjectStore,
    });
    expect(Buffer.from((await racing.readBytes(tenantId, 'a', 100)).bytes).toString()).toBe('new');
  });

  it('are counted as they change, also by many writers of one key', async () => {
    await Promise.all(
      Array.from({ length: 5 }, (_, index) => files.put(tenantId, 'same', Buffer.alloc(100 + index), { by })),
    );
    const [usage] = await db.database
      .forTenant(tenantId)
      .transaction((tx) => tx.query<{ size_bytes: string; files: string }>('select size_bytes, files from file_usage'));
    const size = (await files.stat(tenantId, 'same'))?.size;
    expect(usage).toEqual({ size_bytes: String(size), files: '1' });
    await files.delete(tenantId, 'same', { by });
    expect(
      await db.database.forTenant(tenantId).transaction((tx) => tx.query('select size_bytes, files from file_usage')),
    ).toEqual([{ size_bytes: '0', files: '0' }]);
  });

  it('of a tenant that is erased go from the store, and those of others stay', async () => {
    const other = (await db.makeTenant()).id;
    await files.put(tenantId, 'a', Buffer.from('x'), { by });
    await files.put(other, 'a', Buffer.from('y'), { by });
    const objects = await db.sql<{ object: string }>('select object from files order by created_at desc limit 2');
    await db.database.platform((tx) =>
      tx.query(
        `delete from tenants where slug = (select t.slug from tenants t join files f on f.tenant_id = t.id
         where f.object = $1)`,
        [objects[1]?.object],
      ),
    );
    const sweeper = await startSweeper({ database: db.database, store, logger: silentLogger });
    while (s3.objects.has(`files/${objects[1]?.object}`)) await new Promise((done) => setTimeout(done, 20));
    await sweeper.stop();
    await sweeper.stop();
    expect(s3.objects.has(`files/${objects[0]?.object}`)).toBe(true);
  });

  it('that were announced and never written are forgotten after their time', async () => {
    const [, tenant] = ['', tenantId];
    await db.database
      .forTenant(tenant)
      .transaction((tx) =>
        tx.query(
          `insert into file_objects (object, owner, due_at) values ('zz/never', $1, now() - interval '1 second')`,
          [tx.tenantUuid],
        ),
      );
    await sweep();
    expect((await waiting()).map(({ object }) => object)).not.toContain('zz/never');
  });

  it('emit no deeper than events may go', async () => {
    const run = { id: newId('run'), depth: 10, source: 'annex:plugin/x' };
    await expect(
      files.put(tenantId, 'deep', Buffer.from('x'), { by: { actor: 'plugin:x', run } }),
    ).rejects.toMatchObject({ code: 'EMIT_DEPTH' });
    expect(await files.stat(tenantId, 'deep')).toBeUndefined();
  });
});

describe('keys', () => {
  it.each(['a', 'a/b/c.txt', 'Grüße/日本.txt', '…', 'a b', '-', '.hidden', 'a..b', '%2e%2e', 'C:', 'CON', '🎉'])(
    'may be %s',
    (key) => {
      expect(fileKeyFault(key)).toBeUndefined();
    },
  );

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/..',
    '../a',
    './a',
    'a\\b',
    'a\0',
    'a\nb',
    'a\u202eb',
    'a\u200bb',
    '\ud800',
    'x'.repeat(1025),
    'é'.repeat(513),
  ])('may not be %j', (key) => {
    expect(() => readFileKey(key)).toThrow(
      expect.objectContaining({ code: 'FILE_KEY_INVALID', errors: [expect.objectContaining({ pointer: '/key' })] }),
    );
  });
});

describe('links', () => {
  it('hold what they open, and are not to be written by anybody else', () => {
    const links = new FileLinks('secret');
    const link = { tenantId: newId('tenant'), key: 'ä/ö.txt', expiresAtMs: 1_800_000_000_000 };
    const token = links.write(link);
    expect(links.read(token)).toEqual(link);
    expect(new FileLinks('other').read(token)).toBeUndefined();
    for (let index = 0; index < token.length; index += 1) {
      const changed = `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`;
      expect(links.read(changed), changed).toBeUndefined();
    }
    for (const text of ['', '.', 'a.b', 'a.b.c', 'x'.repeat(5000)]) expect(links.read(text)).toBeUndefined();
  });
});

describe('FILES_URL', () => {
  it('names a folder or a bucket', () => {
    expect(readFilesUrl('file:///var/lib/annex%20files')).toEqual({ kind: 'disk', folder: '/var/lib/annex files' });
    expect(readFilesUrl('file:./files')).toMatchObject({ kind: 'disk', folder: join(process.cwd(), 'files') });
    expect(readFilesUrl('s3://bucket')).toEqual({
      kind: 's3',
      bucket: 'bucket',
      prefix: '',
      region: undefined,
      endpoint: undefined,
    });
    expect(readFilesUrl('s3://my-bucket/a/b/?region=eu-central-1&endpoint=https://minio:9000')).toEqual({
      kind: 's3',
      bucket: 'my-bucket',
      prefix: 'a/b/',
      region: 'eu-central-1',
      endpoint: 'https://minio:9000',
    });
  });

  it.each([
    'http://x',
    's3://',
    's3://user:pass@bucket',
    's3://bucket?regoin=x',
    's3://bucket?endpoint=x',
    's3://bucket/a/%2e%2e/..%2f',
    'file://host/x',
    's3://B_/x',
  ])('refuses %s', (text) => {
    expect(() => readFilesUrl(text)).toThrow(RangeError);
  });
});
