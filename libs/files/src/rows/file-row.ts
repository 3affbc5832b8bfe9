import { bigintColumn, idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A file of a tenant; its bytes are an object in the store. */
@Entity('files')
export class FileRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'key', type: 'text', collation: 'C' })
  key!: string;

  /** The object of the store that holds its bytes, under a name that no tenant chose. */
  @Column({ name: 'object', type: 'text' })
  object!: string;

  @Column({ name: 'size_bytes', ...bigintColumn })
  sizeBytes!: number;

  @Column({ name: 'content_type', type: 'text' })
  contentType!: string;

  /** Of its bytes, hex. */
  @Column({ name: 'sha256', type: 'text' })
  sha256!: string;

  /** A user, a token, or `plugin:<slug>`; of the bytes as they are now. */
  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** When its bytes were last replaced. */
  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
