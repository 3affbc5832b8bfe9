/** Mail that plugins send: what went out, what waits to be looked at, and what failed. */
import { uuidFromId, type Id } from '@annex/kernel';
import { storableText, type TenantTransaction } from '@annex/database';
import { saidOf } from '@annex/quotas';
import { LessThan } from 'typeorm';
import { MailAttachmentRow } from './mail-attachment-row.js';
import { MailRow, type MailStatus } from './mail-row.js';

/** Something attached to a mail. */
export interface MailAttachment extends Pick<MailAttachmentRow, 'filename' | 'contentType'> {
  bytes: Uint8Array;
}

/** A mail as it is written down. */
export type NewMail = Pick<
  MailRow,
  | 'id'
  | 'installationId'
  | 'plugin'
  | 'runId'
  | 'dedupeKey'
  | 'messageId'
  | 'sender'
  | 'recipients'
  | 'subject'
  | 'sizeBytes'
>;

/**
 * Takes a mail on to send it: writes its row, or takes an earlier try over that failed or has been silent for `leaseS`
 * seconds. Otherwise the mail is already sent, kept, or being sent: `taken` is false and nothing changed.
 */
export async function takeMail(
  tx: TenantTransaction,
  mail: NewMail,
  leaseS: number,
): Promise<{ taken: boolean; id: Id<'mail'>; status: MailStatus; messageId: string }> {
  const [row] = await tx.rows(
    MailRow,
    `insert into mails as have (tenant_id, id, installation_id, plugin, run_id, dedupe_key, message_id, status, sender,
       recipients, subject, size_bytes)
     values ($1, $2, $3, $4, $5, $6, $7, 'sending', $8, $9, $10, $11)
     on conflict (tenant_id, dedupe_key) do update
     set status = 'sending', error = null, run_id = excluded.run_id, updated_at = now()
     where have.status = 'failed' or (have.status = 'sending' and have.updated_at < now() - make_interval(secs => $12))
     returning id, message_id`,
    [
      tx.tenantUuid,
      uuidFromId(mail.id),
      uuidFromId(mail.installationId),
      mail.plugin,
      uuidFromId(mail.runId),
      mail.dedupeKey,
      mail.messageId,
      mail.sender,
      JSON.stringify(mail.recipients),
      storableText(mail.subject),
      mail.sizeBytes,
      leaseS,
    ],
  );
  if (row) return { taken: true, id: row.id, status: 'sending', messageId: row.messageId };
  const { id, status, messageId } = await tx.repository(MailRow).findOneOrFail({
    select: { id: true, status: true, messageId: true },
    where: { tenantId: tx.tenantId, dedupeKey: mail.dedupeKey },
  });
  return { taken: false, id, status, messageId };
}

/** Says how a mail that was taken on ended. */
export async function endMail(
  tx: TenantTransaction,
  id: Id<'mail'>,
  end: { status: 'sent' } | { status: 'failed'; error: { code: string; message: string } },
): Promise<void> {
  await tx
    .repository(MailRow)
    .update(
      { tenantId: tx.tenantId, id },
      { status: end.status, error: end.status === 'failed' ? end.error : null, updatedAt: () => 'now()' },
    );
}

/** Keeps a mail that was taken on with all that is in it. */
export async function keepMail(
  tx: TenantTransaction,
  id: Id<'mail'>,
  content: { text: string | null; html: string | null; attachments: readonly MailAttachment[] },
): Promise<void> {
  const stored = (text: string | null): string | null => (text === null ? null : storableText(text));
  await tx
    .repository(MailRow)
    .update(
      { tenantId: tx.tenantId, id },
      { status: 'kept', text: stored(content.text), html: stored(content.html), updatedAt: () => 'now()' },
    );
  for (const [ordinal, { filename, contentType, bytes }] of content.attachments.entries())
    await tx.repository(MailAttachmentRow).insert({
      tenantId: tx.tenantId,
      mailId: id,
      ordinal,
      filename: storableText(filename),
      contentType,
      bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    });
}

/** What the tenant's kept mail comes to, in bytes; `max`: what the operator says of this tenant alone, if anything. */
export async function keptMailBytes(tx: TenantTransaction): Promise<{ bytes: number; max: number | null }> {
  const [row] = await tx.query<{ bytes: string | null; max: string | null }>(
    `select (select sum(size_bytes) from mails where tenant_id = $1 and status = 'kept') as bytes,
       ${saidOf('kept_mail_bytes')} as max`,
    [tx.tenantUuid],
  );
  return { bytes: Number(row?.bytes ?? 0), max: typeof row?.max === 'string' ? Number(row.max) : null };
}

/** What lists show of a mail: all but its texts. */
const listed = {
  id: true,
  installationId: true,
  plugin: true,
  runId: true,
  messageId: true,
  status: true,
  sender: true,
  recipients: true,
  subject: true,
  sizeBytes: true,
  error: true,
  createdAt: true,
} as const;

/** A mail as lists show it. */
export type ListedMail = Pick<MailRow, keyof typeof listed>;

/** Mails, newest first. `before`: the last id of the page before. */
export function listMails(
  tx: TenantTransaction,
  {
    status,
    plugin,
    before,
    limit,
  }: { status?: MailStatus | undefined; plugin?: string | undefined; before?: Id<'mail'> | undefined; limit: number },
): Promise<ListedMail[]> {
  return tx.repository(MailRow).find({
    select: listed,
    where: {
      tenantId: tx.tenantId,
      ...(status !== undefined && { status }),
      ...(plugin !== undefined && { plugin }),
      ...(before && { id: LessThan(before) }),
    },
    order: { id: 'DESC' },
    take: limit,
  });
}

/** One mail with its texts and what is attached, or `undefined`. */
export async function findMail(
  tx: TenantTransaction,
  id: Id<'mail'>,
): Promise<
  (MailRow & { attachments: (Pick<MailAttachmentRow, 'filename' | 'contentType'> & { size: number })[] }) | undefined
> {
  const mail = await tx.repository(MailRow).findOneBy({ tenantId: tx.tenantId, id });
  if (!mail) return undefined;
  const attachments = await tx.rows<
    MailAttachmentRow,
    Pick<MailAttachmentRow, 'filename' | 'contentType'> & { size: number }
  >(
    MailAttachmentRow,
    `select filename, content_type, octet_length(bytes) as size from mail_attachments
     where tenant_id = $1 and mail_id = $2 order by ordinal`,
    [tx.tenantUuid, uuidFromId(id)],
  );
  return { ...mail, attachments };
}

/** Something attached to a kept mail, by its place from 0; or `null`. */
export function findMailAttachment(
  tx: TenantTransaction,
  id: Id<'mail'>,
  ordinal: number,
): Promise<MailAttachmentRow | null> {
  return tx.repository(MailAttachmentRow).findOneBy({ tenantId: tx.tenantId, mailId: id, ordinal });
}

/** Removes a mail's row and what it kept; answers whether there was one. */
export async function deleteMail(tx: TenantTransaction, id: Id<'mail'>): Promise<boolean> {
  const { affected } = await tx.repository(MailRow).delete({ tenantId: tx.tenantId, id });
  return affected === 1;
}
