import { z } from 'zod';
import { fault, time } from './shared.js';

const mailFields = {
  id: z.string(),
  status: z
    .enum(['sending', 'sent', 'kept', 'failed'])
    .describe('`kept`: no mail server is configured, so all of it is here'),
  plugin: z.string(),
  run_id: z.string(),
  message_id: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  cc: z.array(z.string()),
  bcc: z.array(z.string()),
  reply_to: z.string().nullable(),
  subject: z.string(),
  size: z.number().int().describe('Bytes'),
  error: fault.nullable(),
  created_at: time,
};

export const Mail = z.object(mailFields).meta({ id: 'Mail' });
export type Mail = z.infer<typeof Mail>;

export const WholeMail = z
  .object({
    ...mailFields,
    text: z.string().nullable(),
    html: z.string().nullable(),
    attachments: z.array(z.object({ filename: z.string(), content_type: z.string(), size: z.number().int() })),
  })
  .meta({ id: 'WholeMail', description: 'A mail; a kept one with its texts' });
export type WholeMail = z.infer<typeof WholeMail>;
