import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When it was last looked what stands: one row, whose lock is the turn. Not tenant data. */
@Entity('notice_looks')
export class NoticeLookRow {
  @PrimaryColumn({ name: 'only_row', type: 'boolean', default: true })
  onlyRow!: boolean;

  @Column({ name: 'looked_at', type: 'timestamptz', default: () => "'-infinity'" })
  lookedAt!: Date;
}
