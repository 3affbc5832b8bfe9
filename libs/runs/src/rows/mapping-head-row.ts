import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Tells whether the mappings of a tenant are those that somebody knows. */
@Entity('mapping_heads')
export class MappingHeadRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** Another one with each change. */
  @Column({ name: 'revision', type: 'uuid', default: () => 'gen_random_uuid()' })
  revision!: string;
}
