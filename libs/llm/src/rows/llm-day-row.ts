import { bigintColumn, idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Tokens that a tenant's language model calls used or have set aside on one UTC day. Kept only while the operator caps
 * them.
 */
@Entity('llm_days')
export class LlmDayRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'day', type: 'date' })
  day!: string;

  @Column({ name: 'tokens', ...bigintColumn, default: 0 })
  tokens!: number;
}
