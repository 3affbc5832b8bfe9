import { idColumn } from '@annex/database';
import type { Id, SealedValue } from '@annex/kernel';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { NoticeChannel, NoticeKind } from '../kinds.js';

/** Who is told what, and where. */
@Entity('notice_rules')
@Unique(['tenantId', 'name'])
export class NoticeRuleRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('noticeRule') })
  id!: Id<'noticeRule'>;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'kinds', type: 'text', array: true })
  kinds!: NoticeKind[];

  @Column({ name: 'channel', type: 'text' })
  channel!: NoticeChannel;

  /** Of mail. */
  @Column({ name: 'recipients', type: 'text', array: true, default: () => "'{}'" })
  recipients!: string[];

  /** Where it goes, as people may see it. */
  @Column({ name: 'shown', type: 'text' })
  shown!: string;

  /** Runs of a plugin that fail for good in a row before it is told of. */
  @Column({ name: 'failures', type: 'int' })
  failures!: number;

  @Column({ name: 'max_per_hour', type: 'int' })
  maxPerHour!: number;

  @Column({ name: 'enabled', type: 'boolean' })
  enabled!: boolean;

  /** With `nonce` and `ciphertext`: {@link sealed}. */
  @Column({ name: 'key_version', type: 'int', nullable: true })
  keyVersion!: number | null;

  @Column({ name: 'nonce', type: 'bytea', nullable: true })
  nonce!: Buffer | null;

  @Column({ name: 'ciphertext', type: 'bytea', nullable: true })
  ciphertext!: Buffer | null;

  @Column({ name: 'last_sent_at', type: 'timestamptz', nullable: true })
  lastSentAt!: Date | null;

  /** Of the latest attempt; `null`: it was taken. */
  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null;

  @Column({ name: 'last_error_at', type: 'timestamptz', nullable: true })
  lastErrorAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;

  /** The URL and the signing secret, sealed; `null`: of mail. */
  get sealed(): SealedValue | null {
    const { keyVersion, nonce, ciphertext } = this;
    return keyVersion !== null && nonce && ciphertext ? { keyVersion, nonce, ciphertext } : null;
  }
}
