/**
 * Deliveries and their attempts. A delivery's status is that of the latest run that sends it. What a run does for each
 * attempt (body, beginning, end) is SQL by hand, for its speed.
 */
import { uuidFromId, type Id, type Json } from '@annex/kernel';
import type { RunRow, RunStatus } from '@annex/runs';
import { storableJson, type TenantTransaction } from '@annex/database';
import { WebhookAttemptRow } from './webhook-attempt-row.js';
import { WebhookDeliveryRow } from './webhook-delivery-row.js';
import type { WebhookKind } from './webhooks.js';
import type { WebhookRow } from './webhook-row.js';

/** A delivery together with the run that sends it. */
export interface SentDelivery
  extends
    Pick<WebhookDeliveryRow, 'id' | 'webhookId' | 'runId' | 'eventId' | 'createdAt'>,
    Pick<WebhookRow, 'plugin'>,
    Pick<RunRow, 'status' | 'error' | 'nextAttemptAt' | 'waitingFor' | 'finishedAt'> {
  /** The webhook's name. */
  webhook: string;
  eventType: string | null;
  /** Attempts of every run, made so far. */
  attempts: number;
}

export interface DeliveryFilter {
  webhookId?: Id<'webhook'> | undefined;
  /** A webhook's name. */
  webhook?: string | undefined;
  plugin?: string | undefined;
  status?: RunStatus | undefined;
  /** Default: webhooks. */
  kind?: WebhookKind | undefined;
  eventId?: string | undefined;
  waitingFor?: 'approval' | 'agent' | undefined;
}

const columns = `d.id, d.webhook_id, w.name as webhook, w.plugin, d.event_id, e.type as "eventType", d.run_id, r.status,
    r.error,
  (select count(*)::int from webhook_attempts a where a.tenant_id = d.tenant_id and a.delivery_id = d.id) as attempts,
  r.next_attempt_at as "nextAttemptAt", r.waiting_for as "waitingFor", d.created_at, r.finished_at as "finishedAt"`;
// From the runs' side, whose indexes know kind and status; an earlier run of a delivery finds none.
const tables = `runs r join webhook_deliveries d on d.tenant_id = r.tenant_id and d.run_id = r.id
  join webhooks w on w.tenant_id = d.tenant_id and w.id = d.webhook_id
  left join events e on e.tenant_id = d.tenant_id and e.id = d.event_id`;

/** A page of deliveries, those sent last first. `before`: the run of the last one of the page before. */
export async function listDeliveries(
  tx: TenantTransaction,
  {
    webhookId,
    webhook,
    plugin,
    status,
    kind = 'webhook',
    eventId,
    waitingFor,
    limit,
    before,
  }: DeliveryFilter & { limit: number; before?: Id<'run'> | undefined },
): Promise<SentDelivery[]> {
  const parameters: unknown[] = [tx.tenantUuid];
  const add = (value: unknown): string => `$${parameters.push(value)}`;
  const wanted = [
    `r.tenant_id = $1`,
    `r.kind = 'webhook'`,
    kind === 'webhook' ? `w.transport = 'http'` : `w.transport <> 'http'`,
  ];
  // Written out, not bound: a partial index applies only to what the planner can see. It comes from a closed list.
  if (status) wanted.push(`r.status = '${status}'`);
  if (webhookId) wanted.push(`r.webhook_id = ${add(uuidFromId(webhookId))}`);
  if (webhook !== undefined) wanted.push(`w.name = ${add(webhook)}`);
  if (plugin !== undefined) wanted.push(`w.plugin = ${add(plugin)}`);
  if (eventId !== undefined) wanted.push(`r.event_id = ${add(eventId)}`);
  // The status comes along for the index, and an ended run waits for nothing.
  if (waitingFor) wanted.push(`r.waiting_for = ${add(waitingFor)}`);
  if (before) wanted.push(`r.id < ${add(uuidFromId(before))}`);
  return tx.rows<WebhookDeliveryRow, SentDelivery>(
    WebhookDeliveryRow,
    `select ${columns} from ${tables} where ${wanted.join(' and ')} order by r.id desc limit ${add(limit)}`,
    parameters,
  );
}

/** One delivery, or `undefined`. */
export async function findDelivery(tx: TenantTransaction, id: Id<'delivery'>): Promise<SentDelivery | undefined> {
  const [row] = await tx.rows<WebhookDeliveryRow, SentDelivery>(
    WebhookDeliveryRow,
    `select ${columns} from ${tables} where d.tenant_id = $1 and d.id = $2`,
    [tx.tenantUuid, uuidFromId(id)],
  );
  return row;
}

/** The body that a delivery sends, or `null` while it is not made. `undefined`: there is no such delivery any more. */
export async function readDeliveryBody(tx: TenantTransaction, id: Id<'delivery'>): Promise<Buffer | null | undefined> {
  const [row] = await tx.query<{ body: Buffer | null }>(
    'select body from webhook_deliveries where tenant_id = $1 and id = $2',
    [tx.tenantUuid, uuidFromId(id)],
  );
  return row?.body;
}

/** Keeps a delivery's body, unless it has one: whoever is first decides. Answers the one that is kept. */
export async function keepDeliveryBody(
  tx: TenantTransaction,
  id: Id<'delivery'>,
  body: Uint8Array,
): Promise<Buffer | undefined> {
  const [row] = await tx.query<{ body: Buffer }>(
    'update webhook_deliveries set body = coalesce(body, $3) where tenant_id = $1 and id = $2 returning body',
    [tx.tenantUuid, uuidFromId(id), Buffer.from(body)],
  );
  return row?.body;
}

/** Writes that an attempt begins; answers what to name in {@link endDeliveryAttempt}. */
export async function beginDeliveryAttempt(
  tx: TenantTransaction,
  { deliveryId, runId, request }: { deliveryId: Id<'delivery'>; runId: Id<'run'>; request: Json },
): Promise<string> {
  const [row] = await tx.query<{ id: string }>(
    'insert into webhook_attempts (tenant_id, delivery_id, run_id, request) values ($1, $2, $3, $4) returning id',
    [tx.tenantUuid, uuidFromId(deliveryId), uuidFromId(runId), storableJson(request)],
  );
  return row?.id ?? '';
}

/** Writes how an attempt ended. */
export async function endDeliveryAttempt(
  tx: TenantTransaction,
  attempt: string,
  { durationMs, response, error }: { durationMs: number; response: Json; error: Json },
): Promise<void> {
  await tx.query(
    'update webhook_attempts set duration_ms = $3, response = $4, error = $5 where tenant_id = $1 and id = $2',
    [
      tx.tenantUuid,
      attempt,
      Math.round(durationMs),
      response === null ? null : storableJson(response),
      error === null ? null : storableJson(error),
    ],
  );
}

/** The attempts of a delivery, oldest first. */
export function listDeliveryAttempts(tx: TenantTransaction, id: Id<'delivery'>): Promise<WebhookAttemptRow[]> {
  return tx.repository(WebhookAttemptRow).find({
    where: { tenantId: tx.tenantId, deliveryId: id },
    order: { id: 'ASC' },
    take: 500,
  });
}
