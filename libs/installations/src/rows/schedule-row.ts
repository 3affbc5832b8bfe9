import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import type { CatchUp, OverlapPolicy } from '@annex/scheduling';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** The schedule of one job of an installation. */
@Entity('schedules')
@Index('schedules_due', ['nextAt'], { where: 'active AND (NOT paused) AND (next_at IS NOT NULL)' })
@Unique(['tenantId', 'installationId', 'name'])
export class ScheduleRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('schedule') })
  id!: Id<'schedule'>;

  @Column({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** The job's name. */
  @Column({ name: 'name', type: 'text' })
  name!: string;

  /** `scheduleSpecHash` of what is in force. */
  @Column({ name: 'spec_hash', type: 'text' })
  specHash!: string;

  /** Cron text in force: the manifest's, or an admin's own. */
  @Column({ name: 'schedule', type: 'text' })
  schedule!: string;

  @Column({ name: 'timezone', type: 'text' })
  timezone!: string;

  /** An admin chose schedule or zone; upgrades leave them alone. */
  @Column({ name: 'overridden', type: 'boolean', default: false })
  overridden!: boolean;

  @Column({ name: 'overlap', type: 'text' })
  overlap!: OverlapPolicy;

  @Column({ name: 'catch_up', type: 'text' })
  catchUp!: CatchUp;

  /** A tick later than this does not run, in seconds; `null`: it always does. */
  @Column({ name: 'misfire_deadline_s', type: 'int', nullable: true })
  misfireDeadlineS!: number | null;

  @Column({ name: 'paused', type: 'boolean', default: false })
  paused!: boolean;

  /** The installation is enabled and its active release has the job. */
  @Column({ name: 'active', type: 'boolean', default: false })
  active!: boolean;

  /** The earliest tick that was not decided yet; `null`: none is to come. */
  @Column({ name: 'next_at', type: 'timestamptz', nullable: true })
  nextAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;

  /** Each tick comes up to this many seconds late. */
  @Column({ name: 'jitter_s', type: 'int', default: 0 })
  jitterS!: number;

  /** Since when it rests because its plugin is not enabled; `null`: it does not. */
  @Column({ name: 'resting_since', type: 'timestamptz', nullable: true })
  restingSince!: Date | null;

  /** Ticks up to then do not run: they fell into a pause or a rest that is over. */
  @Column({ name: 'rested_until', type: 'timestamptz', nullable: true })
  restedUntil!: Date | null;

  /** Which it was. */
  @Column({ name: 'rested_for', type: 'text', nullable: true })
  restedFor!: 'paused' | 'plugin_disabled' | null;
}
