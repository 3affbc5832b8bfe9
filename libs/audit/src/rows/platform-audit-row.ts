import type { JsonObject } from '@annex/kernel';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** What an operator did to a tenant, kept where the tenant's end does not reach. */
@Entity('platform_audit')
export class PlatformAuditRow {
  /** Grows with time; a decimal number, as text because it may exceed 2^53. */
  @PrimaryGeneratedColumn('identity', { name: 'id', type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column({ name: 'at', type: 'timestamptz', default: () => 'now()' })
  at!: Date;

  /** `usr_…` of an operator, `tok_…`, or `system`. */
  @Column({ name: 'actor', type: 'text' })
  actor!: string;

  /** The operator's, since the account may be gone when somebody asks. */
  @Column({ name: 'email', type: 'text', nullable: true })
  email!: string | null;

  @Column({ name: 'action', type: 'text' })
  action!: string;

  /** The tenant's id. */
  @Column({ name: 'target', type: 'text' })
  target!: string;

  @Column({ name: 'detail', type: 'jsonb', default: {} })
  detail!: JsonObject;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId!: string | null;
}
