import { bigintColumn } from '@annex/database';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { QuotaName } from '../quotas.js';

/** The operator's word for every tenant, written by each start. */
@Entity('quota_defaults')
export class QuotaDefaultRow {
  @PrimaryColumn({ name: 'name', type: 'text' })
  name!: QuotaName;

  @Column({ name: 'max', ...bigintColumn })
  max!: number;
}
