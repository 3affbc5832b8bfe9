/** Sends the platform's own mail: what a person asked for, or is asked by an admin. Nothing of it is kept. */
import { newUuid } from '@annex/kernel';
import { composeMail } from './compose.js';
import { mailErrors } from './errors.js';
import type { Mailbox } from './mailbox.js';
import type { MailTransport } from './smtp.js';

export interface PlatformMailerOptions {
  /** `undefined`: there is no mail server. */
  transport: MailTransport | undefined;
  from: Mailbox;
  /** Under which people reach Annex, without a slash at its end; links begin with it. */
  publicUrl: string | undefined;
}

/** A mail of the platform's own. */
interface PlatformMail {
  to: string | readonly string[];
  subject: string;
  text: string;
  id?: string;
}

export class PlatformMailer {
  #publicUrl: string | undefined;

  constructor(private readonly options: PlatformMailerOptions) {
    this.#publicUrl = options.publicUrl;
  }

  /** Whether mail can be sent: a link without an address leads nowhere. */
  get isReady(): boolean {
    return this.options.transport !== undefined && this.#publicUrl !== undefined;
  }

  /** Whether there is a mail server. */
  get hasServer(): boolean {
    return this.options.transport !== undefined;
  }

  /** Says where links lead, for a program that learns it only when it listens. A configured URL stays. */
  listensOn(url: string): void {
    this.#publicUrl ??= url;
  }

  /**
   * A link to a page of Annex; only its path where nobody said the address. Never made of a request's `Host`, which its
   * sender chooses.
   */
  linkTo(path: string): string {
    return `${this.#publicUrl ?? ''}${path}`;
  }

  /**
   * `id`: of what may be sent again, so that mail servers know it again; default: a fresh one. Throws
   * `MAIL_ADDRESS_INVALID`, `MAIL_REJECTED`, `MAIL_UNAVAILABLE`.
   */
  async send({ to, subject, text, id = newUuid() }: PlatformMail): Promise<void> {
    const { transport, from } = this.options;
    if (!transport) throw mailErrors.error('MAIL_UNAVAILABLE', 'No mail server is set up: SMTP_URL names one.');
    const mail = composeMail({
      to: typeof to === 'string' ? [to] : [...to],
      cc: [],
      bcc: [],
      replyTo: undefined,
      subject,
      text,
      html: undefined,
      attachments: [],
    });
    const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
    await transport.send({ ...mail, from, messageId: `<${id}@${domain}>` });
  }
}
