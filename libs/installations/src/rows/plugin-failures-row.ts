import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What an installation failed in a row by its own fault; no row: its last run went well. */
@Entity('plugin_failures')
export class PluginFailuresRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** Attempts that failed, those that were tried again included. */
  @Column({ name: 'attempts', type: 'int', default: 0 })
  attempts!: number;

  /** Runs that failed for good. */
  @Column({ name: 'runs', type: 'int', default: 0 })
  runs!: number;

  @Column({ name: 'since', type: 'timestamptz', default: () => 'now()' })
  since!: Date;

  @Column({ name: 'last_at', type: 'timestamptz', default: () => 'now()' })
  lastAt!: Date;

  @Column({ name: 'last_run_id', ...idColumn('run') })
  lastRunId!: Id<'run'>;

  @Column({ name: 'last_error', type: 'json' })
  lastError!: { code: string; message: string };
}
