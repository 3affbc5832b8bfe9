import { tenantLimits } from '@annex/limits';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import { idColumn } from '@annex/database';

/** A tenant: owns everything below it. */
@Entity('tenants')
@Index('tenants_to_erase', ['eraseAfter'], { where: 'erase_after IS NOT NULL' })
@Unique(['slug'])
export class TenantRow {
  @PrimaryColumn({ name: 'id', ...idColumn('tenant') })
  id!: Id<'tenant'>;

  @Column({ name: 'slug', type: 'text' })
  slug!: string;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  /** IANA zone in which its people read times; schedules name their own. */
  @Column({ name: 'timezone', type: 'text', default: 'UTC' })
  timezone!: string;

  /** Background runs that it may always have at once; more while others idle. */
  @Column({ name: 'background_concurrency', type: 'int', default: tenantLimits.backgroundRunsAtOnce })
  backgroundConcurrency!: number;

  /** How many turns it gets where one of weight 1 gets one. */
  @Column({ name: 'weight', type: 'int', default: 1 })
  weight!: number;

  /** Limits of this tenant alone, by quota (libs/quotas). */
  @Column({ name: 'quotas', type: 'jsonb', default: {} })
  quotas!: Record<string, number>;

  /** When its end was asked for, and by whom: since then nobody enters it. `null` for a tenant that lives. */
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt!: Date | null;

  @Column({ name: 'deleted_by', type: 'text', nullable: true })
  deletedBy!: string | null;

  /** From when on its rows go; `null` for a tenant that lives. */
  @Column({ name: 'erase_after', type: 'timestamptz', nullable: true })
  eraseAfter!: Date | null;

  /** Since when its rows go; there is no way back from then on. */
  @Column({ name: 'erasing_since', type: 'timestamptz', nullable: true })
  erasingSince!: Date | null;

  /** Rows that went so far, by table: counted with each portion, so that no crash forgets them. */
  @Column({ name: 'erased', type: 'jsonb', default: {} })
  erased!: JsonObject;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
