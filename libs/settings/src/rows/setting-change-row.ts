import { bigintColumn, idColumn } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One change of a tenant's tree. Revisions have no gaps: one that is rolled back takes its number with it. */
@Entity('setting_changes')
@Index('setting_changes_by_age', ['at'], { type: 'brin' })
export class SettingChangeRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'revision', ...bigintColumn })
  revision!: number;

  @Column({ name: 'key', type: 'text' })
  key!: string;

  @Column({ name: 'op', type: 'text' })
  op!: 'put' | 'delete';

  /** `null`: it is gone, or holds the JSON value `null`; `op` tells. */
  @Column({ name: 'value', type: 'json', nullable: true })
  value!: Json | null;

  /** What was there before; `null`: nothing. */
  @Column({ name: 'previous', type: 'json', nullable: true })
  previous!: Json | null;

  @Column({ name: 'actor', type: 'text', nullable: true })
  actor!: string | null;

  @Column({ name: 'at', type: 'timestamptz', default: () => 'now()' })
  at!: Date;
}
