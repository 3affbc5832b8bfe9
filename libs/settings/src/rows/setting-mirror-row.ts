import { bigintColumn, idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A prefix of an etcd that is mirrored into a tenant's tree. */
@Entity('setting_mirrors')
export class SettingMirrorRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'prefix', type: 'text' })
  prefix!: string;

  /** What stands in the tree in its place. */
  @Column({ name: 'into_prefix', type: 'text' })
  into!: string;

  /** Of etcd: everything up to it is in the tree; `null`: everything has to be read. */
  @Column({ name: 'revision', type: 'text', nullable: true })
  revision!: string | null;

  /** Demanded by every write; a claim raises it. */
  @Column({ name: 'token', ...bigintColumn, default: 0 })
  token!: number;

  @Column({ name: 'owner', type: 'text', nullable: true })
  owner!: string | null;

  @Column({ name: 'lease_until', type: 'timestamptz', nullable: true })
  leaseUntil!: Date | null;

  /** Of the connection, or of the last value that could not be taken. */
  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null;

  @Column({ name: 'last_error_at', type: 'timestamptz', nullable: true })
  lastErrorAt!: Date | null;

  /** When the tree last was what etcd held. */
  @Column({ name: 'synced_at', type: 'timestamptz', nullable: true })
  syncedAt!: Date | null;

  /** The tree may not be what etcd holds since then; `null`: it is followed. */
  @Column({ name: 'behind_since', type: 'timestamptz', nullable: true })
  behindSince!: Date | null;
}
