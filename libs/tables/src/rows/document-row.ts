import { idColumn } from '@annex/database';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A document in a tenant's table. Asked by the statements in sql/ alone (ADR 0007). */
@Entity('documents')
@Index('documents_by_update', ['tenantId', 'tableName', 'updatedAt', 'id'])
export class DocumentRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'table_name', type: 'text', collation: 'C' })
  tableName!: string;

  /** A bare UUIDv7: documents are in the order in which they were made. */
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id!: string;

  @Column({ name: 'data', type: 'jsonb' })
  data!: JsonObject;

  /** Bytes of `data` as text. */
  @Column({ name: 'size', type: 'int' })
  size!: number;

  /** To the millisecond, and the one inside the id. */
  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
