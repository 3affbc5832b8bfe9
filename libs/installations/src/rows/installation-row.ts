import type { PermissionGrant } from '@annex/host-api';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import type { PluginLogLevel } from '../log-levels.js';
import { idColumn } from '@annex/database';

/**
 * What an installation is doing. `installed`: never enabled yet. `starting`: its `onInit` has to succeed first, and
 * what happens for it waits. `failed`: that did not. `suspended`: stopped by the platform. `uninstalling`: off, told of
 * its end, and erased after that.
 */
export type InstallationStatus =
  'installed' | 'starting' | 'enabled' | 'failed' | 'disabled' | 'suspended' | 'uninstalling';

/** A plugin in a tenant. */
@Entity('installations')
@Index('installations_unfinished', ['status', 'id'], {
  where: "status = ANY (ARRAY['starting'::text, 'uninstalling'::text])",
})
@Index('installations_upgrading', ['id'], { where: 'next_release_id IS NOT NULL' })
@Unique(['tenantId', 'slug'])
export class InstallationRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('installation') })
  id!: Id<'installation'>;

  @Column({ name: 'slug', type: 'text' })
  slug!: string;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'status', type: 'text', default: 'installed' })
  status!: InstallationStatus;

  /**
   * Why the platform stopped it, for people: `suspended`, `failed`, or `disabled` because it failed again and again.
   * Else `null`.
   */
  @Column({ name: 'status_reason', type: 'text', nullable: true })
  statusReason!: string | null;

  /** The active release; `null` only inside the transaction that installs. */
  @Column({ name: 'release_id', nullable: true, ...idColumn('release') })
  releaseId!: Id<'release'> | null;

  /** The release that shall take over: its `onInit` runs while the active one serves. `null`: none. */
  @Column({ name: 'next_release_id', nullable: true, ...idColumn('release') })
  nextReleaseId!: Id<'release'> | null;

  @Column({ name: 'next_since', type: 'timestamptz', nullable: true })
  nextSince!: Date | null;

  /** Calls of the next release's `onInit`. */
  @Column({ name: 'next_tries', type: 'int', default: 0 })
  nextTries!: number;

  /** What an admin said yes to, whatever release asked for it. */
  @Column({ name: 'granted', type: 'jsonb', default: [] })
  granted!: PermissionGrant[];

  /** Settings as the tenant made them, defaults not filled in. */
  @Column({ name: 'config', type: 'json', default: {} })
  config!: JsonObject;

  /** Lines of lower levels are not kept. */
  @Column({ name: 'log_level', type: 'text', default: 'debug' })
  logLevel!: PluginLogLevel;

  /** Until when its runs' host calls are kept; `null`, or a moment that has passed: they are not. */
  @Column({ name: 'recording_until', type: 'timestamptz', nullable: true })
  recordingUntil!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
