/** The operator's catalogue over a real web server: what is listed is installed, and nothing that somebody changed. */
import { randomBytes } from 'node:crypto';
import { mkfifoSync } from '../support/pipes.js';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestAnnex, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import {
  CatalogueFolder,
  emptyPackage,
  makePublisher,
  serveFolder,
  signatureOf,
  type TestPublisher,
} from '../support/package-catalogue.js';

const folder = new CatalogueFolder();
const hello = emptyPackage('hello', '1.0.0');
const newer = emptyPackage('hello', '1.2.0');
const other = emptyPackage('zebra', '0.1.0');
let acme: TestPublisher;
let server: Awaited<ReturnType<typeof serveFolder>>;
let annex: TestAnnex;
let tenant: TestTenant;

beforeAll(async () => {
  acme = await makePublisher('Acme');
  server = await serveFolder(folder);
  folder.trust(acme);
  await folder.publish(acme, [hello]);
  annex = await startTestAnnex({
    ANNEX_PACKAGES: 'catalogue',
    ANNEX_PUBLISHERS: `${server.url}/publishers.json`,
    ANNEX_CATALOGUE_URL: `${server.url}/`,
  });
});
afterAll(async () => {
  await annex?.stop();
  await server?.close();
  folder.remove();
});
beforeEach(async () => {
  server.isDown = false;
  folder.trust(acme);
  await folder.publish(acme, [hello, newer, other]);
  tenant = await annex.makeTenant();
});

const install = (slug: string, body: object = {}): Promise<Answer> =>
  tenant.owner.post(`/api/catalogue/${slug}/install`, body);
const refused = async (answer: Promise<Answer>, status: number, code: string): Promise<void> => {
  expect(await answer).toMatchObject({ status, body: { code } });
  expect((await tenant.owner.get('/api/plugins/')).body.items).toEqual([]);
};

describe('the catalogue', () => {
  it('installs what it lists, says who vouches for it, and upgrades', async () => {
    expect(await install('hello', { version: '1.0.0', enable: true })).toMatchObject({
      status: 201,
      body: { slug: 'hello', version: '1.0.0', status: 'enabled', uploaded: { signed_by: { publisher: 'Acme' } } },
    });
    expect(await install('hello')).toMatchObject({ status: 201, body: { version: '1.2.0', status: 'enabled' } });
    expect(await install('hello')).toMatchObject({ status: 200, body: { version: '1.2.0' } });
    const releases = await tenant.owner.get('/api/plugins/hello/releases');
    const signer = { publisher: 'Acme', key_id: acme.key.kid, by: 'catalogue' };
    expect(releases.body.items).toMatchObject([{ signed_by: signer }, { signed_by: signer }]);
    const audit = await tenant.owner.get('/api/audit?action=plugin.upgraded');
    expect(audit.body.items[0].detail).toMatchObject({ version: '1.2.0', signed_by: signer });
  });

  it('is searched and paged, and shows what is installed and what is newer', async () => {
    await install('hello', { version: '1.0.0' });
    const fresh = await annex.startSecondApi();
    const get = async (query: string): Promise<Answer> => {
      const answer = await fetch(`${fresh.url}/api/catalogue${query}`, {
        headers: { authorization: `Bearer ${tenant.owner.token}`, 'x-tenant-slug': tenant.slug },
      });
      return { status: answer.status, headers: answer.headers, body: await answer.json() };
    };
    const first = await get('?limit=1');
    expect(first.body).toMatchObject({
      items: [
        {
          slug: 'hello',
          latest: '1.2.0',
          releases: [{ version: '1.2.0' }, { version: '1.0.0' }],
          installed: { version: '1.0.0', listed: true, yanked: false, newer: '1.2.0' },
        },
      ],
      catalogue: { signed_by: { publisher: 'Acme' } },
      problem: null,
    });
    expect((await get(`?limit=1&cursor=${first.body.next_cursor}`)).body).toMatchObject({
      items: [{ slug: 'zebra', installed: null }],
      next_cursor: null,
    });
    const slugs = async (query: string): Promise<string[]> =>
      (await get(query)).body.items.map((one: { slug: string }) => one.slug);
    expect(await slugs('?q=ZEB')).toEqual(['zebra']);
    expect(await slugs('?show=installed')).toEqual(['hello']);
    expect(await slugs('?show=newer')).toEqual(['hello']);
    expect((await get('?cursor=!')).body.code).toBe('CURSOR_INVALID');
    expect((await get('/hello')).body).toMatchObject({ slug: 'hello' });
    expect((await get('/helo')).body).toMatchObject({ code: 'CATALOGUE_ENTRY_NOT_FOUND' });
  });

  it('lets in an upload of what it lists, and no other', async () => {
    expect(await tenant.owner.upload(hello.bytes)).toMatchObject({
      status: 201,
      body: { uploaded: { signed_by: { by: 'catalogue' } } },
    });
    const unlisted = emptyPackage('other', '1.0.0');
    expect((await tenant.owner.upload(unlisted.bytes)).body.code).toBe('PACKAGE_UNLISTED');
    const signature = await signatureOf(unlisted, acme);
    expect((await tenant.owner.upload(unlisted.bytes, { signature })).body.code).toBe('PACKAGE_UNLISTED');
  });

  it('refuses what it does not list, by name', async () => {
    await refused(install('helo'), 404, 'CATALOGUE_ENTRY_NOT_FOUND');
    await refused(install('hello', { version: '9.9.9' }), 404, 'CATALOGUE_ENTRY_NOT_FOUND');
  });

  it('leaves enabling and granting to admins', async () => {
    const developer = await tenant.as('developer');
    const asked = developer.post('/api/catalogue/hello/install', { enable: true });
    await refused(asked, 403, 'ROLE_REQUIRED');
    expect((await developer.post('/api/catalogue/hello/install', {})).status).toBe(201);
    expect((await (await tenant.as('member')).post('/api/catalogue/hello/install', {})).status).toBe(403);
  });
});

describe('an attacker who holds the web server', () => {
  it('cannot exchange the bytes of a package', async () => {
    folder.write('hello-1.2.0.zip', emptyPackage('hello', '1.2.0', 'evil').bytes);
    await refused(install('hello'), 502, 'PACKAGE_SWAPPED');
  });

  it('cannot serve a package without an end', async () => {
    folder.write('hello-1.2.0.zip', randomBytes(11 * 1024 * 1024));
    await refused(install('hello'), 503, 'CATALOGUE_UNAVAILABLE');
  });

  it('cannot bring an older catalogue back, before or after a restart', async () => {
    const old = folder.read('catalogue.json');
    await folder.publish(acme, [hello]);
    expect((await install('hello')).status).toBe(201);
    tenant = await annex.makeTenant();
    folder.write('catalogue.json', old);
    await refused(install('hello'), 502, 'CATALOGUE_ROLLED_BACK');
    const again = await annex.startSecondApi();
    const answer = await fetch(`${again.url}/api/catalogue`, {
      headers: { authorization: `Bearer ${tenant.owner.token}`, 'x-tenant-slug': tenant.slug },
    });
    expect(await answer.json()).toMatchObject({ items: [], problem: { code: 'CATALOGUE_ROLLED_BACK' } });
  });

  it('cannot show two catalogues with one serial', async () => {
    const { serial } = await folder.publish(acme, [hello]);
    await install('hello');
    tenant = await annex.makeTenant();
    await folder.publish(acme, [hello, other], { serial });
    await refused(install('hello'), 502, 'CATALOGUE_ROLLED_BACK');
  });

  it('cannot keep a catalogue back for longer than it is good', async () => {
    await folder.publish(acme, [hello], { expires_at: new Date(Date.now() - 1000).toISOString() });
    await refused(install('hello'), 502, 'CATALOGUE_EXPIRED');
  });

  it('cannot change what it says', async () => {
    const file = JSON.parse(folder.read('catalogue.json')) as { payload: string };
    const contents = Buffer.from(file.payload, 'base64url').toString('utf8').replaceAll('1.2.0', '1.3.0');
    folder.write('catalogue.json', JSON.stringify({ ...file, payload: Buffer.from(contents).toString('base64url') }));
    await refused(install('hello'), 502, 'CATALOGUE_INVALID');
    folder.write('catalogue.json', '{"keys":[]}');
    await refused(install('hello'), 502, 'CATALOGUE_INVALID');
    await folder.publish(await makePublisher('Mallory'), [hello]);
    await refused(install('hello'), 403, 'PUBLISHER_UNKNOWN');
  });

  it('cannot pass the signature of a package for that of a catalogue', async () => {
    const [head = '', payload = '', signature = ''] = (await signatureOf(hello, acme)).split('.');
    folder.write('catalogue.json', JSON.stringify({ payload, protected: head, signature }));
    await refused(install('hello'), 502, 'CATALOGUE_INVALID');
  });

  it('only stops what is new by switching it off', async () => {
    expect((await install('hello', { version: '1.0.0' })).status).toBe(201);
    server.isDown = true;
    tenant = await annex.makeTenant();
    await refused(install('hello'), 503, 'CATALOGUE_UNAVAILABLE');
    expect((await tenant.owner.upload(hello.bytes)).status).toBe(201);
  });
});

describe('a publisher', () => {
  it('may have a key revoked, said so or taken out', async () => {
    const stolen = await makePublisher('Acme');
    folder.trust(acme, stolen);
    await folder.publish(stolen, [hello]);
    expect((await install('hello')).status).toBe(201);
    tenant = await annex.makeTenant();
    folder.trust(acme, { ...stolen, jwk: { ...stolen.jwk, revoked: 'stolen on Monday' } });
    await refused(install('hello'), 403, 'KEY_REVOKED');
    folder.trust(acme);
    await refused(install('hello'), 403, 'KEY_REVOKED');
  });

  it('may take a release back', async () => {
    await folder.publish(acme, [hello, newer], {
      edit: ({ version }) => (version === '1.2.0' ? { yanked: true, yanked_because: 'it loses mail' } : {}),
    });
    await refused(install('hello', { version: '1.2.0' }), 409, 'RELEASE_YANKED');
    await refused(tenant.owner.upload(newer.bytes), 409, 'RELEASE_YANKED');
    expect(await install('hello')).toMatchObject({ status: 201, body: { version: '1.0.0' } });
  });

  it('vouches for one slug and version only', async () => {
    await folder.publish(acme, [hello], { edit: () => ({ slug: 'billing' }) });
    await refused(install('billing'), 422, 'SIGNATURE_MISMATCH');
    await folder.publish(acme, [hello], { edit: () => ({ version: '7.0.0' }) });
    await refused(install('hello'), 422, 'SIGNATURE_MISMATCH');
  });

  it('signs only what its key may sign', async () => {
    const narrow = await makePublisher('Narrow', { slugs: ['narrow-*'] });
    const builder = await makePublisher('Builder', { signs: ['packages'] });
    folder.trust(acme, narrow, builder);
    await folder.publish(narrow, [hello]);
    await refused(install('hello'), 403, 'PUBLISHER_REFUSED');
    await folder.publish(builder, [hello]);
    await refused(install('hello'), 403, 'PUBLISHER_REFUSED');
    const signature = await signatureOf(hello, narrow);
    await folder.publish(acme, [hello], { edit: () => ({ signature }) });
    await refused(install('hello'), 403, 'PUBLISHER_REFUSED');
  });

  it('is named for a package that carries its own signature', async () => {
    const builder = await makePublisher('Builder', { signs: ['packages'], slugs: ['hello'] });
    folder.trust(acme, builder);
    const signature = await signatureOf(hello, builder);
    await folder.publish(acme, [hello], { edit: () => ({ signature }) });
    expect((await install('hello')).body.uploaded.signed_by).toEqual({
      publisher: 'Builder',
      key_id: builder.key.kid,
      by: 'package',
    });
  });

  it('keeps what it said last while its list cannot be read, or has faults', async () => {
    expect((await install('hello')).status).toBe(201);
    folder.write('publishers.json', '{"keys":[{"kty":"RSA"}]}');
    tenant = await annex.makeTenant();
    expect((await install('hello')).status).toBe(201);
  });
});

describe('a catalogue in a folder, without any network', () => {
  const dark = new CatalogueFolder();
  let offline: TestAnnex;
  beforeAll(async () => {
    dark.trust(acme);
    await dark.publish(acme, [hello]);
    offline = await startTestAnnex({ ANNEX_PUBLISHERS: dark.publishersFile, ANNEX_CATALOGUE_URL: dark.url });
  });
  afterAll(async () => {
    await offline?.stop();
    dark.remove();
  });

  it('installs, and reads nothing but what lies in it', async () => {
    tenant = await offline.makeTenant();
    for (const [url, code] of [
      ['../publishers.json', 'CATALOGUE_UNAVAILABLE'],
      ['file:///etc/passwd', 'CATALOGUE_UNAVAILABLE'],
      ['link.zip', 'CATALOGUE_UNAVAILABLE'],
      ['pipe.zip', 'CATALOGUE_UNAVAILABLE'],
      ['ftp://127.0.0.1/hello.zip', 'CATALOGUE_UNAVAILABLE'],
      [`${server.url}/hello-1.0.0.zip`, 'CATALOGUE_UNAVAILABLE'],
    ] as const) {
      await dark.publish(acme, [hello], { edit: () => ({ url }) });
      if (url === 'link.zip') symlinkSync('/etc/passwd', join(dark.path, url));
      if (url === 'pipe.zip') mkfifoSync(join(dark.path, url));
      await refused(install('hello'), 503, code);
    }
    await dark.publish(acme, [hello]);
    expect(await install('hello')).toMatchObject({
      status: 201,
      body: { uploaded: { signed_by: { by: 'catalogue' } } },
    });
  });

  it('leaves uploads alone where any package is let in, but not a signature that is wrong', async () => {
    tenant = await offline.makeTenant();
    const free = emptyPackage('free', '1.0.0');
    expect(await tenant.owner.upload(free.bytes)).toMatchObject({
      status: 201,
      body: { uploaded: { signed_by: null } },
    });
    const mallory = await makePublisher('Mallory');
    const signature = await signatureOf(free, mallory);
    expect((await tenant.owner.upload(free.bytes, { signature })).body.code).toBe('PUBLISHER_UNKNOWN');
    const good = await signatureOf(free, acme);
    expect((await tenant.owner.upload(free.bytes, { signature: good })).body.uploaded.signed_by).toMatchObject({
      publisher: 'Acme',
      by: 'package',
    });
  });
});
