/** One Annex with an identity provider, and what the journeys of access share. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll } from 'vitest';
import { makeClient, startTestAnnex, type Client, type TestAnnex } from '../../support/annex.js';

export const audience = 'annex-of-this-suite';
export const domain = 'annex.example';
export const password = 'correct horse battery';
export let annex: TestAnnex;
let provider: Server;
export let issuer: string;
export let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let names = 0;
export const freshEmail = (): string => `person-${(names += 1)}@journey.test`;
export const anybody = (): Client => makeClient(annex.url, '');
export const pingPlugin = {
  code: `
    import { route } from '@annex/sdk';
    route('/ping', (ctx) => ({ tenant: ctx.tenantId, user: ctx.user }));
    route('/open', { auth: 'public' }, (ctx) => ({ tenant: ctx.tenant.slug, user: ctx.user }))
  `,
  manifest: { routes: true },
};

/** Starts both before the tests of the suite around it, and stops them after. */
export function openAnnex(): void {
  beforeAll(async () => {
    keys = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    provider = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` }));
    });
    await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done));
    issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    annex = await startTestAnnex({
      ANNEX_OIDC_ISSUER: issuer,
      ANNEX_OIDC_AUDIENCE: audience,
      ANNEX_BASE_DOMAIN: domain,
    });
  });
  afterAll(async () => {
    await annex.stop();
    await new Promise((done) => provider.close(done));
  });
}
