import { uuidFromId, type Id } from '@annex/kernel';
import { IsNull, MoreThan } from 'typeorm';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { ApiTokenRow } from './api-token-row.js';
import { shutFor } from './tenant-suspension.js';

export type NewApiToken = Pick<
  ApiTokenRow,
  'id' | 'userId' | 'operatorId' | 'name' | 'role' | 'tokenHash' | 'expiresAt'
>;

export async function insertApiToken(tx: TenantTransaction, token: NewApiToken): Promise<ApiTokenRow> {
  const repository = tx.repository(ApiTokenRow);
  await repository.insert({ ...token, tenantId: tx.tenantId });
  return repository.findOneByOrFail({ tenantId: tx.tenantId, id: token.id });
}

/** How many tokens a user has; `null`: how many operators made in this tenant. */
export function countApiTokens(tx: TenantTransaction, userId: Id<'user'> | null): Promise<number> {
  return tx.repository(ApiTokenRow).countBy({ tenantId: tx.tenantId, userId: userId ?? IsNull() });
}

/** Tokens in the order they were made. `userId`: only that user's. `after`: the last id of the page before. */
export function listApiTokens(
  tx: TenantTransaction,
  { limit, after, userId }: { limit: number; after?: Id<'token'>; userId?: Id<'user'> },
): Promise<ApiTokenRow[]> {
  return tx.repository(ApiTokenRow).find({
    where: {
      tenantId: tx.tenantId,
      ...(after === undefined ? {} : { id: MoreThan(after) }),
      ...(userId === undefined ? {} : { userId }),
    },
    order: { id: 'ASC' },
    take: limit,
  });
}

export function findApiToken(tx: TenantTransaction, id: Id<'token'>): Promise<ApiTokenRow | null> {
  return tx.repository(ApiTokenRow).findOneBy({ tenantId: tx.tenantId, id });
}

export async function deleteApiToken(tx: TenantTransaction, id: Id<'token'>): Promise<boolean> {
  const { affected } = await tx.repository(ApiTokenRow).delete({ tenantId: tx.tenantId, id });
  return affected === 1;
}

/** Removes tokens that operators made and that have run out. */
export async function deleteExpiredTokens(tx: TenantTransaction): Promise<void> {
  await tx.execute('delete from api_tokens where tenant_id = $1 and user_id is null and expires_at < now()', [
    tx.tenantUuid,
  ]);
}

/** Removes every token of a user; answers how many there were. */
export async function deleteApiTokensOf(tx: TenantTransaction, userId: Id<'user'>): Promise<number> {
  const { affected } = await tx.repository(ApiTokenRow).delete({ tenantId: tx.tenantId, userId });
  return affected ?? 0;
}

/** What an API token opens. */
export interface TokenInTenant {
  id: string;
  role: string;
  expires_at: Date | null;
  user_id: string | null;
  email: string | null;
  user_role: string | null;
  /** The operator whose right it keeps. */
  operator_id: string | null;
  operator_email: string | null;
  tenant_id: string;
  tenant_slug: string;
  tenant_name: string;
  /** When the tenant's data goes; `null`: it lives. */
  tenant_erases_at: Date | null;
  /** Why nobody enters the tenant; `null`: it is open. */
  tenant_shut_for: string | null;
}

/** A token by the SHA-256 of its text, across tenants; one that has expired too. */
export async function findApiTokenByHash(tx: PlatformTransaction, hash: Buffer): Promise<TokenInTenant | undefined> {
  const [row] = await tx.query<TokenInTenant>(
    `select k.id, k.role, k.expires_at, k.user_id, u.email, u.role as user_role, o.id as operator_id,
       o.email as operator_email, t.id as tenant_id, t.slug as tenant_slug, t.name as tenant_name,
       t.erase_after as tenant_erases_at, ${shutFor}
     from api_tokens k join tenants t on t.id = k.tenant_id and t.erasing_since is null
     left join users u on u.tenant_id = k.tenant_id and u.id = k.user_id
     left join operators o on o.id = k.operator_id
     where k.token_hash = $1`,
    [hash],
  );
  return row;
}

/** Writes down when tokens were last used; an older time never replaces a newer one. */
export async function touchApiTokens(tx: PlatformTransaction, uses: Map<Id<'token'>, Date>): Promise<void> {
  await tx.query(
    `update api_tokens k set last_used_at = used.at from unnest($1::uuid[], $2::timestamptz[]) as used (id, at)
     where k.id = used.id and (k.last_used_at is null or k.last_used_at < used.at)`,
    [[...uses.keys()].map(uuidFromId), [...uses.values()]],
  );
}
