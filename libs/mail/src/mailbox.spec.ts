import { describe, expect, it } from 'vitest';
import { mailLimits } from '@annex/limits';
import { composeMail, readMailbox, writeMailbox, type MailInput } from './index.js';

describe('a mailbox', () => {
  it.each([
    ['ada@example.com', { name: '', address: 'ada@example.com' }],
    [' Ada Lovelace <ada+x@mail.example.com> ', { name: 'Ada Lovelace', address: 'ada+x@mail.example.com' }],
    ['"Lovelace, \\"Ada\\"" <ada@example.com>', { name: 'Lovelace, "Ada"', address: 'ada@example.com' }],
    ['<ada@example.com>', { name: '', address: 'ada@example.com' }],
    ['bob@exämple.com', { name: '', address: 'bob@xn--exmple-cua.com' }],
    ['root@localhost', { name: '', address: 'root@localhost' }],
  ])('is read from %s, and written so that it reads the same', (text, mailbox) => {
    expect(readMailbox(text)).toEqual(mailbox);
    expect(readMailbox(writeMailbox(mailbox))).toEqual(mailbox);
  });

  it.each([
    '',
    'ada',
    '@',
    'ada@',
    '@example.com',
    'a b@example.com',
    'ada@example..com',
    '.ada@example.com',
    'ada@-x.com',
    'ada@127.0.0.1',
    'ada@[127.0.0.1]',
    'ada@example.com, bob@example.com',
    'ada@example.com\r\nBcc: eve@x.test',
    'Ada\n<ada@example.com>',
    'Ada <ada@example.com> <eve@example.com>',
    'Ada <ada@example.com',
    'ädä@example.com',
    `${'x'.repeat(65)}@example.com`,
    `ada@${'x.'.repeat(130)}com`,
    'x'.repeat(10_000),
  ])('is not %j', (text) => {
    expect(readMailbox(text)).toBeUndefined();
  });
});

describe('a mail', () => {
  const mail: MailInput = {
    to: ['ada@example.com'],
    cc: [],
    bcc: [],
    replyTo: undefined,
    subject: 'Hi',
    text: 'x',
    html: undefined,
    attachments: [],
  };
  const thrown = (change: Partial<MailInput>): unknown => {
    try {
      return composeMail({ ...mail, ...change });
    } catch (error) {
      return error;
    }
  };

  it('is told all its wrong addresses at once', () => {
    expect(thrown({ to: ['a', 'ok@example.com', 'b'], cc: ['c'], replyTo: 'd' })).toMatchObject({
      code: 'MAIL_ADDRESS_INVALID',
      errors: [{ pointer: '/to/0' }, { pointer: '/to/2' }, { pointer: '/cc/0' }, { pointer: '/reply_to/0' }],
    });
  });

  it('is told all else that is wrong at once', () => {
    const error = thrown({
      to: [],
      subject: 'a\nb',
      text: undefined,
      attachments: [{ filename: 'a/b', contentType: 'x', bytes: new Uint8Array(1) }],
    });
    expect(error).toMatchObject({ code: 'MAIL_INVALID' });
    const pointers = (error as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer).sort();
    expect(pointers).toEqual(['/attachments/0/content_type', '/attachments/0/filename', '/subject', '/text', '/to']);
  });

  it('has at most 10 MiB with all that is attached, and 50 recipients', () => {
    const half = { filename: 'a', contentType: undefined, bytes: new Uint8Array(mailLimits.bytes / 2) };
    expect(thrown({ attachments: [half, { ...half, bytes: half.bytes.subarray(1) }] })).toMatchObject({
      sizeBytes: mailLimits.bytes,
    });
    expect(thrown({ attachments: [half, half] })).toMatchObject({
      code: 'MAIL_TOO_LARGE',
      kind: { status: 413, fault: 'limit' },
    });
    const many = Array.from({ length: 50 }, (_, index) => `a${index}@example.com`);
    expect(thrown({ to: many })).toMatchObject({ to: { length: 50 } });
    expect(thrown({ to: many, cc: ['b@example.com'] })).toMatchObject({ code: 'MAIL_TOO_MANY_RECIPIENTS' });
  });
});
