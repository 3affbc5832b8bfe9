import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger, systemClock, type Id } from '@annex/kernel';
import { emitEvent } from '@annex/runs';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { Access } from './access.js';
import { systemCaller } from './caller.js';
import { insertIdentity } from './rows/identities.js';

const audience = 'annex-of-this-suite';
let db: TestDatabase;
let provider: Server;
let issuer: string;
let access: Access;
let asked: string[] = [];
let broken = false;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;

const make = (): Access =>
  Access.create({
    database: db.database,
    emit: emitEvent,
    clock: systemClock,
    logger: silentLogger,
    jwtSecret: 'a secret of this suite, long enough',
    oidc: { issuer, audience },
  });

beforeAll(async () => {
  db = await openTestDatabase();
  keys = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  provider = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (broken) return void response.writeHead(500).end();
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/openid-configuration')
      response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
    else response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  access = make();
  await access.start();
});
afterAll(async () => {
  await access.stop();
  await new Promise((resolve) => provider.close(resolve));
  await db.close();
});

function sign(claims: JWTPayload, { key = keys.privateKey, algorithm = 'RS256', kid = 'one' } = {}): Promise<string> {
  const defaults = {
    iss: issuer,
    aud: audience,
    sub: 'somebody',
    exp: Math.floor(Date.now() / 1000) + 300,
    iat: Math.floor(Date.now() / 1000),
  };
  return new SignJWT({ ...defaults, ...claims }).setProtectedHeader({ alg: algorithm, kid }).sign(key);
}

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing was thrown',
    (thrown: { code: string; kind: { status: number } }) => `${thrown.kind.status} ${thrown.code}`,
  );

it('lets in the users that have the verified e-mail address, and follows what changes of them', async () => {
  const tenant = { ...(await db.makeTenant()), name: 'x' };
  const user = await access.users.create(systemCaller(tenant), { email: 'ada@example.test', role: 'developer' });
  const bearer = await sign({ email: 'Ada@Example.test', email_verified: true });
  expect(await access.authenticate(bearer)).toMatchObject({
    actor: user.id,
    operator: false,
    memberships: [{ userId: user.id, role: 'developer' }],
  });
  // News of the account's making may still be on its way and empty the memory once more.
  await expect.poll(async () => (await access.authenticate(bearer)) && access.authenticateCached(bearer)).toBeDefined();
  await access.users.update(systemCaller(tenant), user.id, { role: 'viewer' });
  expect((await access.authenticate(bearer)).memberships).toMatchObject([{ role: 'viewer' }]);
  // An account that is made later, in another tenant, counts at once.
  const later = { ...(await db.makeTenant()), name: 'y' };
  await access.users.create(systemCaller(later), { email: 'ada@example.test', role: 'admin' });
  expect((await access.authenticate(bearer)).memberships).toHaveLength(2);
});

it('opens nobody whom the provider knows as somebody else: addresses are given to the next person', async () => {
  const tenant = { ...(await db.makeTenant()), name: 'x' };
  const user = await access.users.create(systemCaller(tenant), { email: 'sales@example.test', role: 'owner' });
  await db.database.forTenant(tenant.id).transaction(async (tx) => {
    await insertIdentity(tx, { userId: user.id as Id<'user'>, issuer, subject: 'the first', managed: false });
  });
  const claims = { email: 'sales@example.test', email_verified: true };
  expect((await access.authenticate(await sign({ ...claims, sub: 'the second' }))).memberships).toEqual([]);
  expect((await access.authenticate(await sign({ ...claims, sub: 'the first' }))).memberships).toHaveLength(1);
});

it('opens nothing for an address that is not verified, unknown, or only looks like somebody’s', async () => {
  const tenant = { ...(await db.makeTenant()), name: 'x' };
  await access.users.create(systemCaller(tenant), { email: 'kate@example.test', role: 'owner' });
  const claims = [
    { email: 'kate@example.test' },
    { email: 'kate@example.test', email_verified: false },
    { email: '\u212aate@example.test', email_verified: true },
    { email: ['kate@example.test'], email_verified: true },
    { email: 'nobody@example.test', email_verified: true },
    {},
  ];
  for (const claim of claims) {
    const principal = await access.authenticate(await sign(claim as JWTPayload));
    expect(principal).toMatchObject({ operator: false, memberships: [], actor: 'oidc:somebody' });
    expect(await code(access.resolveTenant(principal, { slugHeader: tenant.slug }, 'req_1'))).toBe(
      '403 TENANT_FORBIDDEN',
    );
    expect(await code(access.resolveTenant(principal, {}, 'req_1'))).toBe('403 TENANT_FORBIDDEN');
  }
});

it('refuses tokens that are expired, for somebody else, from somebody else, or signed otherwise', async () => {
  const other = await generateKeyPair('RS256');
  const secret = new TextEncoder().encode('the provider’s client secret, which many know');
  const claims = { email: 'ada@example.test', email_verified: true };
  const forged = await Promise.all([
    sign({ ...claims, exp: Math.floor(Date.now() / 1000) - 60 }),
    sign({ ...claims, exp: undefined }),
    sign({ ...claims, aud: 'another application' }),
    sign({ ...claims, iss: 'https://elsewhere.example' }),
    sign({ ...claims, iss: undefined }),
    sign(claims, { key: other.privateKey }),
    sign(claims, { key: other.privateKey, kid: 'two' }),
    new SignJWT({ ...claims, iss: issuer, aud: audience, sub: 'x' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5m')
      .setIssuedAt()
      .sign(secret),
  ]);
  expect(new Set(await Promise.all(forged.map((token) => code(access.authenticate(token)))))).toEqual(
    new Set(['401 UNAUTHENTICATED']),
  );
});

it('asks the provider nothing for strangers, once for many tokens, and not again while it fails', async () => {
  const own = make();
  asked = [];
  await code(own.authenticate(await sign({ iss: 'https://elsewhere.example' })));
  expect(asked).toEqual([]);

  broken = true;
  const tokens = await Promise.all(Array.from({ length: 5 }, (_, index) => sign({ sub: `person ${index}` })));
  expect(new Set(await Promise.all(tokens.map((token) => code(own.authenticate(token)))))).toEqual(
    new Set(['503 IDENTITY_PROVIDER_UNAVAILABLE']),
  );
  expect(await code(own.authenticate(await sign({ sub: 'one more' })))).toBe('503 IDENTITY_PROVIDER_UNAVAILABLE');
  expect(asked).toEqual(['/.well-known/openid-configuration']);

  broken = false;
  asked = [];
  const fresh = make();
  await Promise.all(tokens.map((token) => fresh.authenticate(token)));
  expect(asked).toEqual(['/.well-known/openid-configuration', '/keys']);
});
