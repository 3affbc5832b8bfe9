import { idColumn } from '@annex/database';
import type { EventAttributes, EventSeverity } from '@annex/events';
import type { Id, Json } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An event as it was accepted. */
@Entity('events')
@Index('events_by_age', ['createdAt'], { type: 'brin' })
@Index('events_by_run', ['tenantId', 'runId'], { where: 'run_id IS NOT NULL' })
@Index('events_recent', () => ({ tenantId: 1, createdAt: -1, id: 1 }))
@Index('events_rejected', () => ({ tenantId: 1, createdAt: -1, id: 1 }), { where: 'rejected IS NOT NULL' })
export class EventRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** The sender's own, or `evt_…`. */
  @PrimaryColumn({ name: 'id', type: 'text' })
  id!: string;

  @Column({ name: 'type', type: 'text' })
  type!: string;

  @Column({ name: 'source', type: 'text' })
  source!: string;

  @Column({ name: 'subject', type: 'text', nullable: true })
  subject!: string | null;

  @Column({ name: 'data', type: 'json', nullable: true })
  data!: Json | null;

  /** When it happened; `createdAt`: when it was accepted. */
  @Column({ name: 'time', type: 'timestamptz' })
  time!: Date;

  /** How many emits lie between it and the outside world. */
  @Column({ name: 'depth', type: 'int', default: 0 })
  depth!: number;

  /** The run that emitted it, or `null`. */
  @Column({ name: 'run_id', ...idColumn('run'), nullable: true })
  runId!: Id<'run'> | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'severity', type: 'text', default: 'info' })
  severity!: EventSeverity;

  @Column({ name: 'tags', type: 'text', array: true, default: () => "'{}'" })
  tags!: string[];

  /** Extension attributes of CloudEvents. */
  @Column({ name: 'attributes', type: 'json', default: () => "'{}'" })
  attributes!: EventAttributes;

  /** Why no handler got it; `null`: it was accepted. */
  @Column({ name: 'rejected', type: 'json', nullable: true })
  rejected!: Rejection | null;
}

/** Why an event was kept from every handler. */
export interface Rejection {
  /** For people. */
  reason: string;
  /** What its source must say and it did not, such as `data.message`. */
  missing: string[];
}
