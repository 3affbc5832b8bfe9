import type { InputFault } from '@annex/kernel';
import { mailLimits } from '@annex/limits';
import { mailErrors } from './errors.js';
import { readMailboxes, type Mailbox } from './mailbox.js';

/** A mail as a plugin asks for it. */
export interface MailInput {
  to: readonly string[];
  cc: readonly string[];
  bcc: readonly string[];
  replyTo: string | undefined;
  subject: string;
  text: string | undefined;
  html: string | undefined;
  attachments: readonly { filename: string; contentType: string | undefined; bytes: Uint8Array }[];
}

/** A mail whose every part was looked at. */
export interface Mail {
  to: Mailbox[];
  cc: Mailbox[];
  bcc: Mailbox[];
  replyTo: Mailbox | undefined;
  subject: string;
  text: string | undefined;
  html: string | undefined;
  attachments: { filename: string; contentType: string; bytes: Uint8Array }[];
  sizeBytes: number;
}

const mediaType =
  /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[\x20\x21\x23-\x5b\x5d-\x7e]*"))*$/;
/** What ends a header or hides in one. */
const unseen = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/**
 * Checks a mail and reads its addresses. Throws `MAIL_INVALID`, `MAIL_ADDRESS_INVALID` (all faults together, with
 * pointers),
 * `MAIL_TOO_MANY_RECIPIENTS` and `MAIL_TOO_LARGE`.
 */
export function composeMail(input: MailInput): Mail {
  const count = input.to.length + input.cc.length + input.bcc.length;
  if (count > mailLimits.recipients) {
    throw mailErrors.error(
      'MAIL_TOO_MANY_RECIPIENTS',
      `The mail has ${count} recipients; the limit is ${mailLimits.recipients}. Send several mails, or one to a list.`,
      { extra: { limit: mailLimits.recipients } },
    );
  }
  const addressFaults: InputFault[] = [];
  const to = readMailboxes(input.to, '/to', addressFaults);
  const cc = readMailboxes(input.cc, '/cc', addressFaults);
  const bcc = readMailboxes(input.bcc, '/bcc', addressFaults);
  const [replyTo] = readMailboxes(input.replyTo === undefined ? [] : [input.replyTo], '/reply_to', addressFaults);
  if (addressFaults.length > 0) throw refused('MAIL_ADDRESS_INVALID', addressFaults);

  const faults: InputFault[] = [];
  const fault = (pointer: string, detail: string): void => void faults.push({ pointer, code: 'MAIL_INVALID', detail });
  if (count === 0) fault('/to', 'names nobody; give an address or a list of them');
  if (input.subject === '') fault('/subject', 'must not be empty');
  if (unseen.test(input.subject)) fault('/subject', 'must be one line of text without control characters');
  if (input.text === undefined && input.html === undefined) fault('/text', 'is missing; give text, html or template');
  const attachments = input.attachments.map(({ filename, contentType, bytes }, index) => {
    if (filename === '' || unseen.test(filename) || /[/\\]/.test(filename))
      fault(`/attachments/${index}/filename`, 'must be a plain file name');
    if (contentType !== undefined && !mediaType.test(contentType))
      fault(`/attachments/${index}/content_type`, 'must be a media type such as text/csv');
    return { filename, contentType: contentType ?? 'application/octet-stream', bytes };
  });
  if (faults.length > 0) throw refused('MAIL_INVALID', faults);

  const { subject, text, html } = input;
  const sizeBytes =
    Buffer.byteLength(text ?? '') +
    Buffer.byteLength(html ?? '') +
    attachments.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (sizeBytes > mailLimits.bytes) {
    throw mailErrors.error(
      'MAIL_TOO_LARGE',
      `The mail has ${sizeBytes} bytes with what is attached; the limit is ${mailLimits.bytes}. Send a link to the ` +
        'file instead (ctx.files.url).',
      { extra: { limit: mailLimits.bytes } },
    );
  }
  return { to, cc, bcc, replyTo, subject, text, html, attachments, sizeBytes };
}

function refused(code: 'MAIL_INVALID' | 'MAIL_ADDRESS_INVALID', errors: InputFault[]): Error {
  return mailErrors.error(
    code,
    errors
      .map(({ pointer, detail }) => `${pointer}: ${detail}`)
      .join('; ')
      .slice(0, 1500),
    { errors },
  );
}
