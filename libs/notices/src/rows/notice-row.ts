import { idColumn } from '@annex/database';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { NoticeChannel, NoticeKind, NoticeLevel } from '../kinds.js';

/** One change that somebody is told, and how far the telling is. */
@Entity('notices')
@Index('notices_by_age', ['createdAt'], { type: 'brin' })
@Index('notices_composed', ['ruleId', 'tenantId', 'channel', 'composedAt'], { where: 'composed_at IS NOT NULL' })
@Index('notices_due', ['nextAttemptAt'], { where: 'next_attempt_at IS NOT NULL' })
@Index('notices_of_message', ['messageId'], { where: 'message_id IS NOT NULL' })
@Index('notices_waiting', ['ruleId', 'tenantId', 'id'], { where: '(message_id IS NULL) AND (failed_at IS NULL)' })
export class NoticeRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('notice') })
  id!: Id<'notice'>;

  /** The nil UUID: the operators'. */
  @Column({ name: 'rule_id', ...idColumn('noticeRule') })
  ruleId!: Id<'noticeRule'>;

  /** The rule's name when it was written. */
  @Column({ name: 'rule', type: 'text' })
  rule!: string;

  @Column({ name: 'channel', type: 'text' })
  channel!: NoticeChannel;

  @Column({ name: 'kind', type: 'text' })
  kind!: NoticeKind;

  @Column({ name: 'subject', type: 'text' })
  subject!: string;

  @Column({ name: 'level', type: 'text' })
  level!: NoticeLevel;

  @Column({ name: 'previous', type: 'text' })
  previous!: NoticeLevel;

  @Column({ name: 'detail', type: 'jsonb' })
  detail!: JsonObject;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** What it goes out in, with others or alone; `null`: it waits for its message. */
  @Column({ name: 'message_id', ...idColumn('notice'), nullable: true })
  messageId!: Id<'notice'> | null;

  @Column({ name: 'composed_at', type: 'timestamptz', nullable: true })
  composedAt!: Date | null;

  @Column({ name: 'attempts', type: 'int', default: 0 })
  attempts!: number;

  /** Of its message; `null`: none follows. */
  @Column({ name: 'next_attempt_at', type: 'timestamptz', nullable: true })
  nextAttemptAt!: Date | null;

  @Column({ name: 'sent_at', type: 'timestamptz', nullable: true })
  sentAt!: Date | null;

  /** Given up. */
  @Column({ name: 'failed_at', type: 'timestamptz', nullable: true })
  failedAt!: Date | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null;
}
