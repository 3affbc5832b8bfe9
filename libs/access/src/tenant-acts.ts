/** What every act of an operator on a tenant has in common: who may, which tenant, the two trails. */
import { quote, type InputFault, type Json } from '@annex/kernel';
import { accountLimits } from '@annex/limits';
import { appendPlatformAudit } from '@annex/audit';
import type { PlatformTransaction } from '@annex/database';
import type { Principal } from './caller.js';
import { accessErrors } from './errors.js';
import { appendTenantAudit } from './rows/tenants.js';
import type { TenantRow } from './rows/tenant-row.js';
import { tenantSlugShape } from './tenant-resolution.js';

/** Throws `FORBIDDEN` to whoever is no operator. */
export function requireOperator(principal: Principal): void {
  if (!principal.operator) throw accessErrors.error('FORBIDDEN', 'Only platform operators may do this.');
}

/** Nothing is looked up under a name that no tenant can have. Throws `NOT_FOUND`. */
export function requireSlug(slug: string): void {
  if (!tenantSlugShape.test(slug)) throw noTenant(slug);
}

/** What is wrong with the reason of an act, which the tenant's people read. */
export function reasonFaults(reason: string): InputFault[] {
  if (reason.trim() !== '' && reason.length <= accountLimits.reasonChars && !/\p{Cc}/u.test(reason)) return [];
  return [
    {
      pointer: '/reason',
      code: 'INVALID_REASON',
      detail: `must be 1 to ${accountLimits.reasonChars} characters without control characters: its people are told`,
    },
  ];
}

/** The name that the trails have for an operator: the token it came with, or its own. */
export function actorOf(principal: Principal): string {
  return principal.tokenId ?? principal.operatorId ?? principal.actor;
}

/** `NOT_FOUND` for a slug that no tenant has. */
export function noTenant(slug: string): Error {
  return accessErrors.error('NOT_FOUND', `There is no tenant ${quote(slug)}. GET /api/tenants lists them.`);
}

/** An act of an operator on a tenant. */
export interface TenantAct {
  row: Pick<TenantRow, 'id' | 'slug' | 'name'>;
  /** `tenant.suspended`. */
  action: string;
  requestId: string;
  detail: Record<string, Json>;
}

/** Writes an act into the tenant's own trail, for as long as there is one, and into the platform's. */
export async function recordOnTenant(
  tx: PlatformTransaction,
  principal: Principal,
  { row, action, requestId, detail }: TenantAct,
): Promise<void> {
  const { id, slug, name } = row;
  const actor = actorOf(principal);
  await appendTenantAudit(tx, id, { actor, action, target: id, detail: { slug, ...detail }, requestId });
  await appendPlatformAudit(tx, {
    actor,
    email: principal.email,
    action,
    target: id,
    detail: { slug, name, ...detail },
    requestId,
  });
}
