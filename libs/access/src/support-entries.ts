import { newId, type Clock } from '@annex/kernel';
import { supportLimits } from '@annex/limits';
import type { Database } from '@annex/database';
import { hashApiToken, makeApiToken } from './api-token-text.js';
import type { Principal } from './caller.js';
import { accessErrors, refuseFaults, tenantDeleted } from './errors.js';
import type { Role } from './roles.js';
import { countApiTokens, deleteExpiredTokens, insertApiToken } from './rows/api-tokens.js';
import { lockTenantBySlug } from './rows/tenants.js';
import { noTenant, reasonFaults, recordOnTenant, requireOperator, requireSlug } from './tenant-acts.js';

export interface SupportEntriesOptions {
  database: Database;
  clock: Clock;
}

/** `read`: looks, and changes nothing. `change`: whatever an admin of the tenant may do. */
export type SupportAccess = 'read' | 'change';

const roleOf: Readonly<Record<SupportAccess, Role>> = { read: 'viewer', change: 'admin' };

/** The answer to an operator who enters a tenant, with wire names. */
export interface SupportEntryView {
  /** Of the API token: whoever leaves early deletes it. */
  id: string;
  /** Opens this tenant alone. Shown this once. */
  token: string;
  role: Role;
  expires_at: string;
}

/** Operators who enter a tenant for support: for a time, and with a reason that its people can read. */
export class SupportEntries {
  constructor(private readonly options: SupportEntriesOptions) {}

  /**
   * Makes a token for the tenant, and writes into its trail who entered, why and until when. Throws `FORBIDDEN`,
   * `NOT_FOUND`, `INVALID_INPUT`, `TENANT_DELETED`, `TOKEN_LIMIT`.
   */
  async enter(
    principal: Principal,
    slug: string,
    {
      reason,
      access,
      minutes,
      requestId,
    }: { reason: string; access: SupportAccess; minutes: number; requestId: string },
  ): Promise<SupportEntryView> {
    requireOperator(principal);
    requireSlug(slug);
    refuseFaults([...reasonFaults(reason), ...minutesFaults(minutes)]);
    const now = this.options.clock.now();
    const expiresAt = new Date(now + minutes * 60_000);
    const token = makeApiToken();
    const role = roleOf[access];
    return this.options.database.platform(async (tx) => {
      const tenant = await lockTenantBySlug(tx, slug);
      if (!tenant || tenant.erasingSince) throw noTenant(slug);
      if (tenant.eraseAfter) throw tenantDeleted(slug, tenant.eraseAfter);
      const inTenant = tx.asTenant(tenant.id);
      await deleteExpiredTokens(inTenant);
      if ((await countApiTokens(inTenant, null)) >= supportLimits.tokens)
        throw accessErrors.error(
          'TOKEN_LIMIT',
          `Operators have ${supportLimits.tokens} tokens in this tenant, the most there may be. Revoke some first.`,
        );
      const row = await insertApiToken(inTenant, {
        id: newId('token', now),
        userId: null,
        operatorId: null,
        name: `support: ${principal.email ?? principal.actor}`.slice(0, 100),
        role,
        tokenHash: hashApiToken(token),
        expiresAt,
      });
      await recordOnTenant(tx, principal, {
        row: tenant,
        action: 'support.entered',
        requestId,
        detail: { reason: reason.trim(), access, token: row.id, until: expiresAt.toISOString() },
      });
      return { id: row.id, token, role, expires_at: expiresAt.toISOString() };
    });
  }
}

function minutesFaults(minutes: number): Parameters<typeof refuseFaults>[0] {
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= supportLimits.longestMinutes) return [];
  const detail = `must be a whole number of minutes from 1 to ${supportLimits.longestMinutes}`;
  return [{ pointer: '/minutes', code: 'INVALID_TIME', detail }];
}
