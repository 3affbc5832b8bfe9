import { idColumn } from '@annex/database';
import type { Id, JsonObject, SealedValue } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { sealedOf } from './sealed-of.js';

/** Who may send to `POST /hooks/:tenant/:source`, and how it signs. */
@Entity('hook_sources')
export class HookSourceRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'source', type: 'text' })
  source!: string;

  @Column({ name: 'preset', type: 'text' })
  preset!: string;

  /** Where the signature stands; `null`: where the preset says. */
  @Column({ name: 'header', type: 'text', nullable: true })
  header!: string | null;

  @Column({ name: 'tolerance_s', type: 'int', default: 300 })
  toleranceS!: number;

  /** With `nonce` and `ciphertext`: {@link sealed}. */
  @Column({ name: 'key_version', type: 'int', nullable: true })
  keyVersion!: number | null;

  @Column({ name: 'nonce', type: 'bytea', nullable: true })
  nonce!: Buffer | null;

  @Column({ name: 'ciphertext', type: 'bytea', nullable: true })
  ciphertext!: Buffer | null;

  /** To the minute. */
  @Column({ name: 'last_received_at', type: 'timestamptz', nullable: true })
  lastReceivedAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;

  /** What else its sender's ways need; their meaning is the reader's. */
  @Column({ name: 'options', type: 'jsonb', default: {} })
  options!: JsonObject;

  /** The secrets, sealed; `null` for a source that does not sign. */
  get sealed(): SealedValue | null {
    return sealedOf(this);
  }
}
