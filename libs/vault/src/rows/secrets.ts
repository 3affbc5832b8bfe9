import { uuidFromId, type Id } from '@annex/kernel';
import { secretLimits } from '@annex/limits';
import { In, IsNull, type FindOptionsWhere } from 'typeorm';
import { takeTurn, type TenantTransaction } from '@annex/database';
import { SecretRow } from './secret-row.js';

/** Whose secrets: one installation's, or the tenant's own (`null`). */
export type SecretScope = Id<'installation'> | null;

const where = (tx: TenantTransaction, scope: SecretScope): FindOptionsWhere<SecretRow> => ({
  tenantId: tx.tenantId,
  installationId: scope === null ? IsNull() : scope,
});

/**
 * Makes changes to one scope's secrets take turns, and says how many it holds beside `name`, their bytes, and which
 * version `name` has (0: not set).
 */
export async function lockSecret(
  tx: TenantTransaction,
  scope: SecretScope,
  name: string,
): Promise<{ count: number; bytes: number; version: number }> {
  await takeTurn(tx, 'secrets', scope ?? '');
  const [row] = await tx.query<{ count: number; bytes: number; version: number }>(
    `select count(*) filter (where name <> $3)::int as count,
       coalesce(sum(octet_length(ciphertext)) filter (where name <> $3), 0)::int as bytes,
       coalesce(max(version) filter (where name = $3), 0)::int as version
     from secrets where tenant_id = $1 and installation_id is not distinct from $2`,
    [tx.tenantUuid, scope === null ? null : uuidFromId(scope), name],
  );
  return row ?? { count: 0, bytes: 0, version: 0 };
}

/** Whether the tenant has this installation; held until the transaction ends. */
export async function holdInstallation(tx: TenantTransaction, id: Id<'installation'>): Promise<boolean> {
  const rows = await tx.query('select 1 from installations where tenant_id = $1 and id = $2 for key share', [
    tx.tenantUuid,
    uuidFromId(id),
  ]);
  return rows.length === 1;
}

export type SealedSecret = Pick<
  SecretRow,
  'installationId' | 'name' | 'version' | 'keyVersion' | 'nonce' | 'ciphertext' | 'updatedBy'
> & {
  /** `undefined`: what it was. */
  allowedHosts?: string[];
};

/** Writes a secret, whether it was there before or not. */
export async function upsertSecret(tx: TenantTransaction, secret: SealedSecret): Promise<void> {
  await tx.query(
    `insert into secrets as s (tenant_id, installation_id, name, version, key_version, nonce, ciphertext, allowed_hosts,
       updated_by)
     values ($1, $2, $3, $4, $5, $6, $7, coalesce($8::jsonb, '[]'), $9)
     on conflict (tenant_id, installation_id, name) do update
     set version = excluded.version, key_version = excluded.key_version, nonce = excluded.nonce,
       ciphertext = excluded.ciphertext, allowed_hosts = coalesce($8::jsonb, s.allowed_hosts),
         updated_by = excluded.updated_by, updated_at = now(),
       previous_version = s.version, previous_key_version = s.key_version, previous_nonce = s.nonce,
         previous_ciphertext = s.ciphertext, replaced_at = now()`,
    [
      tx.tenantUuid,
      secret.installationId === null ? null : uuidFromId(secret.installationId),
      secret.name,
      secret.version,
      secret.keyVersion,
      secret.nonce,
      secret.ciphertext,
      secret.allowedHosts === undefined ? null : JSON.stringify(secret.allowedHosts),
      secret.updatedBy,
    ],
  );
}

/** What may be shown of a scope's secrets, by name. */
export type SecretListing = Pick<
  SecretRow,
  'name' | 'version' | 'allowedHosts' | 'updatedBy' | 'createdAt' | 'updatedAt'
>;

export function listSecrets(tx: TenantTransaction, scope: SecretScope): Promise<SecretListing[]> {
  return tx.repository(SecretRow).find({
    select: {
      tenantId: true,
      name: true,
      version: true,
      allowedHosts: true,
      updatedBy: true,
      createdAt: true,
      updatedAt: true,
    },
    where: where(tx, scope),
    order: { name: 'ASC' },
  });
}

export async function deleteSecret(tx: TenantTransaction, scope: SecretScope, name: string): Promise<boolean> {
  const { affected } = await tx.repository(SecretRow).delete({ ...where(tx, scope), name });
  return affected === 1;
}

/** What the present value of a secret is opened from; the value before it stays where it is. */
const present = {
  tenantId: true,
  installationId: true,
  name: true,
  version: true,
  keyVersion: true,
  nonce: true,
  ciphertext: true,
  allowedHosts: true,
} as const;

/** The present value of a secret, sealed, and where it may go. */
export type PresentSecret = Pick<SecretRow, keyof typeof present>;

/** The named secrets that an installation may read: its own and the tenant's, in no order. */
export async function findSecretsFor(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  names: readonly string[],
): Promise<PresentSecret[]> {
  if (names.length === 0) return [];
  return tx.repository(SecretRow).find({
    select: present,
    where: [
      { ...where(tx, installationId), name: In([...names]) },
      { ...where(tx, null), name: In([...names]) },
    ],
  });
}

/** The tenant-wide secrets of these names. */
export async function findTenantSecrets(tx: TenantTransaction, names: readonly string[]): Promise<PresentSecret[]> {
  if (names.length === 0) return [];
  return tx.repository(SecretRow).find({ select: present, where: { ...where(tx, null), name: In([...names]) } });
}

/** A value that a later one replaced less than a day ago, sealed as it was. */
export interface ReplacedSecret extends Pick<
  SecretRow,
  'tenantId' | 'installationId' | 'name' | 'version' | 'keyVersion' | 'nonce' | 'ciphertext'
> {
  replacedAt: Date;
}

/**
 * The values before the present ones of the named secrets that an installation may read; its own secret hides the
 * tenant's.
 */
export async function findReplacedSecrets(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  names: readonly string[],
): Promise<ReplacedSecret[]> {
  if (names.length === 0) return [];
  const rows = await tx.rows(
    SecretRow,
    `select distinct on (name) installation_id, name, previous_version, previous_key_version, previous_nonce,
       previous_ciphertext, replaced_at from secrets
     where tenant_id = $1 and (installation_id = $2 or installation_id is null) and name = any ($3::text[])
     order by name, installation_id nulls last`,
    [tx.tenantUuid, uuidFromId(installationId), [...names]],
  );
  return rows.flatMap(
    ({ installationId, name, previousVersion, previousKeyVersion, previousNonce, previousCiphertext, replacedAt }) => {
      const isKept = previousVersion !== null && previousKeyVersion !== null && previousNonce && previousCiphertext;
      if (!isKept || !replacedAt || replacedAt.getTime() < Date.now() - secretLimits.replacedForMs) return [];
      return [
        {
          tenantId: tx.tenantId,
          installationId,
          name,
          version: previousVersion,
          keyVersion: previousKeyVersion,
          nonce: previousNonce,
          ciphertext: previousCiphertext,
          replacedAt,
        },
      ];
    },
  );
}

/** Which of these names have a value, and whose a plugin gets: its own before the tenant's. */
export async function findSecretScopes(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  names: readonly string[],
): Promise<Map<string, 'plugin' | 'tenant'>> {
  if (names.length === 0) return new Map();
  const rows = await tx.query<{ name: string; own: boolean }>(
    `select name, bool_or(installation_id is not null) as own from secrets
     where tenant_id = $1 and (installation_id = $2 or installation_id is null) and name = any ($3::text[])
     group by name`,
    [tx.tenantUuid, uuidFromId(installationId), [...names]],
  );
  return new Map(rows.map(({ name, own }) => [name, own ? 'plugin' : 'tenant']));
}
