import { MiB } from '@annex/kernel';
import { mailLimits } from '@annex/limits';
import { z } from 'zod';
import { row } from '../row.js';
import { bytes, jsonObject, line } from '../wire.js';

/** Addresses are judged by libs/mail, which says what is wrong with one. */
const address = z.string().max(1000);
const addresses = z.union([address, z.array(address).max(1000)]);
const contentType = line(255).nullish();

const attachment = z
  .union([
    z.strictObject({
      filename: line(255),
      content: z.union([z.string(), bytes]),
      contentType,
      content_type: contentType,
    }),
    z.strictObject({
      filename: line(255).nullish(),
      file: z.string().min(1).max(4096),
      contentType,
      content_type: contentType,
    }),
  ])
  .transform(({ contentType: camel, content_type: snake, filename, ...rest }) => {
    const type = { contentType: camel ?? snake ?? undefined };
    return 'file' in rest
      ? { ...rest, ...type, filename: filename ?? undefined }
      : { ...rest, ...type, filename: filename ?? '' };
  });

/** A mail; names of more than one word in either spelling. */
const mail = z
  .strictObject({
    to: addresses,
    cc: addresses.nullish(),
    bcc: addresses.nullish(),
    replyTo: address.nullish(),
    reply_to: address.nullish(),
    subject: line(mailLimits.subjectChars),
    text: z.string().nullish(),
    html: z.string().nullish(),
    template: line(200).nullish(),
    data: jsonObject.nullish(),
    attachments: z.array(attachment).max(mailLimits.attachments).nullish(),
    idempotencyKey: line(200).nullish(),
    idempotency_key: line(200).nullish(),
  })
  .transform(({ to, subject, replyTo, reply_to, idempotencyKey, idempotency_key, ...rest }) => ({
    to,
    subject,
    cc: rest.cc ?? undefined,
    bcc: rest.bcc ?? undefined,
    replyTo: replyTo ?? reply_to ?? undefined,
    text: rest.text ?? undefined,
    html: rest.html ?? undefined,
    template: rest.template ?? undefined,
    data: rest.data ?? undefined,
    attachments: rest.attachments ?? undefined,
    idempotencyKey: idempotencyKey ?? idempotency_key ?? undefined,
  }));

export const emailCalls = {
  'email.send': row({
    args: z.tuple([mail]),
    result: z.object({
      id: z.string(),
      message_id: z.string(),
      status: z.enum(['sent', 'kept']),
      accepted: z.array(z.string()),
      rejected: z.array(z.string()),
    }),
    permission: 'send_email',
    meter: 'emails',
    maxArgsBytes: 15 * MiB,
    doc:
      'Sends a mail with `text`, `html`, or a Liquid `template` of the package filled with `data`, to at most 50 ' +
      'recipients and of at most 10 MiB with its attachments (`{ filename, content, content_type }`, or `{ file }` ' +
      'of the tenant’s files, which needs `files.read`). `status` is `kept` where no mail server is configured: `GET ' +
      '/api/mail` shows it. What an earlier attempt of the run sent is not sent again.',
    example: "await ctx.email.send({ to, subject: 'Welcome', template: 'welcome', data: { name } })",
  }),
};
