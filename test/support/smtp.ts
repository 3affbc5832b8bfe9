/** A real SMTP server on a free port of this machine, which remembers what it was handed. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** As it came over the wire. */
  raw: string;
}

export interface TestSmtp {
  url: string;
  mails: ReceivedMail[];
  /**
   * What the server says next: nothing to take mail, else a status and its words for the recipient or for the whole
   * mail.
   */
  refuse: { recipient?: (address: string) => string | undefined; mail?: string | undefined };
  close(): Promise<void>;
}

/** @param login when given, the server lets nobody send without it */
export async function startSmtp(login?: { user: string; pass: string }): Promise<TestSmtp> {
  const mails: ReceivedMail[] = [];
  const refuse: TestSmtp['refuse'] = {};
  const fault = (words: string): Error =>
    Object.assign(new Error(words.slice(4)), { responseCode: Number(words.slice(0, 3)) });
  const server = new SMTPServer({
    authOptional: login === undefined,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    logger: false,
    onAuth: (auth, _session, done) =>
      auth.username === login?.user && auth.password === login?.pass
        ? done(null, { user: auth.username })
        : done(new Error('wrong password')),
    onRcptTo({ address }, _session, done) {
      const words = refuse.recipient?.(address);
      done(words === undefined ? null : fault(words));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (refuse.mail !== undefined) return done(fault(refuse.mail));
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
        });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const credentials = login ? `${encodeURIComponent(login.user)}:${encodeURIComponent(login.pass)}@` : '';
  return {
    url: `smtp://${credentials}127.0.0.1:${port}`,
    mails,
    refuse,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The text of a mail that has no other part, as its reader sees it. */
export function textOf(mail: ReceivedMail | undefined): string {
  const [head = '', ...rest] = (mail?.raw ?? '').split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  if (/^content-transfer-encoding: base64/im.test(head)) return Buffer.from(body, 'base64').toString('utf8');
  if (!/^content-transfer-encoding: quoted-printable/im.test(head)) return body;
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
