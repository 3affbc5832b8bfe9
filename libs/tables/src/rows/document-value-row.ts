import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Entity, PrimaryColumn } from 'typeorm';

/**
 * Where a value of a document is found: one row for each text, number and boolean. Written and asked by the statements
 * in sql/ alone (ADR 0007).
 */
@Entity('document_values')
export class DocumentValueRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'table_name', type: 'text', collation: 'C' })
  tableName!: string;

  /** As index-entries.ts writes it: bytes, whose operators row-level security may use with an index. */
  @PrimaryColumn({ name: 'value', type: 'bytea' })
  value!: Buffer;

  @PrimaryColumn({ name: 'document_id', type: 'uuid' })
  documentId!: string;
}
