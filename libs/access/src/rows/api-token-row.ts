import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { idColumn } from '@annex/database';

/** An API token: known by its hash only. */
@Entity('api_tokens')
@Index('api_tokens_hash', ['tokenHash'], { unique: true })
export class ApiTokenRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('token') })
  id!: Id<'token'>;

  /** Whose it is; `null` when an operator made it. */
  @Column({ name: 'user_id', nullable: true, ...idColumn('user') })
  userId!: Id<'user'> | null;

  /** The operator whose right to act in every tenant it keeps, if it does. */
  @Column({ name: 'operator_id', nullable: true, ...idColumn('user') })
  operatorId!: Id<'user'> | null;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'role', type: 'text' })
  role!: string;

  /** SHA-256 of the token. */
  @Column({ name: 'token_hash', type: 'bytea' })
  tokenHash!: Buffer;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
