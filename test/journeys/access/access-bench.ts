/** One Annex with an identity provider, and what the journeys of access share. */
import { afterAll, beforeAll } from 'vitest';
import { makeClient, startTestAnnex, type Client, type TestAnnex } from '../../support/annex.js';
import { startIdentityProvider, type IdentityProvider } from '../../support/identity-provider.js';

export const domain = 'annex.example';
export const password = 'correct horse battery';
export let annex: TestAnnex;
export let provider: IdentityProvider;
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
    provider = await startIdentityProvider('annex-of-this-suite');
    annex = await startTestAnnex({
      ANNEX_OIDC_ISSUER: provider.issuer,
      ANNEX_OIDC_AUDIENCE: provider.audience,
      ANNEX_BASE_DOMAIN: domain,
    });
  });
  afterAll(async () => {
    await annex?.stop();
    await provider?.close();
  });
}
