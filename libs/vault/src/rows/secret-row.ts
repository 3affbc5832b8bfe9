import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import { idColumn } from '@annex/database';

/** A secret as it is kept: readable only with its tenant's data key. */
@Entity('secrets')
@Index('secrets_replaced', ['replacedAt'], { where: 'replaced_at IS NOT NULL' })
@Unique(['tenantId', 'installationId', 'name'])
export class SecretRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** `null`: tenant-wide. Part of the key all the same, since nulls are not distinct there. */
  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'> | null;

  @PrimaryColumn({ name: 'name', type: 'text' })
  name!: string;

  /** Counts up with each new value; part of the associated data. */
  @Column({ name: 'version', type: 'int', default: 1 })
  version!: number;

  /** Which of the tenant's data keys. */
  @Column({ name: 'key_version', type: 'int' })
  keyVersion!: number;

  @Column({ name: 'nonce', type: 'bytea' })
  nonce!: Buffer;

  /** AES-256-GCM with the tag at its end. */
  @Column({ name: 'ciphertext', type: 'bytea' })
  ciphertext!: Buffer;

  @Column({ name: 'allowed_hosts', type: 'jsonb', default: [] })
  allowedHosts!: string[];

  /** The value before this one, which goes on signing for a day, sealed as it was; `null`: none, or its day is over. */
  @Column({ name: 'previous_version', type: 'int', nullable: true })
  previousVersion!: number | null;

  @Column({ name: 'previous_key_version', type: 'int', nullable: true })
  previousKeyVersion!: number | null;

  @Column({ name: 'previous_nonce', type: 'bytea', nullable: true })
  previousNonce!: Buffer | null;

  @Column({ name: 'previous_ciphertext', type: 'bytea', nullable: true })
  previousCiphertext!: Buffer | null;

  @Column({ name: 'replaced_at', type: 'timestamptz', nullable: true })
  replacedAt!: Date | null;

  @Column({ name: 'updated_by', type: 'text', nullable: true })
  updatedBy!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
