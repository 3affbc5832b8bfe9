import { z } from 'zod';
import { fault, jsonObject, time } from './shared.js';

export const AuditEntry = z
  .object({
    seq: z.number().int(),
    at: time,
    actor: z.string().describe('The id of a user, token or operator, or `system`'),
    action: z.string(),
    target: z.string().nullable(),
    detail: jsonObject,
    request_id: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

export const PlatformAuditEntry = z
  .object({
    id: z.string(),
    at: time,
    actor: z.string(),
    email: z.string().nullable(),
    action: z.string(),
    target: z.string().describe('The tenant’s id'),
    detail: jsonObject,
    request_id: z.string().nullable(),
  })
  .meta({ id: 'PlatformAuditEntry' });
export type PlatformAuditEntry = z.infer<typeof PlatformAuditEntry>;

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

export const Liveness = z.object({ status: z.literal('ok') });
export type Liveness = z.infer<typeof Liveness>;

export const Readiness = z
  .object({
    status: z.enum(['ready', 'unavailable']),
    checks: z.record(z.string(), z.string()).describe('`ok`, or why a part does not work'),
    warnings: z
      .record(z.string(), z.string())
      .optional()
      .describe('What should be put right and keeps no traffic away; left out: nothing'),
    clock: z
      .object({
        database_offset_s: z
          .number()
          .int()
          .nullable()
          .describe('How far the database’s clock is ahead of this host’s; null while it does not answer'),
      })
      .optional(),
    sandbox: z
      .object({ tier: z.string(), layers: z.record(z.string(), z.boolean()) })
      .optional()
      .describe('How far plugin code is confined here: docs/sandbox.md'),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;
