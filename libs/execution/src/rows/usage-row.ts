import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How much of a metric an installation used on one UTC day. */
@Entity('usage')
export class UsageRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** UTC date, `2026-01-31`. */
  @PrimaryColumn({ name: 'day', type: 'date' })
  day!: string;

  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** Such as `runs`, `cpu_ms`, `http_calls`. */
  @PrimaryColumn({ name: 'metric', type: 'text' })
  metric!: string;

  @Column({ name: 'value', type: 'float8', default: 0 })
  value!: number;
}
