import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A file's bytes, by content, so that no name that a tenant chose is ever a name of ours. */
@Entity('blobs')
export class BlobRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** Hex. */
  @PrimaryColumn({ name: 'sha256', type: 'text' })
  sha256!: string;

  @Column({ name: 'bytes', type: 'bytea' })
  bytes!: Buffer;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
