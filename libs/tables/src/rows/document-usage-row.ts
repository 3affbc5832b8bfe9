import { bigintColumn, idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How much a tenant keeps in all of its tables together. */
@Entity('document_usage')
export class DocumentUsageRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @Column({ name: 'tables', type: 'int', default: 0 })
  tables!: number;

  @Column({ name: 'documents', ...bigintColumn, default: 0 })
  documents!: number;

  @Column({ name: 'bytes', ...bigintColumn, default: 0 })
  bytes!: number;
}
