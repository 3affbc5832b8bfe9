/** Where events go: the webhooks that packages define, and those that tenants register themselves. */
import { newUuid, uuidFromId, type Id, type SealedValue } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { In, IsNull, MoreThan, Not, type FindOperator } from 'typeorm';
import { WebhookRow } from './webhook-row.js';

/** Webhooks are told, agents are asked. */
export type WebhookKind = 'webhook' | 'agent';

function ofKind(kind: WebhookKind): FindOperator<WebhookRow['transport']> | 'http' {
  return kind === 'webhook' ? 'http' : In<WebhookRow['transport']>(['a2a', 'llm']);
}

/** A webhook as a release of a package declares it. */
export type DeclaredWebhook = Pick<WebhookRow, 'name' | 'url' | 'events' | 'policy'> &
  Partial<Pick<WebhookRow, 'filter' | 'transport'>>;

/**
 * Makes these the webhooks of an installation whose plugin is on. Those that the release does not declare any more get
 * no events, and are kept for their deliveries; one that is declared again goes on as it was.
 */
export async function connectPackageWebhooks(
  tx: TenantTransaction,
  { installationId, plugin }: { installationId: Id<'installation'>; plugin: string },
  declared: readonly DeclaredWebhook[],
): Promise<void> {
  const names = declared.map(({ name }) => name);
  await tx
    .repository(WebhookRow)
    .update(
      { tenantId: tx.tenantId, installationId, name: Not(In(names)) },
      { active: false, declared: false, updatedAt: () => 'now()' },
    );
  for (const { name, url, events, policy, filter = null, transport = 'http' } of declared) {
    await tx.query(
      `insert into webhooks (tenant_id, id, installation_id, plugin, name, url, events, policy, filter, transport,
         active)
       values ($1, $3, $2, $4, $5, $6, $7, $8, $9, $10, true)
       on conflict (tenant_id, installation_id, name) where installation_id is not null do update
       set url = excluded.url, events = excluded.events, filter = excluded.filter, transport = excluded.transport,
         policy = excluded.policy, active = true, declared = true, updated_at = now()`,
      [
        tx.tenantUuid,
        uuidFromId(installationId),
        newUuid(),
        plugin,
        name,
        url,
        JSON.stringify(events),
        JSON.stringify(policy),
        filter === null ? null : JSON.stringify(filter),
        transport,
      ],
    );
  }
}

/** Events make no deliveries to an installation's webhooks any more: its plugin is off. */
export async function restPackageWebhooks(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  await tx
    .repository(WebhookRow)
    .update({ tenantId: tx.tenantId, installationId, active: true }, { active: false, updatedAt: () => 'now()' });
}

/** A page of webhooks that are there, in the order in which they were made. */
export function listWebhooks(
  tx: TenantTransaction,
  {
    limit,
    after,
    plugin,
    kind,
  }: { limit: number; after?: Id<'webhook'> | undefined; plugin?: string | undefined; kind: WebhookKind },
): Promise<WebhookRow[]> {
  return tx.repository(WebhookRow).find({
    where: {
      tenantId: tx.tenantId,
      deletedAt: IsNull(),
      declared: true,
      transport: ofKind(kind),
      ...(after && { id: MoreThan(after) }),
      ...(plugin !== undefined && { plugin }),
    },
    order: { id: 'ASC' },
    take: limit,
  });
}

/**
 * One webhook, deleted or not; with `lock` it stays as it is until the transaction ends. SQL by hand: each delivery
 * asks.
 */
export async function findWebhook(
  tx: TenantTransaction,
  id: Id<'webhook'>,
  { lock = false } = {},
): Promise<WebhookRow | undefined> {
  const [row] = await tx.rows(
    WebhookRow,
    `select * from webhooks where tenant_id = $1 and id = $2${lock ? ' for update' : ''}`,
    [tx.tenantUuid, uuidFromId(id)],
  );
  return row;
}

/** The webhooks of a name that are there: the tenant's own and packages'. */
export function findWebhooksByName(
  tx: TenantTransaction,
  name: string,
  kind: WebhookKind = 'webhook',
): Promise<WebhookRow[]> {
  return tx.repository(WebhookRow).find({
    where: { tenantId: tx.tenantId, name, transport: ofKind(kind), deletedAt: IsNull(), declared: true },
    order: { id: 'ASC' },
  });
}

/** A webhook of a package by its name, whether or not it gets events. SQL by hand: each `ctx.webhooks.send` asks. */
export async function findPackageWebhook(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  name: string,
): Promise<WebhookRow | undefined> {
  const [row] = await tx.rows(
    WebhookRow,
    'select * from webhooks where tenant_id = $1 and installation_id = $2 and name = $3',
    [tx.tenantUuid, uuidFromId(installationId), name],
  );
  return row;
}

/** How many webhooks of its own the tenant has. */
export function countOwnWebhooks(tx: TenantTransaction): Promise<number> {
  return tx.repository(WebhookRow).countBy({ tenantId: tx.tenantId, installationId: IsNull(), deletedAt: IsNull() });
}

/** What a tenant says about a webhook of its own. */
export interface OwnWebhook extends Pick<WebhookRow, 'name' | 'url' | 'events' | 'policy' | 'description'> {
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
    `insert into webhooks (tenant_id, id, name, url, events, policy, description, key_version, nonce, ciphertext,
       active, created_by)
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
  await tx
    .repository(WebhookRow)
    .update(
      { tenantId: tx.tenantId, id },
      { name, url, events, policy, description, ...sealed, updatedAt: () => 'now()' },
    );
}

/** Deletes a webhook of the tenant's own: its secrets are gone, its deliveries may still be looked at. */
export async function deleteWebhook(tx: TenantTransaction, id: Id<'webhook'>): Promise<void> {
  const noSecrets = { keyVersion: null, nonce: null, ciphertext: null };
  await tx
    .repository(WebhookRow)
    .update(
      { tenantId: tx.tenantId, id, installationId: IsNull() },
      { deletedAt: () => 'now()', active: false, ...noSecrets, updatedAt: () => 'now()' },
    );
}

/** Stops a webhook with a reason that people see. Answers `false` when it was stopped before. */
export async function disableWebhook(tx: TenantTransaction, id: Id<'webhook'>, reason: string): Promise<boolean> {
  const { affected } = await tx
    .repository(WebhookRow)
    .update(
      { tenantId: tx.tenantId, id, disabledAt: IsNull() },
      { disabledAt: () => 'now()', disabledReason: reason, updatedAt: () => 'now()' },
    );
  return affected === 1;
}

/** Lets a webhook go on; its failures are forgotten. */
export async function enableWebhook(tx: TenantTransaction, id: Id<'webhook'>): Promise<boolean> {
  const { affected } = await tx
    .repository(WebhookRow)
    .update(
      { tenantId: tx.tenantId, id, disabledAt: Not(IsNull()) },
      { disabledAt: null, disabledReason: null, failures: 0, failingSince: null, updatedAt: () => 'now()' },
    );
  return affected === 1;
}

/**
 * Counts an attempt: `error` is the code with which the endpoint did not take it, `null` when it did. Answers how it
 * stands now.
 */
export async function countAttempt(
  tx: TenantTransaction,
  id: Id<'webhook'>,
  { deliveryId, error }: { deliveryId: Id<'delivery'>; error: string | null },
): Promise<(Pick<WebhookRow, 'failures' | 'failingSince'> & { disabled: boolean }) | undefined> {
  const [row] = await tx.rows<WebhookRow, Pick<WebhookRow, 'failures' | 'failingSince'> & { disabled: boolean }>(
    WebhookRow,
    `update webhooks set last_delivery_id = $3, last_attempt_at = now(), last_error = $4, failures = case
       when $4::text is null then 0 else failures + 1 end,
       failing_since = case when $4::text is null then null else coalesce(failing_since, now()) end
     where tenant_id = $1 and id = $2 returning failures, failing_since, disabled_at is not null as disabled`,
    [tx.tenantUuid, uuidFromId(id), uuidFromId(deliveryId), error],
  );
  return row;
}
