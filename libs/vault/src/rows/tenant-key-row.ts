import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A tenant's data key, wrapped by a key-encryption key. */
@Entity('tenant_keys')
export class TenantKeyRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'version', type: 'int' })
  version!: number;

  /** Which key-encryption key. */
  @Column({ name: 'kek_id', type: 'text' })
  kekId!: string;

  @Column({ name: 'wrapped', type: 'bytea' })
  wrapped!: Buffer;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
