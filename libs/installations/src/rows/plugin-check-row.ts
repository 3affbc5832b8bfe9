import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The scheduled health checks of one installation. */
@Entity('plugin_checks')
@Index('plugin_checks_due', ['nextAt'], { where: 'active' })
export class PluginCheckRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** What the manifest says, in seconds. */
  @Column({ name: 'interval_s', type: 'int' })
  intervalS!: number;

  /** The plugin is enabled. */
  @Column({ name: 'active', type: 'boolean', default: true })
  active!: boolean;

  @Column({ name: 'next_at', type: 'timestamptz', default: () => 'now()' })
  nextAt!: Date;

  @Column({ name: 'status', type: 'text', default: 'unknown' })
  status!: CheckedStatus;

  /** When `status` became what it is. */
  @Column({ name: 'since', type: 'timestamptz', default: () => 'now()' })
  since!: Date;

  /** Checks that failed in a row. */
  @Column({ name: 'failures', type: 'int', default: 0 })
  failures!: number;

  /** When the last check ended; `null`: there was none. */
  @Column({ name: 'checked_at', type: 'timestamptz', nullable: true })
  checkedAt!: Date | null;

  /** Why the last check failed; `null`: it did not. */
  @Column({ name: 'last_error', type: 'json', nullable: true })
  lastError!: CheckError | null;
}

/** What the last checks said: see libs/installations/src/health.ts. */
export type CheckedStatus = 'unknown' | 'healthy' | 'degraded' | 'unhealthy';

/** Why a check failed: the code and message of its run. */
export interface CheckError {
  code: string;
  message: string;
}
