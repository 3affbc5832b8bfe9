import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import type { BundleReach } from '@annex/manifest';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What the code of a release can reach, as reading it told at upload. Apart from releases, since only the permission
 * screen asks for it.
 */
@Entity('release_reach')
export class ReleaseReachRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'release_id', ...idColumn('release') })
  releaseId!: Id<'release'>;

  @Column({ name: 'reach', type: 'json' })
  reach!: BundleReach;
}
