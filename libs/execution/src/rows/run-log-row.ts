import { idColumn } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** How bad a line is, mildest first. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A line that plugin code logged. */
@Entity('run_logs')
@Index('run_logs_by_age', ['time'], { type: 'brin' })
@Index('run_logs_by_installation', ['tenantId', 'installationId', 'id'])
@Index('run_logs_by_run', ['tenantId', 'runId', 'id'])
export class RunLogRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** Grows with the time of writing; a decimal number, as text because it may exceed 2^53. */
  @PrimaryGeneratedColumn('identity', { name: 'id', type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column({ name: 'run_id', ...idColumn('run') })
  runId!: Id<'run'>;

  @Column({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** The plugin's slug. */
  @Column({ name: 'plugin', type: 'text' })
  plugin!: string;

  @Column({ name: 'time', type: 'timestamptz' })
  time!: Date;

  @Column({ name: 'level', type: 'text' })
  level!: LogLevel;

  @Column({ name: 'message', type: 'text' })
  message!: string;

  @Column({ name: 'fields', type: 'json', nullable: true })
  fields!: Json;
}
