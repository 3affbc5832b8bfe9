import { bigintColumn, idColumn } from '@annex/database';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An entry of a tenant's audit trail. Append-only, and a chain: each hash covers the one before it. */
@Entity('audit')
export class AuditRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** Its place in the chain, from 1. */
  @PrimaryColumn({ name: 'seq', ...bigintColumn })
  seq!: number;

  @Column({ name: 'at', type: 'timestamptz' })
  at!: Date;

  /** A user's, token's or operator's id, or `system`. */
  @Column({ name: 'actor', type: 'text' })
  actor!: string;

  /** As `<noun>.<verb>`: `plugin.enabled`, `secret.set`. */
  @Column({ name: 'action', type: 'text' })
  action!: string;

  /** On what: an id or name. */
  @Column({ name: 'target', type: 'text', nullable: true })
  target!: string | null;

  /** Never holds a secret’s value. */
  @Column({ name: 'detail', type: 'jsonb', default: {} })
  detail!: JsonObject;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId!: string | null;

  @Column({ name: 'previous_hash', type: 'bytea' })
  previousHash!: Buffer;

  @Column({ name: 'hash', type: 'bytea' })
  hash!: Buffer;
}
