/** Where only signed packages are let in: whose signature counts, and for what. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CompactSign } from 'jose';
import { startTestAnnex, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import {
  CatalogueFolder,
  emptyPackage,
  makePublisher,
  signatureOf,
  type TestPublisher,
} from '../support/package-catalogue.js';

const folder = new CatalogueFolder();
const hello = emptyPackage('hello', '1.0.0');
let acme: TestPublisher;
let annex: TestAnnex;
let tenant: TestTenant;

beforeAll(async () => {
  acme = await makePublisher('Acme');
  folder.trust(acme);
  annex = await startTestAnnex({ ANNEX_PACKAGES: 'signed', ANNEX_PUBLISHERS: folder.publishersFile });
});
afterAll(async () => {
  await annex?.stop();
  folder.remove();
});
beforeEach(async () => {
  folder.trust(acme);
  tenant = await annex.makeTenant();
});

const upload = (signature?: string, bytes = hello.bytes): Promise<Answer> =>
  tenant.owner.upload(bytes, signature === undefined ? {} : { signature });

describe('an upload where packages have to be signed', () => {
  it('is let in with the signature of a publisher, who stands on the release', async () => {
    expect(await upload(await signatureOf(hello, acme))).toMatchObject({
      status: 201,
      body: { uploaded: { signed_by: { publisher: 'Acme', key_id: acme.key.kid, by: 'package' } } },
    });
    expect(await upload(`  ${await signatureOf(hello, acme)}\n`)).toMatchObject({ status: 200 });
    expect(await upload()).toMatchObject({ status: 403, body: { code: 'PACKAGE_UNSIGNED' } });
  });

  it('is refused by name without one, and stores nothing', async () => {
    const mallory = await makePublisher('Mallory');
    const evil = emptyPackage('hello', '1.0.0', 'evil');
    const [head = '', payload = ''] = (await signatureOf(hello, acme)).split('.');
    const asCatalogue = await new CompactSign(Buffer.from('{}'))
      .setProtectedHeader({ alg: 'EdDSA', kid: acme.key.kid, typ: 'annex-catalogue' })
      .sign(acme.key.key);
    const noAlgorithm = Buffer.from(JSON.stringify({ alg: 'none', kid: acme.key.kid })).toString('base64url');
    const unsecured = `${noAlgorithm}.${payload}.`;
    for (const [signature, code, bytes] of [
      [undefined, 'PACKAGE_UNSIGNED'],
      ['nonsense', 'SIGNATURE_INVALID'],
      ['x'.repeat(9000), 'SIGNATURE_INVALID'],
      [`${head}.${payload}.${'A'.repeat(86)}`, 'SIGNATURE_INVALID'],
      [unsecured, 'SIGNATURE_INVALID'],
      [asCatalogue, 'SIGNATURE_INVALID'],
      [await signatureOf(hello, mallory), 'PUBLISHER_UNKNOWN'],
      [await signatureOf(hello, acme), 'SIGNATURE_MISMATCH', evil.bytes],
      [await signatureOf(hello, acme, { slug: 'billing' }), 'SIGNATURE_MISMATCH'],
      [await signatureOf(hello, acme, { version: '2.0.0' }), 'SIGNATURE_MISMATCH'],
    ] as const)
      expect([code, (await upload(signature, bytes)).body.code]).toEqual([code, code]);
    expect((await tenant.owner.get('/api/plugins/')).body.items).toEqual([]);
  });

  it('is refused once the key was revoked; what is installed goes on', async () => {
    const signature = await signatureOf(hello, acme);
    await upload(signature);
    await tenant.owner.post('/api/plugins/hello/enable', { grant: 'all' });
    const next = await makePublisher('Acme');
    folder.trust(next, { ...acme, jwk: { ...acme.jwk, revoked: true } });
    expect((await upload(signature)).body.code).toBe('KEY_REVOKED');
    folder.trust(next);
    expect((await upload(signature)).body.code).toBe('KEY_REVOKED');
    expect((await tenant.owner.get('/ext/hello/')).status).toBe(200);
    expect((await upload(await signatureOf(hello, next))).status).toBe(200);
    const listed = await annex.operator.get('/api/audit/platform?action=publishers.changed');
    expect(listed.body.items[0].detail).toEqual({ listed: 1, gone: [acme.key.kid] });
  });

  it('says that there is no catalogue', async () => {
    expect(await tenant.owner.get('/api/catalogue')).toMatchObject({
      status: 200,
      body: { items: [], catalogue: null, problem: { code: 'CATALOGUE_OFF' } },
    });
    expect((await tenant.owner.post('/api/catalogue/hello/install', {})).body.code).toBe('CATALOGUE_OFF');
  });
});
