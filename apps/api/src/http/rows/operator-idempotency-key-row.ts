import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * As `IdempotencyKeyRow`, of a request that belongs to no tenant: an operator's own, or a person's about themselves.
 */
@Entity('operator_idempotency_keys')
@Index('operator_idempotency_keys_age', ['createdAt'])
export class OperatorIdempotencyKeyRow {
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
