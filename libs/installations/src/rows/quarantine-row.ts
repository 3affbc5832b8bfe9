import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** Code that nobody may run. Not tenant data. */
@Entity('quarantines')
@Unique(['slug'])
@Unique(['sha256'])
export class QuarantineRow {
  @PrimaryColumn({ name: 'id', ...idColumn('quarantine') })
  id!: Id<'quarantine'>;

  /** Every release of it; `null`: one archive alone. */
  @Column({ name: 'slug', type: 'text', nullable: true })
  slug!: string | null;

  /** The archive; `null`: every release of a slug. */
  @Column({ name: 'sha256', type: 'text', nullable: true })
  sha256!: string | null;

  @Column({ name: 'reason', type: 'text' })
  reason!: string;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
