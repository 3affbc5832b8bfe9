import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Who an identity provider knows a user as. */
@Entity('identities')
@Index('identities_by_subject', ['issuer', 'subject', 'tenantId'], { unique: true })
export class IdentityRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'user_id', ...idColumn('user') })
  userId!: Id<'user'>;

  @PrimaryColumn({ name: 'issuer', type: 'text' })
  issuer!: string;

  @Column({ name: 'subject', type: 'text' })
  subject!: string;

  /** The provider's claims made the user, and say what it may do. */
  @Column({ name: 'managed', type: 'boolean' })
  managed!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
