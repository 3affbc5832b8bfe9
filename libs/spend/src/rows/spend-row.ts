import { bigintColumn, idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a plugin of a tenant used on one closed day; written once. */
@Entity('spend')
@Index('spend_by_day', ['day', 'tenantId'])
export class SpendRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** UTC date, `2026-01-31`. */
  @PrimaryColumn({ name: 'day', type: 'date' })
  day!: string;

  /** The nil UUID: of the tenant as a whole. */
  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** The tenant's slug when the day was closed. */
  @Column({ name: 'tenant', type: 'text' })
  tenant!: string;

  /** `''`: of the tenant as a whole, or nothing is known of it any more. */
  @Column({ name: 'plugin', type: 'text' })
  plugin!: string;

  @Column({ name: 'runs', ...bigintColumn, default: 0 })
  runs!: number;

  @Column({ name: 'failed_runs', ...bigintColumn, default: 0 })
  failedRuns!: number;

  @Column({ name: 'cpu_ms', ...bigintColumn, default: 0 })
  cpuMs!: number;

  @Column({ name: 'wall_ms', ...bigintColumn, default: 0 })
  wallMs!: number;

  @Column({ name: 'host_calls', ...bigintColumn, default: 0 })
  hostCalls!: number;

  @Column({ name: 'http_calls', ...bigintColumn, default: 0 })
  httpCalls!: number;

  /** Bodies of `ctx.http`, sent and received. */
  @Column({ name: 'egress_bytes', ...bigintColumn, default: 0 })
  egressBytes!: number;

  @Column({ name: 'mails', ...bigintColumn, default: 0 })
  mails!: number;

  @Column({ name: 'llm_tokens', ...bigintColumn, default: 0 })
  llmTokens!: number;

  /** Kept when the day was closed. */
  @Column({ name: 'storage_bytes', ...bigintColumn, default: 0 })
  storageBytes!: number;
}
