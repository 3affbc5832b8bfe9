import { bigintColumn, idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a tenant's files come to; the lock under which they are counted, too. */
@Entity('file_usage')
export class FileUsageRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @Column({ name: 'size_bytes', ...bigintColumn, default: 0 })
  sizeBytes!: number;

  @Column({ name: 'files', ...bigintColumn, default: 0 })
  files!: number;
}
