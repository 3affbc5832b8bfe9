import { bigintColumn, idColumn } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a plugin shares with others (`ctx.shared`): its keys begin with the name of the state and a slash. */
@Entity('shared_entries')
@Index('shared_entries_expired', ['expiresAt'], { where: 'expires_at IS NOT NULL' })
export class SharedEntryRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  @PrimaryColumn({ name: 'key', type: 'text', collation: 'C' })
  key!: string;

  @Column({ name: 'value', type: 'json' })
  value!: Json;

  /** From then on it is gone for every reader; its row goes later. */
  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;

  /** Another one with each change. */
  @Column({ name: 'version', ...bigintColumn, default: () => 'annex_now_version()' })
  version!: number;
}
