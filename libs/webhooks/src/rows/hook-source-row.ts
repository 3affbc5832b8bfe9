import { idColumn } from '@annex/database';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

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

  /** The secrets, sealed; `null` for a source that does not sign. */
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
}
