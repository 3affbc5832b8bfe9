import { noticeChannels, noticeKinds, noticeLevels } from '@annex/notices';
import { z } from 'zod';
import { jsonObject, time } from './shared.js';

export const NoticeRule = z
  .object({
    name: z.string(),
    kinds: z.array(z.enum(noticeKinds)),
    channel: z.enum(noticeChannels),
    to: z.array(z.string()).describe('Addresses, of mail'),
    url: z.string().nullable().describe('Where it goes, without what must not be seen; `null`: mail'),
    failures: z.number().int().describe('Runs of a plugin that fail for good in a row before it is told of'),
    max_per_hour: z.number().int().describe('Messages within an hour; what finds no place waits for the next digest'),
    enabled: z.boolean(),
    last_sent_at: time.nullable(),
    last_error: z.object({ message: z.string(), at: time }).nullable().describe('`null`: the latest one was taken'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'NoticeRule', description: 'Who is told what, and where' });
export type NoticeRule = z.infer<typeof NoticeRule>;

export const SetNoticeRule = NoticeRule.extend({
  secret: z.string().optional().describe('What webhooks are signed with, once: when it was made here'),
}).meta({ id: 'SetNoticeRule', description: 'A rule as it was set' });
export type SetNoticeRule = z.infer<typeof SetNoticeRule>;

export const Notice = z
  .object({
    id: z.string(),
    tenant: z.string().describe('The tenant’s slug'),
    rule: z.string(),
    channel: z.enum(noticeChannels),
    kind: z.enum(noticeKinds),
    subject: z.string().describe('A plugin’s slug, a quota, a source, `<plugin>/<job>`'),
    level: z.enum(noticeLevels).describe('`ok`: it is over'),
    previous: z.enum(noticeLevels),
    text: z.string(),
    detail: jsonObject,
    status: z.enum(['waiting', 'sent', 'failed']).describe('`failed`: given up, or its rule was deleted'),
    attempts: z.number().int(),
    error: z.string().nullable().describe('Why the latest attempt was not taken'),
    created_at: time,
    sent_at: time.nullable(),
  })
  .meta({ id: 'Notice', description: 'A change that people are told' });
export type Notice = z.infer<typeof Notice>;

export const NoticeTest = z
  .object({ ok: z.boolean(), error: z.string().nullable() })
  .meta({ id: 'NoticeTest', description: 'What became of a message that tries a rule' });
export type NoticeTest = z.infer<typeof NoticeTest>;
