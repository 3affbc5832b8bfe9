import { bigintColumn, idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { QuotaName } from '../quotas.js';

/** What a tenant used of a quota that counts by UTC day. */
@Entity('quota_days')
export class QuotaDayRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'day', type: 'date' })
  day!: string;

  @PrimaryColumn({ name: 'name', type: 'text' })
  name!: QuotaName;

  @Column({ name: 'used', ...bigintColumn, default: 0 })
  used!: number;
}
