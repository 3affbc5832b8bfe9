/** Language models: the tenant's own endpoint, or the operator's. */
import { createEgress } from '@annex/egress';
import { createLlm, type Llm } from '@annex/llm';
import type { Maskers, Vault } from '@annex/vault';
import { authorityOf } from './authority.js';
import type { PlatformContext } from './platform-context.js';

/** Makes the door to models. Its requests have places of their own: models answer slowly, and others need not wait. */
export function openModels({ settings, database, clock }: PlatformContext, vault: Vault, maskers: Maskers): Llm {
  const places = { longAtOnce: 48, longAtOncePerTenant: 16 };
  const { baseUrl } = settings.llm;
  return createLlm({
    operator: settings.llm,
    readTenantSettings: (tenantId, names) => vault.readForTenant(tenantId, names),
    egress: createEgress({ allowPrivate: settings.egressAllowPrivate, ...places }),
    operatorEgress: createEgress({ allowPrivate: baseUrl === undefined ? [] : [authorityOf(baseUrl)], ...places }),
    maskerOf: (values) => maskers.of(values),
    database,
    clock,
    dailyTokens: settings.llmDailyTokens,
  });
}
