import { z } from 'zod';
import { jsonObject, time, who } from './shared.js';

export const AuditEntry = z
  .object({
    seq: z.number().int(),
    at: time,
    actor: z.string().describe('The id of a user, token or operator, or `system`'),
    who,
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
