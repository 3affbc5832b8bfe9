import { idColumn } from '@annex/database';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A replay of many dead letters, or another act on many runs: done portion by portion, whoever dies in between. */
@Entity('dead_letter_replays')
@Index('dead_letter_replays_age', ['finishedAt'], { where: 'finished_at IS NOT NULL' })
@Index('dead_letter_replays_running', ['nextAt'], { where: "status = 'running'::text" })
export class DeadLetterReplayRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('replay') })
  id!: Id<'replay'>;

  @Column({ name: 'action', type: 'text', default: 'dead_letters' })
  action!: 'dead_letters' | 'cancel' | 'replay' | 'discard';

  /** The newest run that an act other than `dead_letters` has looked at; `null`: none yet. */
  @Column({ name: 'came_to', ...idColumn('run'), nullable: true })
  cameTo!: Id<'run'> | null;

  /** Which are meant, with wire names. */
  @Column({ name: 'filter', type: 'json' })
  filter!: JsonObject;

  /** The newest run that it means; later dead letters are none of its business. */
  @Column({ name: 'up_to', ...idColumn('run'), nullable: true })
  upTo!: Id<'run'> | null;

  /** Dead letters that it meant when it was asked for. */
  @Column({ name: 'total', type: 'int' })
  total!: number;

  @Column({ name: 'replayed', type: 'int', default: 0 })
  replayed!: number;

  /** Could not be replayed: gone, or replayed by somebody else. Counted at the end. */
  @Column({ name: 'failed', type: 'int', default: 0 })
  failed!: number;

  @Column({ name: 'status', type: 'text', default: 'running' })
  status!: 'running' | 'done' | 'cancelled';

  /** `queue_full`: it goes on as soon as there is room. */
  @Column({ name: 'waiting_for', type: 'text', nullable: true })
  waitingFor!: string | null;

  @Column({ name: 'actor', type: 'text' })
  actor!: string;

  /** When it goes on. */
  @Column({ name: 'next_at', type: 'timestamptz', default: () => 'now()' })
  nextAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;
}
