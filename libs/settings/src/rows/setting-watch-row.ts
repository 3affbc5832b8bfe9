import { bigintColumn, idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A change that a plugin's handler threw at: what it had before is what it goes on with. */
export interface RefusedSetting {
  key: string;
  revision: number;
  code: string;
  message: string;
  /** RFC 3339. */
  at: string;
}

/** Up to where a plugin has heard of its tenant's settings. */
@Entity('setting_watches')
@Index('setting_watches_active', ['tenantId'], { where: 'active' })
export class SettingWatchRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** Of keys. */
  @Column({ name: 'patterns', type: 'text', array: true })
  patterns!: string[];

  /** Its plugin is on. */
  @Column({ name: 'active', type: 'boolean' })
  active!: boolean;

  /** All up to this revision was told, or is none of its. */
  @Column({ name: 'position', ...bigintColumn, default: 0 })
  position!: number;

  /** Up to this revision each key is told once, as it is now. */
  @Column({ name: 'sync_until', ...bigintColumn, default: 0 })
  syncUntil!: number;

  /** Up to this revision it had heard before the sync began: keys that went since are told too. */
  @Column({ name: 'known', ...bigintColumn, default: 0 })
  known!: number;

  /** Of the change that is being told; `null`: none is. */
  @Column({ name: 'pending_revision', ...bigintColumn, nullable: true })
  pendingRevision!: number | null;

  @Column({ name: 'pending_key', type: 'text', nullable: true })
  pendingKey!: string | null;

  /** UUIDs of the runs that tell it. */
  @Column({ name: 'pending_runs', type: 'uuid', array: true, default: () => "'{}'" })
  pendingRuns!: string[];

  /** The latest ones, the newest last. */
  @Column({ name: 'refused', type: 'json', default: [] })
  refused!: RefusedSetting[];
}
