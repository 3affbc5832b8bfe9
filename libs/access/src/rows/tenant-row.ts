import { tenantLimits } from '@annex/limits';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import { idColumn } from '@annex/database';

/** How much of a tenant stands still: everything, so that its people cannot enter either, or background work alone. */
export type SuspensionScope = 'everything' | 'background';

/** A tenant: owns everything below it. */
@Entity('tenants')
@Index('tenants_to_erase', ['eraseAfter'], { where: 'erase_after IS NOT NULL' })
@Index('tenants_at_rest', ['id'], { where: 'at_rest' })
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

  /** Since when an operator keeps it at a standstill; `null`: it goes on. */
  @Column({ name: 'suspended_at', type: 'timestamptz', nullable: true })
  suspendedAt!: Date | null;

  @Column({ name: 'suspended_by', type: 'text', nullable: true })
  suspendedBy!: string | null;

  /** What its people are told. */
  @Column({ name: 'suspend_reason', type: 'text', nullable: true })
  suspendReason!: string | null;

  /** `background`: only that nothing is started in the background. */
  @Column({ name: 'suspend_scope', type: 'text', nullable: true })
  suspendScope!: SuspensionScope | null;

  /** Nothing of it is started: it was deleted, or is suspended. PostgreSQL works it out. */
  @Column({
    name: 'at_rest',
    type: 'boolean',
    default: () => '((erase_after IS NOT NULL) OR (suspended_at IS NOT NULL))',
    insert: false,
    update: false,
    select: false,
  })
  isAtRest!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
