import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A key with which a tenant's caller may send a mutation again without doing it twice. */
@Entity('idempotency_keys')
@Index('idempotency_keys_age', ['createdAt'])
export class IdempotencyKeyRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'actor', type: 'text' })
  actor!: string;

  @PrimaryColumn({ name: 'key', type: 'text' })
  key!: string;

  /** A keyed hash of method, path and body. */
  @Column({ name: 'fingerprint', type: 'text' })
  fingerprint!: string;

  /** Counts up when a request that died is taken over: only the latest may complete. */
  @Column({ name: 'claim', type: 'int', default: 1 })
  claim!: number;

  /** `null`: in flight. */
  @Column({ name: 'status', type: 'int', nullable: true })
  status!: number | null;

  @Column({ name: 'headers', type: 'jsonb', nullable: true })
  headers!: Record<string, string> | null;

  @Column({ name: 'body', type: 'text', nullable: true })
  body!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
