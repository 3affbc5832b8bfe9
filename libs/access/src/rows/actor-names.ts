import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';

/** Somebody who is there still. */
export interface NamedActor {
  id: Id<'user'> | Id<'token'>;
  type: 'user' | 'operator' | 'token';
  name: string;
}

/** Users and tokens of a tenant, operators and their tokens; without a tenant, these alone. */
export async function findActorNames(
  tx: PlatformTransaction,
  tenant: Id<'tenant'> | null,
  ids: readonly (Id<'user'> | Id<'token'>)[],
): Promise<NamedActor[]> {
  const rows = await tx.query<{ id: string; type: NamedActor['type']; name: string }>(
    `select id, 'user' as type, email as name from users where tenant_id = $1 and id = any ($2::uuid[])
     union all
     select id, 'operator', email from operators where id = any ($2::uuid[])
     union all
     select id, 'token', name from api_tokens
     where id = any ($2::uuid[]) and (tenant_id = $1 or operator_id is not null)`,
    [tenant === null ? null : uuidFromId(tenant), ids.map(uuidFromId)],
  );
  return rows.map(({ id, type, name }) => ({ id: idFromUuid(type === 'token' ? 'token' : 'user', id), type, name }));
}
