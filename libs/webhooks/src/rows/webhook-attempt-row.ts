import { idColumn } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** One try at sending a delivery. */
@Entity('webhook_attempts')
@Index('webhook_attempts_delivery', ['tenantId', 'deliveryId', 'id'])
export class WebhookAttemptRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryGeneratedColumn('identity', { name: 'id', type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column({ name: 'delivery_id', ...idColumn('delivery') })
  deliveryId!: Id<'delivery'>;

  @Column({ name: 'run_id', ...idColumn('run') })
  runId!: Id<'run'>;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt!: Date;

  /** `null`: under way, or its worker died. */
  @Column({ name: 'duration_ms', type: 'int', nullable: true })
  durationMs!: number | null;

  /** Secrets masked. */
  @Column({ name: 'request', type: 'json' })
  request!: Json;

  @Column({ name: 'response', type: 'json', nullable: true })
  response!: Json | null;

  @Column({ name: 'error', type: 'json', nullable: true })
  error!: Json | null;
}
