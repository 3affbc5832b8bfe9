import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { idColumn } from '@annex/database';

/** A secret as it is kept: readable only with its tenant's data key. */
@Entity('secrets')
export class SecretRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** `null`: tenant-wide. Part of the key all the same, since nulls are not distinct there. */
  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'> | null;

  @PrimaryColumn({ name: 'name', type: 'text' })
  name!: string;

  /** Counts up with each new value; part of the associated data. */
  @Column({ name: 'version', type: 'int' })
  version!: number;

  /** Which of the tenant's data keys. */
  @Column({ name: 'key_version', type: 'int' })
  keyVersion!: number;

  @Column({ name: 'nonce', type: 'bytea' })
  nonce!: Buffer;

  /** AES-256-GCM with the tag at its end. */
  @Column({ name: 'ciphertext', type: 'bytea' })
  ciphertext!: Buffer;

  @Column({ name: 'allowed_hosts', type: 'jsonb' })
  allowedHosts!: string[];

  @Column({ name: 'updated_by', type: 'text', nullable: true })
  updatedBy!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
