import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A plugin that was uninstalled, for as long as its runs are kept. */
@Entity('uninstalled')
@Index('uninstalled_by_slug', ['tenantId', 'slug', 'at'])
@Index('uninstalled_due', ['nextAt'])
export class UninstalledRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** When it went. */
  @Column({ name: 'at', type: 'timestamptz', default: () => 'now()' })
  at!: Date;

  /** When to look for leftovers again. */
  @Column({ name: 'next_at', type: 'timestamptz', default: () => 'now()' })
  nextAt!: Date;

  @Column({ name: 'slug', type: 'text', default: '' })
  slug!: string;

  @Column({ name: 'name', type: 'text', default: '' })
  name!: string;
}
