import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One file of a release. */
@Entity('release_files')
export class ReleaseFileRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'release_id', ...idColumn('release') })
  releaseId!: Id<'release'>;

  @PrimaryColumn({ name: 'path', type: 'text' })
  path!: string;

  /** The blob that holds its bytes. */
  @Column({ name: 'sha256', type: 'text' })
  sha256!: string;

  /** Bytes. */
  @Column({ name: 'size', type: 'int' })
  size!: number;
}
