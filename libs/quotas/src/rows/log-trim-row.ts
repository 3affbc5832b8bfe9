import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Entity, PrimaryColumn } from 'typeorm';

/** A tenant that keeps more log than it may: its oldest lines go. */
@Entity('log_trims')
export class LogTrimRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;
}
