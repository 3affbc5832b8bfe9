import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A day that is closed. Not tenant data. */
@Entity('spend_days')
export class SpendDayRow {
  /** UTC date. */
  @PrimaryColumn({ name: 'day', type: 'date' })
  day!: string;

  @Column({ name: 'closed_at', type: 'timestamptz', default: () => 'now()' })
  closedAt!: Date;
}
