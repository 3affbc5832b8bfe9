import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ProcessReport } from '../report.js';

/** A process of Annex. Not tenant data. */
@Entity('processes')
export class ProcessRow {
  /** Another one at each start. */
  @PrimaryColumn({ name: 'id', type: 'text' })
  id!: string;

  @Column({ name: 'role', type: 'text' })
  role!: string;

  @Column({ name: 'host', type: 'text' })
  host!: string;

  @Column({ name: 'pid', type: 'int' })
  pid!: number;

  @Column({ name: 'version', type: 'text' })
  version!: string;

  @Column({ name: 'report', type: 'jsonb' })
  report!: ProcessReport;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt!: Date;

  /** Renewed while it lives. */
  @Column({ name: 'seen_at', type: 'timestamptz', default: () => 'now()' })
  seenAt!: Date;
}
