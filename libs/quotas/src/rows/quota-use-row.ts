import { bigintColumn, idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a tenant keeps of a kind, counted by triggers. Several rows add up to one count (ADR 0020). */
@Entity('quota_use')
export class QuotaUseRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'kind', type: 'text' })
  kind!: string;

  /** 0 to 31 count what comes, by connection; 32 to 63 what goes in numbers. */
  @PrimaryColumn({ name: 'shard', type: 'smallint' })
  shard!: number;

  @Column({ name: 'n', ...bigintColumn, default: 0 })
  n!: number;

  @Column({ name: 'bytes', ...bigintColumn, default: 0 })
  bytes!: number;
}
