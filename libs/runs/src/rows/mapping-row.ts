import { idColumn } from '@annex/database';
import type { MappingDefinition } from '@annex/events';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A mapping that is in force. */
@Entity('mappings')
@Index('mappings_of_package', ['tenantId', 'installationId'], { where: 'installation_id IS NOT NULL' })
export class MappingRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** Of a package: `<slug>.<file>`. */
  @PrimaryColumn({ name: 'name', type: 'text' })
  name!: string;

  /** `null`: the tenant's own. */
  @Column({ name: 'installation_id', ...idColumn('installation'), nullable: true })
  installationId!: Id<'installation'> | null;

  @Column({ name: 'plugin', type: 'text', nullable: true })
  plugin!: string | null;

  /** One more with each change. */
  @Column({ name: 'version', type: 'int', default: 1 })
  version!: number;

  /** As it was written. */
  @Column({ name: 'document', type: 'json' })
  document!: JsonObject;

  @Column({ name: 'definition', type: 'json' })
  definition!: MappingDefinition;

  @Column({ name: 'created_by', type: 'text', nullable: true })
  createdBy!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
