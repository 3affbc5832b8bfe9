/** Who follows a prefix: claimed with a lease and a token, as the connections of sources are (ADR 51). */
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { uuidFromId, type Id } from '@annex/kernel';

/** A prefix that this worker follows. */
export interface HeldMirror {
  tenantId: Id<'tenant'>;
  prefix: string;
  into: string;
  /** Of etcd; `null`: read everything. */
  revision: string | null;
  token: number;
}

/** Another worker follows it now: what this one would write is refused. */
export class MirrorLost extends Error {}

/**
 * Claims a prefix; `undefined`: another worker holds it. An owner that claims again has lost it here, and could not
 * write that down: it waits for no lease of its own.
 */
export async function claimMirror(
  tx: PlatformTransaction,
  mirror: { tenantId: Id<'tenant'>; prefix: string; into: string },
  { owner, leaseMs }: { owner: string; leaseMs: number },
): Promise<HeldMirror | undefined> {
  const [row] = await tx.query<{ revision: string | null; token: string }>(
    `insert into setting_mirrors as m (tenant_id, prefix, into_prefix, owner, lease_until, token, behind_since)
     values ($1, $2, $3, $4, now() + $5 * interval '1 ms', 1, now())
     on conflict (tenant_id, prefix) do update set owner = excluded.owner, lease_until = excluded.lease_until,
       token = m.token + 1, into_prefix = excluded.into_prefix,
       behind_since = coalesce(m.behind_since, m.lease_until, now()),
       revision = case when m.into_prefix = excluded.into_prefix then m.revision end
     where m.lease_until is null or m.lease_until < now() or m.owner = excluded.owner
     returning revision, token`,
    [uuidFromId(mirror.tenantId), mirror.prefix, mirror.into, owner, leaseMs],
  );
  return row && { ...mirror, revision: row.revision, token: Number(row.token) };
}

/** Extends a lease; `false`: it is another worker's. */
export async function renewMirror(
  tx: PlatformTransaction,
  { tenantId, prefix, token }: HeldMirror,
  leaseMs: number,
): Promise<boolean> {
  const renewed = await tx.execute(
    `update setting_mirrors set lease_until = now() + $4 * interval '1 ms'
     where tenant_id = $1 and prefix = $2 and token = $3`,
    [uuidFromId(tenantId), prefix, token, leaseMs],
  );
  return renewed > 0;
}

/** Gives it back, with what went wrong, if anything did. Another worker's: nothing changes. */
export async function releaseMirror(
  tx: PlatformTransaction,
  { tenantId, prefix, token }: HeldMirror,
  { error, pauseMs }: { error: string | null; pauseMs: number },
): Promise<void> {
  await tx.execute(
    `update setting_mirrors set owner = null, behind_since = coalesce(behind_since, now()),
       last_error = coalesce($4, last_error),
       last_error_at = case when $4 is null then last_error_at else now() end,
       lease_until = case when $5 > 0 then now() + $5 * interval '1 ms' end
     where tenant_id = $1 and prefix = $2 and token = $3`,
    [uuidFromId(tenantId), prefix, token, error, pauseMs],
  );
}

/**
 * Writes down how far the tree has come, in the transaction that brings it there. `revision: null`: everything has to
 * be read again. Throws {@link MirrorLost}.
 */
export async function moveMirror(
  tx: TenantTransaction,
  { prefix, token }: HeldMirror,
  { revision, fault }: { revision: string | null | undefined; fault?: string | undefined },
): Promise<void> {
  const moved = await tx.execute(
    `update setting_mirrors set revision = case when $4 then $5 else revision end,
       synced_at = case when $4 and $5 is not null then now() else synced_at end,
       behind_since = case when $4 and $5 is not null then null else behind_since end,
       last_error = coalesce($6, last_error), last_error_at = case when $6 is null then last_error_at else now() end
     where tenant_id = $1 and prefix = $2 and token = $3`,
    [tx.tenantUuid, prefix, token, revision !== undefined, revision ?? null, fault ?? null],
  );
  if (moved === 0) throw new MirrorLost('another worker follows the prefix now');
}
