import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What is remembered of the events of one rule and key. */
@Entity('event_states')
@Index('event_states_id', ['tenantId', 'id'], { unique: true })
@Index('event_states_firing', ['tenantId', 'firstAt'], { where: "status = 'firing'::text" })
@Index('event_states_ends', ['endsAt'])
export class EventStateRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** `<mapping>/<rule>` */
  @PrimaryColumn({ name: 'rule', type: 'text' })
  rule!: string;

  @PrimaryColumn({ name: 'key', type: 'text' })
  key!: string;

  @Column({ name: 'id', ...idColumn('alert') })
  id!: Id<'alert'>;

  /** `new`: nobody but the transaction that makes it sees it. */
  @Column({ name: 'status', type: 'text' })
  status!: 'new' | 'firing' | 'resolved';

  /** Of its events. */
  @Column({ name: 'type', type: 'text' })
  type!: string;

  /** The last one that went through. */
  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  @Column({ name: 'count', type: 'int', default: 0 })
  count!: number;

  @Column({ name: 'first_at', type: 'timestamptz' })
  firstAt!: Date;

  @Column({ name: 'last_at', type: 'timestamptz' })
  lastAt!: Date;

  /** When an event last went through. */
  @Column({ name: 'passed_at', type: 'timestamptz' })
  passedAt!: Date;

  /** It is over by itself then; a resolved one is forgotten then. */
  @Column({ name: 'ends_at', type: 'timestamptz' })
  endsAt!: Date;

  @Column({ name: 'tells_end', type: 'boolean', default: false })
  tellsEnd!: boolean;

  @Column({ name: 'silenced_until', type: 'timestamptz', nullable: true })
  silencedUntil!: Date | null;

  /** An actor; `null`: an event or its time. */
  @Column({ name: 'resolved_by', type: 'text', nullable: true })
  resolvedBy!: string | null;
}
