import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A dispatcher that is alive. Not tenant data. */
@Entity('workers')
export class WorkerRow {
  @PrimaryColumn({ name: 'id', type: 'text' })
  id!: string;

  /** Background runs that it takes at once. */
  @Column({ name: 'slots', type: 'int' })
  slots!: number;

  /** Renewed while it lives. */
  @Column({ name: 'seen_at', type: 'timestamptz', default: () => 'now()' })
  seenAt!: Date;
}
