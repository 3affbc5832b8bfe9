import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** `sending`: under way. `kept`: there is no mail server, so it is kept whole. */
export type MailStatus = 'sending' | 'sent' | 'kept' | 'failed';

export interface MailRecipients {
  to: string[];
  cc: string[];
  bcc: string[];
  reply_to: string | null;
}

/** A mail that a plugin sends: what went out, what waits to be looked at, and what failed. */
@Entity('mails')
@Index('mails_by_age', ['createdAt'], { type: 'brin' })
@Index('mails_by_installation', ['tenantId', 'installationId'])
@Unique(['tenantId', 'dedupeKey'])
export class MailRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'id', ...idColumn('mail') })
  id!: Id<'mail'>;

  @Column({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** The plugin's slug. */
  @Column({ name: 'plugin', type: 'text' })
  plugin!: string;

  @Column({ name: 'run_id', ...idColumn('run') })
  runId!: Id<'run'>;

  /** The same mail of the same run, or with the same idempotency key, is one mail. */
  @Column({ name: 'dedupe_key', type: 'text' })
  dedupeKey!: string;

  @Column({ name: 'message_id', type: 'text' })
  messageId!: string;

  @Column({ name: 'status', type: 'text' })
  status!: MailStatus;

  @Column({ name: 'sender', type: 'text' })
  sender!: string;

  @Column({ name: 'recipients', type: 'jsonb' })
  recipients!: MailRecipients;

  @Column({ name: 'subject', type: 'text' })
  subject!: string;

  /** Of kept mail only, as `html` is. */
  @Column({ name: 'text', type: 'text', nullable: true })
  text!: string | null;

  @Column({ name: 'html', type: 'text', nullable: true })
  html!: string | null;

  @Column({ name: 'size_bytes', type: 'int' })
  sizeBytes!: number;

  /** Of the last try. */
  @Column({ name: 'error', type: 'jsonb', nullable: true })
  error!: { code: string; message: string } | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
