import { idColumn, idsColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A sign-in with a password. It belongs to no tenant: one names every user whose password fitted, of whatever tenant.
 */
@Entity('sessions')
@Index('sessions_by_expiry', ['expiresAt'])
@Index('sessions_by_operator', ['operatorId'], { where: 'operator_id IS NOT NULL' })
@Index('sessions_by_user', ['userIds'], { type: 'gin' })
export class SessionRow {
  @PrimaryColumn({ name: 'id', ...idColumn('session') })
  id!: Id<'session'>;

  /** Every user whose password fitted. */
  @Column({ name: 'user_ids', ...idsColumn('user') })
  userIds!: Id<'user'>[];

  @Column({ name: 'operator_id', ...idColumn('user'), nullable: true })
  operatorId!: Id<'user'> | null;

  /** The client's network address, as it signed in. */
  @Column({ name: 'address', type: 'text' })
  address!: string;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  /** Which password each of `userIds` had, in their order; `null`, in sessions from before versions: unknown. */
  @Column({ name: 'user_versions', type: 'int', array: true, nullable: true })
  userVersions!: number[] | null;

  /** Which password the operator had. */
  @Column({ name: 'operator_version', type: 'int', nullable: true })
  operatorVersion!: number | null;
}
