import { idColumn } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import type { RunKind } from '@annex/limits';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { RunStatus } from '../run-status.js';
import type { RunPolicy, WaitReason } from '../sql/enqueue-run.js';

/**
 * One request to run a handler. Of a background run it is the delivery too: state, claim and lease stand here, so that
 * nothing in a queue is the only copy. Written by the statements in sql/ alone: what moves a run is guarded there.
 */
@Entity('runs')
@Index('runs_background', () => ({ tenantId: 1, kind: 1, id: -1 }), { where: "kind <> 'route'::text" })
@Index('runs_by_age', ['queuedAt'], { type: 'brin' })
@Index('runs_by_event', ['tenantId', 'eventId'], { where: 'event_id IS NOT NULL' })
@Index('runs_by_installation', () => ({ tenantId: 1, installationId: 1, id: -1 }))
@Index('runs_by_job', () => ({ tenantId: 1, installationId: 1, name: 1, id: -1 }), { where: "kind = 'job'::text" })
@Index('runs_by_webhook', ['tenantId', 'webhookId'], { where: 'webhook_id IS NOT NULL' })
@Index('runs_by_source', () => ({ tenantId: 1, installationId: 1, name: 1, id: -1 }), {
  where: "kind = 'source'::text",
})
@Index('runs_dead', ['tenantId', 'id'], {
  where:
    "(status = 'failed'::text) AND (replayed_at IS NULL) AND (discarded_at IS NULL) AND (kind = ANY " +
    "(ARRAY['event'::text, 'job'::text, 'webhook'::text]))",
})
@Index('runs_dispatched', ['dispatchedAt'], { where: 'dispatched_at IS NOT NULL' })
@Index('runs_due', ['tenantId', 'nextAttemptAt', 'id'], { where: 'next_attempt_at IS NOT NULL' })
@Index('runs_failed', () => ({ tenantId: 1, id: -1 }), { where: "status = 'failed'::text" })
@Index('runs_open', ['tenantId', 'installationId', 'kind', 'name'], {
  where: "status = ANY (ARRAY['queued'::text, 'running'::text, 'retrying'::text])",
})
@Index('runs_parked', ['tenantId', 'installationId', 'queuedAt'], { where: 'waiting_for IS NOT NULL' })
@Index('runs_replays', ['tenantId', 'replayOf'], { where: 'replay_of IS NOT NULL' })
@Index('runs_running', ['tenantId', 'leaseUntil'], { where: 'lease_until IS NOT NULL' })
@Index('runs_sending', ['tenantId', 'webhookId'], {
  where: '(webhook_id IS NOT NULL) AND (lease_until IS NOT NULL)',
})
@Index('runs_skipped', () => ({ tenantId: 1, id: -1 }), { where: "status = 'skipped'::text" })
@Index('runs_started_by', ['tenantId', 'startedBy'], { where: "started_by ~~ 'run\\_%'::text" })
@Index('runs_tick', ['tenantId', 'scheduleId', 'scheduledFor'], {
  unique: true,
  where: '(schedule_id IS NOT NULL) AND (replay_of IS NULL)',
})
@Index('runs_webhook_crowded', ['tenantId', 'webhookId', 'queuedAt'], { where: "waiting_for = 'endpoint'::text" })
@Index('runs_webhook_due', ['tenantId', 'webhookId', 'nextAttemptAt'], {
  where: '(webhook_id IS NOT NULL) AND (next_attempt_at IS NOT NULL)',
})
export class RunRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('run') })
  id!: Id<'run'>;

  /** `null`: it belongs to one of the tenant's own webhooks. */
  @Column({ name: 'installation_id', ...idColumn('installation'), nullable: true })
  installationId!: Id<'installation'> | null;

  /** The plugin's slug; `null` as above. */
  @Column({ name: 'plugin', type: 'text', nullable: true })
  plugin!: string | null;

  /** Version of the release that ran last; `null` before the first attempt. */
  @Column({ name: 'release', type: 'text', nullable: true })
  release!: string | null;

  @Column({ name: 'kind', type: 'text' })
  kind!: RunKind;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  /** Which of several handlers with the same kind and name, from 0. */
  @Column({ name: 'ordinal', type: 'int', default: 0 })
  ordinal!: number;

  @Column({ name: 'status', type: 'text' })
  status!: RunStatus;

  @Column({ name: 'event_id', type: 'text', nullable: true })
  eventId!: string | null;

  @Column({ name: 'schedule_id', ...idColumn('schedule'), nullable: true })
  scheduleId!: Id<'schedule'> | null;

  @Column({ name: 'scheduled_for', type: 'timestamptz', nullable: true })
  scheduledFor!: Date | null;

  @Column({ name: 'replay_of', ...idColumn('run'), nullable: true })
  replayOf!: Id<'run'> | null;

  /** Who asked for it: an actor, or the run whose code did; `null`: an event, a schedule, a caller or the platform. */
  @Column({ name: 'started_by', type: 'text', nullable: true })
  startedBy!: string | null;

  @Column({ name: 'payload', type: 'json', nullable: true })
  payload!: Json | null;

  /** How many emits lie between it and the outside world. */
  @Column({ name: 'depth', type: 'int', default: 0 })
  depth!: number;

  /** What was decided about it when it was made. */
  @Column({ name: 'policy', type: 'jsonb', default: {} })
  policy!: RunPolicy;

  @Column({ name: 'attempts', type: 'jsonb', default: [] })
  attempts!: Json;

  @Column({ name: 'result', type: 'json', nullable: true })
  result!: Json | null;

  /** `{ code, message }`. */
  @Column({ name: 'error', type: 'json', nullable: true })
  error!: Json | null;

  /** What was used of each limit, and what was allowed. */
  @Column({ name: 'limits', type: 'json', default: {} })
  limits!: Json;

  /** Attempts that the handler failed: drives the retries. */
  @Column({ name: 'attempt_count', type: 'int', default: 0 })
  attemptCount!: number;

  /** Starts: the fencing token, and the cap on crash loops. */
  @Column({ name: 'claims', type: 'int', default: 0 })
  claims!: number;

  /** Starts after which it only waited for somebody outside: they speak neither for a crash nor for a failure. */
  @Column({ name: 'waited', type: 'int', default: 0 })
  waited!: number;

  /** From when on it may be claimed; `null`: it does not wait for that. */
  @Column({ name: 'next_attempt_at', type: 'timestamptz', nullable: true })
  nextAttemptAt!: Date | null;

  /** A worker of the release before handed it over. */
  @Column({ name: 'dispatched_at', type: 'timestamptz', nullable: true })
  dispatchedAt!: Date | null;

  /** Until when its worker has it, unless it renews; `null`: nobody works on it. */
  @Column({ name: 'lease_until', type: 'timestamptz', nullable: true })
  leaseUntil!: Date | null;

  /** The dispatcher that has it. */
  @Column({ name: 'lease_owner', type: 'text', nullable: true })
  leaseOwner!: string | null;

  @Column({ name: 'cancel_requested', type: 'boolean', default: false })
  cancelRequested!: boolean;

  @Column({ name: 'waiting_for', type: 'text', nullable: true })
  waitingFor!: WaitReason | null;

  /** When it was made again: it is no dead letter any more. */
  @Column({ name: 'replayed_at', type: 'timestamptz', nullable: true })
  replayedAt!: Date | null;

  @Column({ name: 'queued_at', type: 'timestamptz', default: () => 'now()' })
  queuedAt!: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt!: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;

  @Column({ name: 'webhook_id', ...idColumn('webhook'), nullable: true })
  webhookId!: Id<'webhook'> | null;

  @Column({ name: 'delivery_id', ...idColumn('delivery'), nullable: true })
  deliveryId!: Id<'delivery'> | null;

  /** Of a skipped tick that tells of others too: how many in all. */
  @Column({ name: 'skipped_ticks', type: 'int', nullable: true })
  skippedTicks!: number | null;

  /** And the last one's time. */
  @Column({ name: 'skipped_until', type: 'timestamptz', nullable: true })
  skippedUntil!: Date | null;

  /** W3C `traceparent` of the work that made it; `null`: traces were off. Filled by the database. */
  @Column({
    name: 'traceparent',
    type: 'text',
    nullable: true,
    default: () => "NULLIF(current_setting('app.traceparent'::text, true), ''::text)",
  })
  traceparent!: string | null;

  /** When somebody discarded it as a dead letter. */
  @Column({ name: 'discarded_at', type: 'timestamptz', nullable: true })
  discardedAt!: Date | null;
}
