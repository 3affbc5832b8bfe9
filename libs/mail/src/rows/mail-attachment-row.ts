import { idColumn } from '@annex/database';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Something attached to a kept mail. */
@Entity('mail_attachments')
export class MailAttachmentRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'mail_id', ...idColumn('mail') })
  mailId!: Id<'mail'>;

  /** Its place, from 0. */
  @PrimaryColumn({ name: 'ordinal', type: 'int' })
  ordinal!: number;

  @Column({ name: 'filename', type: 'text' })
  filename!: string;

  @Column({ name: 'content_type', type: 'text' })
  contentType!: string;

  @Column({ name: 'bytes', type: 'bytea' })
  bytes!: Buffer;
}
