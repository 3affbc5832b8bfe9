/** Sends plugins' mail, each at most once as far as a mail server can be asked, and keeps it where there is none. */
import { createHash } from 'node:crypto';
import {
  FairGate,
  isAnnexError,
  mapPage,
  messageOf,
  newId,
  pageOf,
  parseId,
  quote,
  readCursor,
  type Clock,
  type Id,
  type Json,
  type Logger,
  type Page,
  type PageRequest,
} from '@annex/kernel';
import { quotaExtra, quotas, whoRaises } from '@annex/quotas';
import {
  deleteMail,
  endMail,
  findMail,
  findMailAttachment,
  keepMail,
  keptMailBytes,
  listMails,
  takeMail,
  type MailAttachment,
  type ListedMail,
  type NewMail,
} from './rows/mails.js';
import type { MailStatus } from './rows/mail-row.js';
import type { Database, TenantTransaction } from '@annex/database';
import { composeMail, type Mail, type MailInput } from './compose.js';
import { mailErrors } from './errors.js';
import { writeMailbox, type Mailbox } from './mailbox.js';
import type { MailTransport } from './smtp.js';

export interface MailerOptions {
  database: Pick<Database, 'forTenant'>;
  /** `undefined`: there is no mail server, mail is kept. */
  transport: MailTransport | undefined;
  /** Whose name all mail goes out in. */
  from: Mailbox;
  /** Kept mail of one tenant, in bytes, where there is no mail server. Default: the catalogue's of quotas. */
  keptBytes?: number;
  clock: Clock;
  logger: Logger;
}

/** Who sends, and as which mail of which run. */
export interface MailOrigin {
  tenantId: Id<'tenant'>;
  installationId: Id<'installation'>;
  plugin: string;
  runId: Id<'run'>;
  /** The plugin's own name for this mail: the same one again is the same mail. */
  idempotencyKey: string | undefined;
  /** How many mails of this digest the same attempt of the run has sent before; counts up. */
  occurrence(digest: string): number;
  /** Replaces secrets that the run has read, in what is written down. What is sent is sent as it is. */
  mask(value: Json): Json;
}

export interface SentMail {
  id: string;
  message_id: string;
  status: 'sent' | 'kept';
  accepted: string[];
  rejected: string[];
}

/** A mail as the API shows it. */
export interface MailView {
  id: string;
  status: MailStatus;
  plugin: string;
  run_id: string;
  message_id: string;
  from: string;
  to: string[];
  cc: string[];
  bcc: string[];
  reply_to: string | null;
  subject: string;
  size: number;
  error: { code: string; message: string } | null;
  created_at: string;
}

/** Connections to the mail server at once, and of one tenant. */
const atOnce = 12;
const atOncePerTenant = 4;
/**
 * A mail that is said to be on its way and was not heard of for so long, in seconds, may be sent again: longer than the
 * server's timeouts.
 */
const leaseS = 90;

export class Mailer {
  readonly #gate = new FairGate({ atOnce, atOncePerKey: atOncePerTenant });

  constructor(private readonly options: MailerOptions) {}

  close(): void {
    this.options.transport?.close();
  }

  /**
   * Sends a mail, or keeps it. The same mail of the same run, in a later attempt, is not sent again when it was sent
   * before; should its sender have died in the middle it may be, under the same Message-ID. Throws what {@link
   * composeMail} throws, `MAIL_KEPT_FULL`, `MAIL_REJECTED`,
   * `MAIL_UNAVAILABLE`.
   */
  async send(input: MailInput, origin: MailOrigin): Promise<SentMail> {
    const mail = composeMail(input);
    const row = this.#row(mail, origin);
    const { transport } = this.options;
    const recipients = [...mail.to, ...mail.cc, ...mail.bcc].map(({ address }) => address);
    if (!transport) return this.#keep(mail, row, origin, recipients);

    const first = await this.#in(origin.tenantId, (tx) => takeMail(tx, row, leaseS));
    if (!first.taken) return sentBefore(first, recipients);
    try {
      const { accepted, rejected } = await this.#gate.run(
        origin.tenantId,
        () => transport.send({ ...mail, from: this.options.from, messageId: first.messageId }),
        () => AbortSignal.timeout(30_000),
      );
      await this.#in(origin.tenantId, (tx) => endMail(tx, first.id, { status: 'sent' }));
      return { id: first.id, message_id: first.messageId, status: 'sent', accepted, rejected };
    } catch (thrown) {
      const known = isAnnexError(thrown)
        ? thrown
        : mailErrors.error(
            'MAIL_UNAVAILABLE',
            'The mail could not be sent at the moment. Try again later; a background run does so by itself.',
            { cause: thrown, retryAfterS: 30 },
          );
      if (known.code === 'MAIL_UNAVAILABLE')
        this.options.logger.warn(
          { reason: messageOf(known.cause ?? known), mail: first.id },
          'the mail server did not take a mail',
        );
      const error = { code: known.code, message: String(origin.mask(known.detail)) };
      await this.#in(origin.tenantId, (tx) => endMail(tx, first.id, { status: 'failed', error })).catch(
        (failed: unknown) =>
          this.options.logger.warn(
            { reason: messageOf(failed), mail: first.id },
            'the end of a mail could not be written down',
          ),
      );
      throw known;
    }
  }

  /** Mails, newest first. */
  async list(
    tenantId: Id<'tenant'>,
    { status, plugin, cursor, limit }: PageRequest & { status?: MailStatus | undefined; plugin?: string | undefined },
  ): Promise<Page<MailView>> {
    const before = readCursor(
      cursor,
      (text) => parseId('mail', text),
      () => {
        throw mailErrors.error(
          'MAIL_NOT_FOUND',
          'The cursor is not one that this list answered as next_cursor. Leave it out to begin with the newest.',
        );
      },
    );
    const rows = await this.#in(tenantId, (tx) => listMails(tx, { status, plugin, before, limit: limit + 1 }));
    return mapPage(
      pageOf(rows, { limit }, ({ id }) => id),
      view,
    );
  }

  /** One mail, with its texts when it was kept. Throws `MAIL_NOT_FOUND`. */
  async get(
    tenantId: Id<'tenant'>,
    id: string,
  ): Promise<
    MailView & {
      text: string | null;
      html: string | null;
      attachments: { filename: string; content_type: string; size: number }[];
    }
  > {
    const found = await this.#in(tenantId, (tx) => findMail(tx, requireMailId(id)));
    if (!found) throw notFound(id);
    const attachments = found.attachments.map(({ filename, contentType, size }) => ({
      filename,
      content_type: contentType,
      size,
    }));
    return { ...view(found), text: found.text, html: found.html, attachments };
  }

  /** Something attached to a kept mail, by its place from 0. Throws `MAIL_NOT_FOUND`. */
  async attachment(tenantId: Id<'tenant'>, id: string, ordinal: number): Promise<MailAttachment> {
    const found = await this.#in(tenantId, (tx) => findMailAttachment(tx, requireMailId(id), ordinal));
    if (!found) throw notFound(id);
    return found;
  }

  /** Removes a mail and what it kept. Throws `MAIL_NOT_FOUND`. */
  async delete(tenantId: Id<'tenant'>, id: string): Promise<void> {
    if (!(await this.#in(tenantId, (tx) => deleteMail(tx, requireMailId(id))))) throw notFound(id);
  }

  #in<T>(tenantId: Id<'tenant'>, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(tenantId).transaction(work);
  }

  async #keep(mail: Mail, row: NewMail, { tenantId, mask }: MailOrigin, recipients: string[]): Promise<SentMail> {
    const masked = (text: string | undefined): string | null => (text === undefined ? null : String(mask(text)));
    const content = {
      text: masked(mail.text),
      html: masked(mail.html),
      attachments: mail.attachments.map(({ bytes, ...rest }) => ({
        ...rest,
        filename: String(mask(rest.filename)),
        bytes: maskBytes(bytes, mask),
      })),
    };
    const kept = await this.#in(tenantId, async (tx) => {
      const first = await takeMail(tx, row, leaseS);
      if (!first.taken) return first;
      const kept = await keptMailBytes(tx);
      const [bytes, max] = [
        kept.bytes + mail.sizeBytes,
        kept.max ?? this.options.keptBytes ?? quotas.kept_mail_bytes.default,
      ];
      if (bytes > max) {
        throw mailErrors.error(
          'MAIL_KEPT_FULL',
          `No mail server is configured, so mail is kept, and this tenant's would come to ${bytes} bytes; the ` +
            `limit is ${max}. Set SMTP_URL, or remove mails by DELETE /api/mail/<id>. ${whoRaises('kept_mail_bytes')}`,
          {
            extra: quotaExtra({ quota: 'kept_mail_bytes', used: kept.bytes, max }),
          },
        );
      }
      await keepMail(tx, first.id, content);
      return first;
    });
    this.options.logger.debug({ mail: kept.id }, 'a mail was kept: no mail server is configured');
    return { id: kept.id, message_id: kept.messageId, status: 'kept', accepted: recipients, rejected: [] };
  }

  #row(mail: Mail, { tenantId, installationId, plugin, runId, idempotencyKey, occurrence, mask }: MailOrigin): NewMail {
    const { from, clock } = this.options;
    const digest = digestOf(mail);
    const own =
      idempotencyKey === undefined
        ? ['run', runId, digest, occurrence(digest)]
        : ['key', installationId, idempotencyKey];
    const dedupeKey = createHash('sha256')
      .update(JSON.stringify([tenantId, ...own]))
      .digest('hex');
    const recipients = mask({
      to: mail.to.map(writeMailbox),
      cc: mail.cc.map(writeMailbox),
      bcc: mail.bcc.map(writeMailbox),
      reply_to: mail.replyTo ? writeMailbox(mail.replyTo) : null,
    }) as unknown as NewMail['recipients'];
    return {
      id: newId('mail', clock.now()),
      installationId,
      plugin,
      runId,
      dedupeKey,
      messageId: `<${dedupeKey.slice(0, 40)}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
      sender: writeMailbox(from),
      recipients,
      subject: String(mask(mail.subject)),
      sizeBytes: mail.sizeBytes,
    };
  }
}

function digestOf({ attachments, ...mail }: Mail): string {
  const hash = createHash('sha256').update(JSON.stringify(mail));
  for (const { filename, contentType, bytes } of attachments)
    hash.update(JSON.stringify([filename, contentType, bytes.length])).update(bytes);
  return hash.digest('hex');
}

/** The same mail as before: its end is told again. One that is on its way is not sent beside itself. */
function sentBefore(
  { id, status, messageId }: { id: string; status: MailStatus; messageId: string },
  recipients: string[],
): SentMail {
  if (status === 'sent' || status === 'kept')
    return { id, message_id: messageId, status, accepted: recipients, rejected: [] };
  throw mailErrors.error(
    'MAIL_UNAVAILABLE',
    'The same mail is being sent at this moment, and its end is not known yet. Try again later; a background run ' +
      'does so by itself.',
    { retryAfterS: leaseS },
  );
}

/** Text is looked through as text, anything else byte by byte. */
function maskBytes(bytes: Uint8Array, mask: (value: Json) => Json): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const utf8 = buffer.toString('utf8');
  const encoding = Buffer.from(utf8).equals(buffer) ? 'utf8' : 'latin1';
  const text = encoding === 'utf8' ? utf8 : buffer.toString('latin1');
  const masked = mask(text);
  return masked === text ? bytes : Buffer.from(String(masked), encoding);
}

function view(mail: ListedMail): MailView {
  const { to, cc, bcc, reply_to } = mail.recipients;
  return {
    id: mail.id,
    status: mail.status,
    plugin: mail.plugin,
    run_id: mail.runId,
    message_id: mail.messageId,
    from: mail.sender,
    to,
    cc,
    bcc,
    reply_to,
    subject: mail.subject,
    size: mail.sizeBytes,
    error: mail.error,
    created_at: mail.createdAt.toISOString(),
  };
}

function requireMailId(id: string): Id<'mail'> {
  const parsed = parseId('mail', id);
  if (parsed === undefined) throw notFound(id);
  return parsed;
}

function notFound(id: string): Error {
  return mailErrors.error('MAIL_NOT_FOUND', `There is no mail ${quote(id, 60)} here. GET /api/mail lists them.`);
}
