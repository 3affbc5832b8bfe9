import { idColumn } from '@annex/database';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The settings of an installation as they were once. */
@Entity('config_revisions')
export class ConfigRevisionRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** Counts up from 0, which is what was there before the first change. */
  @PrimaryColumn({ name: 'revision', type: 'int' })
  revision!: number;

  /** As the tenant made it, defaults not filled in. */
  @Column({ name: 'config', type: 'json' })
  config!: JsonObject;

  /** Whose value became another one. */
  @Column({ name: 'keys', type: 'text', array: true })
  keys!: string[];

  /** Who changed it; `null`: nobody knows. */
  @Column({ name: 'actor', type: 'text', nullable: true })
  actor!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
