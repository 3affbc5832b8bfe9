import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { idColumn } from '@annex/database';

/** A user of one tenant. The same e-mail address in two tenants is two users. */
@Entity('users')
@Index('users_by_id', ['id'], { unique: true })
export class UserRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('user') })
  id!: Id<'user'>;

  @Column({ name: 'email', type: 'text' })
  email!: string;

  /** What they are called; `null`: by their address. */
  @Column({ name: 'name', type: 'text', nullable: true })
  name!: string | null;

  /** argon2id in PHC form, or `null`: signs in through the identity provider only. */
  @Column({ name: 'password_hash', type: 'text', nullable: true })
  passwordHash!: string | null;

  /** Counts up with each new password; sign-ins that name an older one have ended. */
  @Column({ name: 'credential_version', type: 'int', default: 1 })
  credentialVersion!: number;

  @Column({ name: 'role', type: 'text' })
  role!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
