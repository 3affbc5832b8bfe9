/** Deliveries and their attempts. A delivery's status is that of the latest run that sends it. */
import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { RunStatus } from '@annex/runs';
import { storableJson, type TenantTransaction } from '@annex/database';

export interface DeliveryRow {
  id: Id<'delivery'>;
  webhookId: Id<'webhook'>;
  webhook: string;
  plugin: string | null;
  eventId: string | null;
  eventType: string | null;
  runId: Id<'run'>;
  status: RunStatus;
  error: Json;
  /** Attempts of every run, made so far. */
  attempts: number;
  nextAttemptAt: Date | null;
  waitingFor: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

interface Raw {
  id: string;
  webhook_id: string;
  webhook: string;
  plugin: string | null;
  event_id: string | null;
  event_type: string | null;
  run_id: string;
  status: RunStatus;
  error: Json;
  attempts: number;
  next_attempt_at: Date | null;
  waiting_for: string | null;
  created_at: Date;
  finished_at: Date | null;
}

export interface DeliveryFilter {
  webhookId?: Id<'webhook'> | undefined;
  /** A webhook's name. */
  webhook?: string | undefined;
  plugin?: string | undefined;
  status?: RunStatus | undefined;
  eventId?: string | undefined;
}

const columns = `d.id, d.webhook_id, w.name as webhook, w.plugin, d.event_id, e.type as event_type, d.run_id, r.status, r.error,
  (select count(*)::int from webhook_attempts a where a.tenant_id = d.tenant_id and a.delivery_id = d.id) as attempts,
  r.next_attempt_at, r.waiting_for, d.created_at, r.finished_at`;
// From the runs' side, whose indexes know kind and status; an earlier run of a delivery finds none.
const tables = `runs r join webhook_deliveries d on d.tenant_id = r.tenant_id and d.run_id = r.id
  join webhooks w on w.tenant_id = d.tenant_id and w.id = d.webhook_id left join events e on e.tenant_id = d.tenant_id and e.id = d.event_id`;

/** A page of deliveries, those sent last first. `before`: the run of the last one of the page before. */
export async function listDeliveries(
  tx: TenantTransaction,
  {
    webhookId,
    webhook,
    plugin,
    status,
    eventId,
    limit,
    before,
  }: DeliveryFilter & { limit: number; before?: Id<'run'> | undefined },
): Promise<DeliveryRow[]> {
  const parameters: unknown[] = [tx.tenantUuid];
  const add = (value: unknown): string => `$${parameters.push(value)}`;
  const wanted = [`r.tenant_id = $1`, `r.kind = 'webhook'`];
  // Written out, not bound: a partial index applies only to what the planner can see. It comes from a closed list.
  if (status) wanted.push(`r.status = '${status}'`);
  if (webhookId) wanted.push(`r.webhook_id = ${add(uuidFromId(webhookId))}`);
  if (webhook !== undefined) wanted.push(`w.name = ${add(webhook)}`);
  if (plugin !== undefined) wanted.push(`w.plugin = ${add(plugin)}`);
  if (eventId !== undefined) wanted.push(`r.event_id = ${add(eventId)}`);
  if (before) wanted.push(`r.id < ${add(uuidFromId(before))}`);
  const rows = await tx.query<Raw>(
    `select ${columns} from ${tables} where ${wanted.join(' and ')} order by r.id desc limit ${add(limit)}`,
    parameters,
  );
  return rows.map(fromRow);
}

/** One delivery, or `undefined`. */
export async function findDelivery(tx: TenantTransaction, id: Id<'delivery'>): Promise<DeliveryRow | undefined> {
  const [row] = await tx.query<Raw>(`select ${columns} from ${tables} where d.tenant_id = $1 and d.id = $2`, [
    tx.tenantUuid,
    uuidFromId(id),
  ]);
  return row && fromRow(row);
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

/** One try at sending. */
export interface DeliveryAttempt {
  startedAt: Date;
  runId: Id<'run'>;
  /** `null`: under way, or its worker died. */
  durationMs: number | null;
  request: Json;
  response: Json;
  error: Json;
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
export async function listDeliveryAttempts(tx: TenantTransaction, id: Id<'delivery'>): Promise<DeliveryAttempt[]> {
  const rows = await tx.query<{
    started_at: Date;
    run_id: string;
    duration_ms: number | null;
    request: Json;
    response: Json;
    error: Json;
  }>(
    'select started_at, run_id, duration_ms, request, response, error from webhook_attempts where tenant_id = $1 and delivery_id = $2 order by id limit 500',
    [tx.tenantUuid, uuidFromId(id)],
  );
  return rows.map((row) => ({
    startedAt: row.started_at,
    runId: idFromUuid('run', row.run_id),
    durationMs: row.duration_ms,
    request: row.request,
    response: row.response,
    error: row.error,
  }));
}

function fromRow(row: Raw): DeliveryRow {
  return {
    id: idFromUuid('delivery', row.id),
    webhookId: idFromUuid('webhook', row.webhook_id),
    webhook: row.webhook,
    plugin: row.plugin,
    eventId: row.event_id,
    eventType: row.event_type,
    runId: idFromUuid('run', row.run_id),
    status: row.status,
    error: row.error,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    waitingFor: row.waiting_for,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
