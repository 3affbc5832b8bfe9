import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An object that no row of `files` names: being written, or to be removed. It outlives its tenant. */
@Entity('file_objects')
@Index('file_objects_due', ['dueAt'])
export class FileObjectRow {
  @PrimaryColumn({ name: 'object', type: 'text' })
  object!: string;

  /** The tenant whose transactions may see it. */
  @Column({ name: 'owner', ...idColumn('tenant') })
  owner!: Id<'tenant'>;

  /** From then on it may be removed. */
  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt!: Date;
}
