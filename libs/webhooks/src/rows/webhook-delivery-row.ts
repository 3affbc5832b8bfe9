import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One message to one endpoint: its bytes are made once, and every attempt and replay sends them. */
@Entity('webhook_deliveries')
@Index('webhook_deliveries_by_age', ['createdAt'], { type: 'brin' })
@Index('webhook_deliveries_run', ['tenantId', 'runId'], { unique: true })
@Index('webhook_deliveries_webhook', ['tenantId', 'webhookId'])
export class WebhookDeliveryRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('delivery') })
  id!: Id<'delivery'>;

  @Column({ name: 'webhook_id', ...idColumn('webhook') })
  webhookId!: Id<'webhook'>;

  /** The latest run that sends it: its status is the delivery's. */
  @Column({ name: 'run_id', ...idColumn('run') })
  runId!: Id<'run'>;

  /** `null`: sent directly. */
  @Column({ name: 'event_id', type: 'text', nullable: true })
  eventId!: string | null;

  /** `null`: not made yet. */
  @Column({ name: 'body', type: 'bytea', nullable: true })
  body!: Buffer | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
