/** Mail that plugins send: what went out, what waits to be looked at, and what failed. */
import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import { storableText, type TenantTransaction } from '@annex/database';
import { saidOf } from '@annex/quotas';
import type { MailRecipients, MailStatus } from './mail-row.js';

export interface MailAttachmentRecord {
  filename: string;
  contentType: string;
  bytes: Uint8Array;
}

/** A mail as it is written down. */
export interface NewMail {
  id: Id<'mail'>;
  installationId: Id<'installation'>;
  plugin: string;
  runId: Id<'run'>;
  dedupeKey: string;
  messageId: string;
  sender: string;
  recipients: MailRecipients;
  subject: string;
  sizeBytes: number;
}

export interface MailRecord extends Omit<NewMail, 'dedupeKey'> {
  status: MailStatus;
  text: string | null;
  html: string | null;
  error: { code: string; message: string } | null;
  createdAt: Date;
}

interface Row {
  id: string;
  installation_id: string;
  plugin: string;
  run_id: string;
  message_id: string;
  status: MailStatus;
  sender: string;
  recipients: MailRecipients;
  subject: string;
  text: string | null;
  html: string | null;
  size_bytes: number;
  error: { code: string; message: string } | null;
  created_at: Date;
}

const head =
  'id, installation_id, plugin, run_id, message_id, status, sender, recipients, subject, size_bytes, error, created_at';

const record = (row: Row): MailRecord => ({
  id: idFromUuid('mail', row.id),
  installationId: idFromUuid('installation', row.installation_id),
  plugin: row.plugin,
  runId: idFromUuid('run', row.run_id),
  messageId: row.message_id,
  status: row.status,
  sender: row.sender,
  recipients: row.recipients,
  subject: row.subject,
  text: row.text,
  html: row.html,
  sizeBytes: row.size_bytes,
  error: row.error,
  createdAt: row.created_at,
});

/**
 * Takes a mail on to send it: writes its row, or takes an earlier try over that failed or has been silent for `leaseS`
 * seconds. Otherwise the mail is already sent, kept, or being sent: `taken` is false and nothing changed.
 */
export async function takeMail(
  tx: TenantTransaction,
  mail: NewMail,
  leaseS: number,
): Promise<{ taken: boolean; id: Id<'mail'>; status: MailStatus; messageId: string }> {
  const [row] = await tx.query<{ id: string; message_id: string }>(
    `insert into mails as have (tenant_id, id, installation_id, plugin, run_id, dedupe_key, message_id, status, sender, recipients, subject, size_bytes)
     values ($1, $2, $3, $4, $5, $6, $7, 'sending', $8, $9, $10, $11)
     on conflict (tenant_id, dedupe_key) do update set status = 'sending', error = null, run_id = excluded.run_id, updated_at = now()
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
  if (row) return { taken: true, id: idFromUuid('mail', row.id), status: 'sending', messageId: row.message_id };
  const [known] = await tx.query<Row>(`select ${head} from mails where tenant_id = $1 and dedupe_key = $2`, [
    tx.tenantUuid,
    mail.dedupeKey,
  ]);
  if (!known) throw new Error('a mail that was there is gone');
  return { taken: false, id: idFromUuid('mail', known.id), status: known.status, messageId: known.message_id };
}

/** Says how a mail that was taken on ended. */
export async function endMail(
  tx: TenantTransaction,
  id: Id<'mail'>,
  end: { status: 'sent' } | { status: 'failed'; error: { code: string; message: string } },
): Promise<void> {
  await tx.execute('update mails set status = $3, error = $4, updated_at = now() where tenant_id = $1 and id = $2', [
    tx.tenantUuid,
    uuidFromId(id),
    end.status,
    end.status === 'failed' ? JSON.stringify(end.error) : null,
  ]);
}

/** Keeps a mail that was taken on with all that is in it. */
export async function keepMail(
  tx: TenantTransaction,
  id: Id<'mail'>,
  content: { text: string | null; html: string | null; attachments: readonly MailAttachmentRecord[] },
): Promise<void> {
  const uuid = uuidFromId(id);
  const stored = (text: string | null): string | null => (text === null ? null : storableText(text));
  await tx.execute(
    `update mails set status = 'kept', text = $3, html = $4, updated_at = now() where tenant_id = $1 and id = $2`,
    [tx.tenantUuid, uuid, stored(content.text), stored(content.html)],
  );
  for (const [ordinal, { filename, contentType, bytes }] of content.attachments.entries()) {
    await tx.query(
      'insert into mail_attachments (tenant_id, mail_id, ordinal, filename, content_type, bytes) values ($1, $2, $3, $4, $5, $6)',
      [
        tx.tenantUuid,
        uuid,
        ordinal,
        storableText(filename),
        contentType,
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      ],
    );
  }
}

/** What the tenant's kept mail comes to, in bytes; `max`: what the operator says of this tenant alone, if anything. */
export async function keptMailBytes(tx: TenantTransaction): Promise<{ bytes: number; max: number | null }> {
  const [row] = await tx.query<{ bytes: string | null; max: string | null }>(
    `select (select sum(size_bytes) from mails where tenant_id = $1 and status = 'kept') as bytes, ${saidOf('kept_mail_bytes')} as max`,
    [tx.tenantUuid],
  );
  return { bytes: Number(row?.bytes ?? 0), max: typeof row?.max === 'string' ? Number(row.max) : null };
}

/** Mails, newest first, without their texts. */
export async function listMails(
  tx: TenantTransaction,
  {
    status,
    plugin,
    before,
    limit,
  }: { status?: MailStatus | undefined; plugin?: string | undefined; before?: Id<'mail'> | undefined; limit: number },
): Promise<MailRecord[]> {
  const rows = await tx.query<Row>(
    `select ${head}, null as text, null as html from mails
     where tenant_id = $1 and ($2::text is null or status = $2) and ($3::text is null or plugin = $3) and ($4::uuid is null or id < $4) order by id desc limit $5`,
    [tx.tenantUuid, status ?? null, plugin ?? null, before ? uuidFromId(before) : null, limit],
  );
  return rows.map(record);
}

/** One mail with its texts and what is attached, or `undefined`. */
export async function findMail(
  tx: TenantTransaction,
  id: Id<'mail'>,
): Promise<(MailRecord & { attachments: { filename: string; contentType: string; size: number }[] }) | undefined> {
  const [row] = await tx.query<Row>(`select ${head}, text, html from mails where tenant_id = $1 and id = $2`, [
    tx.tenantUuid,
    uuidFromId(id),
  ]);
  if (!row) return undefined;
  const attachments = await tx.query<{ filename: string; content_type: string; size: number }>(
    'select filename, content_type, octet_length(bytes) as size from mail_attachments where tenant_id = $1 and mail_id = $2 order by ordinal',
    [tx.tenantUuid, uuidFromId(id)],
  );
  return {
    ...record(row),
    attachments: attachments.map(({ filename, content_type, size }) => ({ filename, contentType: content_type, size })),
  };
}

/** The bytes of something attached to a kept mail, by its place from 0; or `undefined`. */
export async function findMailAttachment(
  tx: TenantTransaction,
  id: Id<'mail'>,
  ordinal: number,
): Promise<MailAttachmentRecord | undefined> {
  const [row] = await tx.query<{ filename: string; content_type: string; bytes: Buffer }>(
    'select filename, content_type, bytes from mail_attachments where tenant_id = $1 and mail_id = $2 and ordinal = $3',
    [tx.tenantUuid, uuidFromId(id), ordinal],
  );
  return row && { filename: row.filename, contentType: row.content_type, bytes: row.bytes };
}

/** Removes a mail's row and what it kept; answers whether there was one. */
export async function deleteMail(tx: TenantTransaction, id: Id<'mail'>): Promise<boolean> {
  return (await tx.execute('delete from mails where tenant_id = $1 and id = $2', [tx.tenantUuid, uuidFromId(id)])) > 0;
}
