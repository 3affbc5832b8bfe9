import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a plugin counted itself on one UTC day (`ctx.analytics.track`). It stays when the plugin is uninstalled. */
@Entity('tracked')
export class TrackedRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** UTC date, `2026-01-31`. */
  @PrimaryColumn({ name: 'day', type: 'date' })
  day!: string;

  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** What was counted, such as `report_made`. */
  @PrimaryColumn({ name: 'name', type: 'text' })
  name!: string;

  /** The numeric property that is summed; `''`: how often the name came. */
  @PrimaryColumn({ name: 'prop', type: 'text', default: '' })
  prop!: string;

  @Column({ name: 'value', type: 'float8', default: 0 })
  value!: number;
}
