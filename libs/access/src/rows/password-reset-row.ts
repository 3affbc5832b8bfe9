import { idsColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A link that gives a new password. It belongs to no tenant: one names every user of the address. */
@Entity('password_resets')
@Index('password_resets_by_user', ['userIds'], { type: 'gin' })
@Index('password_resets_by_expiry', ['expiresAt'])
export class PasswordResetRow {
  /** SHA-256 of the token. */
  @PrimaryColumn({ name: 'token_hash', type: 'bytea' })
  tokenHash!: Buffer;

  @Column({ name: 'user_ids', ...idsColumn('user') })
  userIds!: Id<'user'>[];

  /** Which password each of `userIds` had, in their order. */
  @Column({ name: 'user_versions', type: 'int', array: true })
  userVersions!: number[];

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;
}
