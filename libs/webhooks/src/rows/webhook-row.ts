import { idColumn } from '@annex/database';
import type { Id, JsonObject, SealedValue } from '@annex/kernel';
import type { RunPolicy } from '@annex/runs';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { sealedOf } from './sealed-of.js';

/** Where events go: a webhook that a package defines, or one that the tenant registered. */
@Entity('webhooks')
@Index('webhooks_of_package', ['tenantId', 'installationId', 'name'], {
  unique: true,
  where: 'installation_id IS NOT NULL',
})
@Index('webhooks_of_tenant', ['tenantId', 'name'], {
  unique: true,
  where: '(installation_id IS NULL) AND (deleted_at IS NULL)',
})
export class WebhookRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('webhook') })
  id!: Id<'webhook'>;

  /** `null`: the tenant's own. */
  @Column({ name: 'installation_id', ...idColumn('installation'), nullable: true })
  installationId!: Id<'installation'> | null;

  /** The plugin's slug. */
  @Column({ name: 'plugin', type: 'text', nullable: true })
  plugin!: string | null;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  /** As it was written; a package's may hold `${SECRET:…}`. */
  @Column({ name: 'url', type: 'text' })
  url!: string;

  /** Patterns. */
  @Column({ name: 'events', type: 'jsonb' })
  events!: string[];

  /** A filter that events must pass; `null`: each does. */
  @Column({ name: 'filter', type: 'json', nullable: true })
  filter!: JsonObject | null;

  /** `http`: a webhook. The others: an agent, by how it is asked. */
  @Column({ name: 'transport', type: 'text', default: 'http' })
  transport!: 'http' | 'a2a' | 'llm';

  @Column({ name: 'policy', type: 'jsonb', default: {} })
  policy!: RunPolicy;

  @Column({ name: 'description', type: 'text', nullable: true })
  description!: string | null;

  /** With `nonce` and `ciphertext`: {@link sealed}. */
  @Column({ name: 'key_version', type: 'int', nullable: true })
  keyVersion!: number | null;

  @Column({ name: 'nonce', type: 'bytea', nullable: true })
  nonce!: Buffer | null;

  @Column({ name: 'ciphertext', type: 'bytea', nullable: true })
  ciphertext!: Buffer | null;

  /** Events make deliveries: the tenant's own exists, or the plugin is on and its release declares it. */
  @Column({ name: 'active', type: 'boolean' })
  active!: boolean;

  /** The active release has it. */
  @Column({ name: 'declared', type: 'boolean', default: true })
  declared!: boolean;

  /** Deliveries are skipped, for the reason that `disabledReason` tells. */
  @Column({ name: 'disabled_at', type: 'timestamptz', nullable: true })
  disabledAt!: Date | null;

  @Column({ name: 'disabled_reason', type: 'text', nullable: true })
  disabledReason!: string | null;

  /** Attempts in a row that the endpoint did not take. */
  @Column({ name: 'failures', type: 'int', default: 0 })
  failures!: number;

  @Column({ name: 'failing_since', type: 'timestamptz', nullable: true })
  failingSince!: Date | null;

  @Column({ name: 'last_delivery_id', ...idColumn('delivery'), nullable: true })
  lastDeliveryId!: Id<'delivery'> | null;

  @Column({ name: 'last_attempt_at', type: 'timestamptz', nullable: true })
  lastAttemptAt!: Date | null;

  /** Code of the last attempt’s error; `null`: it was taken. */
  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null;

  /** Its deliveries may still be looked at. */
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt!: Date | null;

  @Column({ name: 'created_by', type: 'text', nullable: true })
  createdBy!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;

  /** The tenant's own secrets and headers, sealed; `null`: a package's, or deleted. */
  get sealed(): SealedValue | null {
    return sealedOf(this);
  }
}
