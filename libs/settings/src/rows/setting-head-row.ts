import { bigintColumn, idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far a tenant's tree has come. Its row is held by whoever changes the tree, so changes commit in their order. */
@Entity('setting_heads')
export class SettingHeadRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** Of the latest change. */
  @Column({ name: 'revision', ...bigintColumn, default: 0 })
  revision!: number;
}
