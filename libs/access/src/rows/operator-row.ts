import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { idColumn } from '@annex/database';

/** A person who may act in every tenant. */
@Entity('operators')
export class OperatorRow {
  @PrimaryColumn({ name: 'id', ...idColumn('user') })
  id!: Id<'user'>;

  @Column({ name: 'email', type: 'text' })
  email!: string;

  @Column({ name: 'password_hash', type: 'text', nullable: true })
  passwordHash!: string | null;

  @Column({ name: 'credential_version', type: 'int', default: 1 })
  credentialVersion!: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
