import { idColumn } from '@annex/database';
import type { AlertSuppression, EventAlert, EventAttributes, EventSeverity } from '@annex/events';
import type { Id, Json } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An event as it was accepted. */
@Entity('events')
@Index('events_by_age', ['createdAt'], { type: 'brin' })
@Index('events_by_run', ['tenantId', 'runId'], { where: 'run_id IS NOT NULL' })
@Index('events_recent', () => ({ tenantId: 1, createdAt: -1, id: 1 }))
@Index('events_suppressed', () => ({ tenantId: 1, createdAt: -1, id: 1 }), { where: 'suppressed_by IS NOT NULL' })
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

  /** The type that it came with; `null`: it kept it. */
  @Column({ name: 'raw_type', type: 'text', nullable: true })
  rawType!: string | null;

  /** `<mapping>/<rule>` that took it, or made it; `null`: none. */
  @Column({ name: 'mapped_from', type: 'text', nullable: true })
  mappedFrom!: string | null;

  /** Why a mapping gave it to nobody; `null`: it went through. */
  @Column({ name: 'suppressed_by', type: 'json', nullable: true })
  suppressedBy!: Suppression | null;

  /** The alert that it belongs to, or `null`. */
  @Column({ name: 'alert', type: 'json', nullable: true })
  alert!: EventAlert | null;
}

/** Why a mapping gave an event to nobody. */
export interface Suppression {
  /**
   * `window`: one of its key went through shortly before. `silence`: somebody silenced its alert. `resolved`: its alert
   * was resolved already. `unmapped`: its source has a mapping that drops what no rule takes.
   */
  reason: AlertSuppression | 'unmapped';
  /** `<mapping>/<rule>`; for `unmapped` the mapping. */
  rule: string;
  /** The alert's id, or `null`. */
  alert: string | null;
}

/** Why an event was kept from every handler. */
export interface Rejection {
  /** For people. */
  reason: string;
  /** What its source must say and it did not, such as `data.message`. */
  missing: string[];
}
