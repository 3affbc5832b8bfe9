import { bigintColumn, idColumn } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import type { SourceType } from '@annex/manifest';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a source's declaration says of it. */
export interface SourceSpec {
  /** The name in the manifest; the tenant's own: its name. */
  name: string;
  schedule: string | null;
  timezone: string;
  auth: Json;
  /** Name of the secret that senders bring along when they ask first (`hub.verify_token`); `null`: none. */
  verifyToken?: string | null;
  with: { [key: string]: Json };
  events: string[];
  require: string[];
  timeoutMs: number | null;
}

/** Where events come from: one row is the source, its cursor and who holds it. */
@Entity('sources')
@Index('sources_by_name', ['tenantId', 'name'], { unique: true })
@Index('sources_of_installation', ['tenantId', 'installationId'], { where: 'installation_id IS NOT NULL' })
@Index('sources_due', ['nextAt'], { where: 'active AND (NOT paused) AND (next_at IS NOT NULL)' })
export class SourceRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('source') })
  id!: Id<'source'>;

  /** Of a package: `<slug>.<name>`. */
  @Column({ name: 'name', type: 'text' })
  name!: string;

  /** `null`: the tenant's own. */
  @Column({ name: 'installation_id', ...idColumn('installation'), nullable: true })
  installationId!: Id<'installation'> | null;

  @Column({ name: 'type', type: 'text' })
  type!: SourceType;

  @Column({ name: 'spec', type: 'jsonb' })
  spec!: SourceSpec;

  /** It is declared and its plugin is on; the tenant's own: somebody enabled it. */
  @Column({ name: 'active', type: 'boolean' })
  active!: boolean;

  /** The active release has it. */
  @Column({ name: 'declared', type: 'boolean', default: true })
  declared!: boolean;

  @Column({ name: 'paused', type: 'boolean', default: false })
  paused!: boolean;

  /** Where to go on; `null`: at the beginning. */
  @Column({ name: 'cursor', type: 'json', nullable: true })
  cursor!: Json | null;

  /** Goes up whenever the cursor gets another owner: who knows an older one writes nothing. */
  @Column({ name: 'token', ...bigintColumn, default: 0 })
  token!: number;

  /** The release whose `initialize` has succeeded. */
  @Column({ name: 'initialized_for', ...idColumn('release'), nullable: true })
  initializedFor!: Id<'release'> | null;

  /** When to poll or to open the connection; `null`: nothing is due. */
  @Column({ name: 'next_at', type: 'timestamptz', nullable: true })
  nextAt!: Date | null;

  /** The worker that holds the connection. */
  @Column({ name: 'owner', type: 'text', nullable: true })
  owner!: string | null;

  @Column({ name: 'lease_until', type: 'timestamptz', nullable: true })
  leaseUntil!: Date | null;

  /** When the connection broke, the latest times. */
  @Column({ name: 'restarted_at', type: 'timestamptz', array: true, default: () => "'{}'" })
  restartedAt!: Date[];

  /** It broke too often, and waits for somebody. */
  @Column({ name: 'failed_at', type: 'timestamptz', nullable: true })
  failedAt!: Date | null;

  /** Of the connection: `{ code, message }`; `null`: none since it was opened. */
  @Column({ name: 'last_error', type: 'json', nullable: true })
  lastError!: { code: string; message: string } | null;

  @Column({ name: 'last_error_at', type: 'timestamptz', nullable: true })
  lastErrorAt!: Date | null;

  /** When something was taken, be it nothing. */
  @Column({ name: 'last_batch_at', type: 'timestamptz', nullable: true })
  lastBatchAt!: Date | null;

  @Column({ name: 'last_event_at', type: 'timestamptz', nullable: true })
  lastEventAt!: Date | null;

  @Column({ name: 'events', ...bigintColumn, default: 0 })
  events!: number;

  @Column({ name: 'duplicates', ...bigintColumn, default: 0 })
  duplicates!: number;

  @Column({ name: 'rejected', ...bigintColumn, default: 0 })
  rejected!: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
