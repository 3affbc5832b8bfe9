import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** How the latest mail of an invitation went; `none`: none was sent. */
export type InvitationMail = 'sent' | 'failed' | 'none';

/** Somebody who is asked into a tenant. Whoever holds the token makes the user. */
@Entity('invitations')
@Index('invitations_token', ['tokenHash'], { unique: true })
export class InvitationRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('invitation') })
  id!: Id<'invitation'>;

  @Column({ name: 'email', type: 'text' })
  email!: string;

  @Column({ name: 'role', type: 'text' })
  role!: string;

  /** SHA-256 of the token. */
  @Column({ name: 'token_hash', type: 'bytea' })
  tokenHash!: Buffer;

  /** An actor. */
  @Column({ name: 'invited_by', type: 'text' })
  invitedBy!: string;

  /** The user behind it; `null`: an operator. */
  @Column({ name: 'inviter_id', ...idColumn('user'), nullable: true })
  inviterId!: Id<'user'> | null;

  /** Tokens that were made for it. */
  @Column({ name: 'sends', type: 'int', default: 1 })
  sends!: number;

  @Column({ name: 'mail', type: 'text', default: 'none' })
  mail!: InvitationMail;

  /** When a mail server took the latest mail. */
  @Column({ name: 'sent_at', type: 'timestamptz', nullable: true })
  sentAt!: Date | null;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  @Column({ name: 'accepted_at', type: 'timestamptz', nullable: true })
  acceptedAt!: Date | null;

  /** Who it became. */
  @Column({ name: 'user_id', ...idColumn('user'), nullable: true })
  userId!: Id<'user'> | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
