import { bigintColumn, idColumn } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One key of a tenant's tree, as it is now. */
@Entity('settings')
@Index('settings_by_revision', ['tenantId', 'revision'])
export class SettingRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'key', type: 'text', collation: 'C' })
  key!: string;

  @Column({ name: 'value', type: 'json' })
  value!: Json;

  /** Of the change that made it so. */
  @Column({ name: 'revision', ...bigintColumn })
  revision!: number;

  /** An actor; `null`: unknown. */
  @Column({ name: 'updated_by', type: 'text', nullable: true })
  updatedBy!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
