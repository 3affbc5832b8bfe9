import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import type { RunPolicy } from '@annex/runs';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A handler of an enabled installation that wants events. */
@Entity('subscriptions')
export class SubscriptionRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  @PrimaryColumn({ name: 'pattern', type: 'text' })
  pattern!: string;

  /** Which of several handlers with the same pattern, from 0. */
  @PrimaryColumn({ name: 'ordinal', type: 'int' })
  ordinal!: number;

  /** The plugin's slug. */
  @Column({ name: 'plugin', type: 'text' })
  plugin!: string;

  @Column({ name: 'policy', type: 'jsonb' })
  policy!: RunPolicy;

  /** A filter on the event, as JSON, which passes before a run is made; `null`: each does. */
  @Column({ name: 'filter', type: 'json', nullable: true })
  filter!: object | null;
}
