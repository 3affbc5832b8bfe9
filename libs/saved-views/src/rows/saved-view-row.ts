import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Filters of a list under a name. */
@Entity('saved_views')
export class SavedViewRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'list', type: 'text' })
  list!: string;

  @PrimaryColumn({ name: 'name', type: 'text' })
  name!: string;

  /** As they stand in the console's address. */
  @Column({ name: 'filters', type: 'jsonb' })
  filters!: Record<string, string>;

  /** Who saved it last. */
  @Column({ name: 'saved_by', type: 'text' })
  savedBy!: string;

  @Column({ name: 'saved_at', type: 'timestamptz', default: () => 'now()' })
  savedAt!: Date;
}
