/** Where events go: the webhooks that packages define, and those that tenants register themselves. */
import { idFromUuid, newUuid, uuidFromId, type Id, type SealedValue } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import type { RunPolicy } from '@annex/runs';

export interface WebhookRow {
  id: Id<'webhook'>;
  /** `null`: the tenant's own. */
  installationId: Id<'installation'> | null;
  /** The plugin's slug. */
  plugin: string | null;
  name: string;
  /** As it was written; a package's may hold `${SECRET:…}`. */
  url: string;
  /** Patterns. */
  events: string[];
  policy: RunPolicy;
  description: string | null;
  /** Secrets and headers of the tenant's own. */
  sealed: SealedValue | null;
  active: boolean;
  declared: boolean;
  disabledAt: Date | null;
  disabledReason: string | null;
  /** Attempts in a row that the endpoint did not take. */
  failures: number;
  failingSince: Date | null;
  lastDeliveryId: Id<'delivery'> | null;
  lastAttemptAt: Date | null;
  /** Code of the last attempt's error; `null`: it was taken. */
  lastError: string | null;
  deletedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

interface Raw {
  id: string;
  installation_id: string | null;
  plugin: string | null;
  name: string;
  url: string;
  events: string[];
  policy: RunPolicy;
  description: string | null;
  key_version: number | null;
  nonce: Buffer | null;
  ciphertext: Buffer | null;
  active: boolean;
  declared: boolean;
  disabled_at: Date | null;
  disabled_reason: string | null;
  failures: number;
  failing_since: Date | null;
  last_delivery_id: string | null;
  last_attempt_at: Date | null;
  last_error: string | null;
  deleted_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** A webhook as a release of a package declares it. */
export interface DeclaredWebhook {
  name: string;
  url: string;
  events: string[];
  policy: RunPolicy;
}

/**
 * Makes these the webhooks of an installation whose plugin is on. Those that the release does not declare any more get
 * no events, and are kept for their deliveries; one that is declared again goes on as it was.
 */
export async function connectPackageWebhooks(
  tx: TenantTransaction,
  { installationId, plugin }: { installationId: Id<'installation'>; plugin: string },
  declared: readonly DeclaredWebhook[],
): Promise<void> {
  const owner = [tx.tenantUuid, uuidFromId(installationId)];
  await tx.query(
    'update webhooks set active = false, declared = false, updated_at = now() where tenant_id = $1 and installation_id = $2 and not (name = any($3::text[]))',
    [...owner, declared.map(({ name }) => name)],
  );
  for (const { name, url, events, policy } of declared) {
    await tx.query(
      `insert into webhooks (tenant_id, id, installation_id, plugin, name, url, events, policy, active) values ($1, $3, $2, $4, $5, $6, $7, $8, true)
       on conflict (tenant_id, installation_id, name) where installation_id is not null do update set url = excluded.url, events = excluded.events,
         policy = excluded.policy, active = true, declared = true, updated_at = now()`,
      [...owner, newUuid(), plugin, name, url, JSON.stringify(events), JSON.stringify(policy)],
    );
  }
}

/** Events make no deliveries to an installation's webhooks any more: its plugin is off. */
export async function restPackageWebhooks(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  await tx.query(
    'update webhooks set active = false, updated_at = now() where tenant_id = $1 and installation_id = $2 and active',
    [tx.tenantUuid, uuidFromId(installationId)],
  );
}

/** A page of webhooks that are there, in the order in which they were made. */
export async function listWebhooks(
  tx: TenantTransaction,
  { limit, after, plugin }: { limit: number; after?: Id<'webhook'> | undefined; plugin?: string | undefined },
): Promise<WebhookRow[]> {
  const rows = await tx.query<Raw>(
    `select * from webhooks where tenant_id = $1 and deleted_at is null and declared and ($2::uuid is null or id > $2) and ($3::text is null or plugin = $3) order by id limit $4`,
    [tx.tenantUuid, after ? uuidFromId(after) : null, plugin ?? null, limit],
  );
  return rows.map(fromRow);
}

/** One webhook, deleted or not; with `lock` it stays as it is until the transaction ends. */
export async function findWebhook(
  tx: TenantTransaction,
  id: Id<'webhook'>,
  { lock = false } = {},
): Promise<WebhookRow | undefined> {
  const [row] = await tx.query<Raw>(
    `select * from webhooks where tenant_id = $1 and id = $2${lock ? ' for update' : ''}`,
    [tx.tenantUuid, uuidFromId(id)],
  );
  return row && fromRow(row);
}

/** The webhooks of a name that are there: the tenant's own and packages'. */
export async function findWebhooksByName(tx: TenantTransaction, name: string): Promise<WebhookRow[]> {
  const rows = await tx.query<Raw>(
    'select * from webhooks where tenant_id = $1 and name = $2 and deleted_at is null and declared order by id',
    [tx.tenantUuid, name],
  );
  return rows.map(fromRow);
}

/** A webhook of a package by its name, whether or not it gets events. */
export async function findPackageWebhook(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  name: string,
): Promise<WebhookRow | undefined> {
  const [row] = await tx.query<Raw>(
    'select * from webhooks where tenant_id = $1 and installation_id = $2 and name = $3',
    [tx.tenantUuid, uuidFromId(installationId), name],
  );
  return row && fromRow(row);
}

/** How many webhooks of its own the tenant has. */
export async function countOwnWebhooks(tx: TenantTransaction): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    'select count(*)::int as n from webhooks where tenant_id = $1 and installation_id is null and deleted_at is null',
    [tx.tenantUuid],
  );
  return row?.n ?? 0;
}

/** What a tenant says about a webhook of its own. */
export interface OwnWebhook {
  name: string;
  url: string;
  events: string[];
  policy: RunPolicy;
  description: string | null;
  sealed: SealedValue;
}

/** Makes a webhook of the tenant's own. `false`: the name is taken. */
export async function insertWebhook(
  tx: TenantTransaction,
  id: Id<'webhook'>,
  webhook: OwnWebhook & { createdBy: string },
): Promise<boolean> {
  const { name, url, events, policy, description, sealed, createdBy } = webhook;
  const made = await tx.execute(
    `insert into webhooks (tenant_id, id, name, url, events, policy, description, key_version, nonce, ciphertext, active, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true, $11) on conflict do nothing`,
    [
      tx.tenantUuid,
      uuidFromId(id),
      name,
      url,
      JSON.stringify(events),
      JSON.stringify(policy),
      description,
      sealed.keyVersion,
      sealed.nonce,
      sealed.ciphertext,
      createdBy,
    ],
  );
  return made === 1;
}

/** Changes a webhook of the tenant's own. */
export async function updateWebhook(tx: TenantTransaction, id: Id<'webhook'>, webhook: OwnWebhook): Promise<void> {
  const { name, url, events, policy, description, sealed } = webhook;
  await tx.query(
    `update webhooks set name = $3, url = $4, events = $5, policy = $6, description = $7, key_version = $8, nonce = $9, ciphertext = $10, updated_at = now()
     where tenant_id = $1 and id = $2`,
    [
      tx.tenantUuid,
      uuidFromId(id),
      name,
      url,
      JSON.stringify(events),
      JSON.stringify(policy),
      description,
      sealed.keyVersion,
      sealed.nonce,
      sealed.ciphertext,
    ],
  );
}

/** Deletes a webhook of the tenant's own: its secrets are gone, its deliveries may still be looked at. */
export async function deleteWebhook(tx: TenantTransaction, id: Id<'webhook'>): Promise<void> {
  await tx.query(
    `update webhooks set deleted_at = now(), active = false, key_version = null, nonce = null, ciphertext = null, updated_at = now() where tenant_id = $1 and id = $2 and installation_id is null`,
    [tx.tenantUuid, uuidFromId(id)],
  );
}

/** Stops a webhook with a reason that people see. Answers `false` when it was stopped before. */
export async function disableWebhook(tx: TenantTransaction, id: Id<'webhook'>, reason: string): Promise<boolean> {
  const changed = await tx.execute(
    'update webhooks set disabled_at = now(), disabled_reason = $3, updated_at = now() where tenant_id = $1 and id = $2 and disabled_at is null',
    [tx.tenantUuid, uuidFromId(id), reason],
  );
  return changed === 1;
}

/** Lets a webhook go on; its failures are forgotten. */
export async function enableWebhook(tx: TenantTransaction, id: Id<'webhook'>): Promise<boolean> {
  const changed = await tx.execute(
    `update webhooks set disabled_at = null, disabled_reason = null, failures = 0, failing_since = null, updated_at = now() where tenant_id = $1 and id = $2 and disabled_at is not null`,
    [tx.tenantUuid, uuidFromId(id)],
  );
  return changed === 1;
}

/**
 * Counts an attempt: `error` is the code with which the endpoint did not take it, `null` when it did. Answers how it
 * stands now.
 */
export async function countAttempt(
  tx: TenantTransaction,
  id: Id<'webhook'>,
  { deliveryId, error }: { deliveryId: Id<'delivery'>; error: string | null },
): Promise<{ failures: number; failingSince: Date | null; disabled: boolean } | undefined> {
  const [row] = await tx.query<{ failures: number; failing_since: Date | null; disabled: boolean }>(
    `update webhooks set last_delivery_id = $3, last_attempt_at = now(), last_error = $4, failures = case when $4::text is null then 0 else failures + 1 end,
       failing_since = case when $4::text is null then null else coalesce(failing_since, now()) end
     where tenant_id = $1 and id = $2 returning failures, failing_since, disabled_at is not null as disabled`,
    [tx.tenantUuid, uuidFromId(id), uuidFromId(deliveryId), error],
  );
  return row && { failures: row.failures, failingSince: row.failing_since, disabled: row.disabled };
}

function fromRow(row: Raw): WebhookRow {
  return {
    id: idFromUuid('webhook', row.id),
    installationId: row.installation_id === null ? null : idFromUuid('installation', row.installation_id),
    plugin: row.plugin,
    name: row.name,
    url: row.url,
    events: row.events,
    policy: row.policy,
    description: row.description,
    sealed:
      row.key_version !== null && row.nonce && row.ciphertext
        ? { keyVersion: row.key_version, nonce: row.nonce, ciphertext: row.ciphertext }
        : null,
    active: row.active,
    declared: row.declared,
    disabledAt: row.disabled_at,
    disabledReason: row.disabled_reason,
    failures: row.failures,
    failingSince: row.failing_since,
    lastDeliveryId: row.last_delivery_id === null ? null : idFromUuid('delivery', row.last_delivery_id),
    lastAttemptAt: row.last_attempt_at,
    lastError: row.last_error,
    deletedAt: row.deleted_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
