import { messageOf } from '@annex/kernel';
import { createTransport } from 'nodemailer';
import { mailErrors } from './errors.js';
import type { Mail } from './compose.js';
import type { Mailbox } from './mailbox.js';

/** A mail on its way, with what the platform adds. */
export interface OutgoingMail extends Mail {
  from: Mailbox;
  /** `<…@…>` */
  messageId: string;
}

/** Hands mail to a server. */
export interface MailTransport {
  /**
   * Resolves when the server took it, with the addresses that it took and refused. Rejects with `MAIL_REJECTED` or
   * `MAIL_UNAVAILABLE`.
   */
  send(mail: OutgoingMail): Promise<{ accepted: string[]; rejected: string[] }>;
  close(): void;
}

/** Waiting for a connection, for the server's greeting, for anything at all; in milliseconds. */
const timeouts = {
  dnsTimeout: 5_000,
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  socketTimeout: 10_000,
} as const;

/**
 * SMTP to the operator's server. Nothing that a plugin says can make nodemailer open a file or a URL, or choose the
 * envelope: attachments come as bytes, addresses read.
 * @param url `smtp://user:secret@mail:587` or `smtps://…:465`; `?requireTLS=true` insists on STARTTLS
 */
export function createSmtp(url: string): MailTransport {
  const transport = createTransport({ url, ...timeouts, disableFileAccess: true, disableUrlAccess: true } as Parameters<
    typeof createTransport
  >[0]);
  return {
    async send({ from, to, cc, bcc, replyTo, subject, text, html, attachments, messageId }) {
      const recipients = [...to, ...cc, ...bcc].map(({ address }) => address);
      try {
        const info = (await transport.sendMail({
          from,
          to,
          cc,
          // Nobody reads in the head who got a blind copy.
          ...(replyTo && { replyTo }),
          envelope: { from: from.address, to: recipients },
          subject,
          ...(text !== undefined && { text }),
          ...(html !== undefined && { html }),
          messageId,
          attachments: attachments.map(({ filename, contentType, bytes }) => ({
            filename,
            contentType,
            content: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
            contentDisposition: 'attachment' as const,
          })),
          disableFileAccess: true,
          disableUrlAccess: true,
        })) as { accepted?: unknown; rejected?: unknown };
        return { accepted: addressesOf(info.accepted), rejected: addressesOf(info.rejected) };
      } catch (thrown) {
        throw asMailFault(thrown);
      }
    },
    close: () => transport.close(),
  };
}

function addressesOf(list: unknown): string[] {
  return Array.isArray(list)
    ? list.map((one: unknown) =>
        typeof one === 'object' && one !== null && 'address' in one ? String(one.address) : String(one),
      )
    : [];
}

/** What the server said for good (5xx, RFC 5321 §4.2.1) is the mail's own fault; all else may be different later. */
function asMailFault(thrown: unknown): Error {
  const { code, responseCode, response } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as {
    code?: string;
    responseCode?: number;
    response?: string;
  };
  const isOurs = code === 'EAUTH' || code === 'ETLS' || code === 'EOAUTH2' || code === 'ENOAUTH';
  if (!isOurs && responseCode !== undefined && responseCode >= 500 && responseCode < 600) {
    return mailErrors.error(
      'MAIL_REJECTED',
      `The mail server refused the mail for good: ${(response ?? String(responseCode)).slice(0, 300)}`,
      { extra: { smtp_status: responseCode }, cause: thrown },
    );
  }
  return mailErrors.error(
    'MAIL_UNAVAILABLE',
    'The mail server did not take the mail at the moment. Try again later; a background run does so by itself.',
    {
      retryAfterS: 30,
      cause: new Error(messageOf(thrown)),
    },
  );
}
