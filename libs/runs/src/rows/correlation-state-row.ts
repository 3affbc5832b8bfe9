import { idColumn } from '@annex/database';
import type { CorrelationState } from '@annex/events';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What is remembered of the events of one correlation and key. */
@Entity('correlation_states')
@Index('correlation_states_ends', ['endsAt'])
export class CorrelationStateRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** `<mapping>/<correlation>` */
  @PrimaryColumn({ name: 'rule', type: 'text' })
  rule!: string;

  @PrimaryColumn({ name: 'key', type: 'text' })
  key!: string;

  @Column({ name: 'seen', type: 'json', nullable: true })
  seen!: CorrelationState['seen'] | null;

  @Column({ name: 'due_at', type: 'timestamptz', nullable: true })
  dueAt!: Date | null;

  @Column({ name: 'closed_until', type: 'timestamptz', nullable: true })
  closedUntil!: Date | null;

  /** When somebody must look: to fire, or to forget it. */
  @Column({ name: 'ends_at', type: 'timestamptz', default: () => 'now()' })
  endsAt!: Date;

  /** Of the event that it makes. */
  @Column({ name: 'depth', type: 'int', default: 0 })
  depth!: number;
}
