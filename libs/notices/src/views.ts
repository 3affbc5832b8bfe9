/** Notices and their rules as the API shows them. */
import type { JsonObject } from '@annex/kernel';
import { sentenceOf, type NoticeChannel, type NoticeKind, type NoticeLevel } from './kinds.js';
import type { NoticeRow } from './rows/notice-row.js';
import type { NoticeRuleRow } from './rows/notice-rule-row.js';

/** A rule on the wire. */
export interface NoticeRuleView {
  name: string;
  kinds: NoticeKind[];
  channel: NoticeChannel;
  /** Addresses, of mail. */
  to: string[];
  /** Where it goes, without what must not be seen; `null`: mail. */
  url: string | null;
  failures: number;
  max_per_hour: number;
  enabled: boolean;
  last_sent_at: string | null;
  /** Of the latest attempt; `null`: it was taken. */
  last_error: { message: string; at: string } | null;
  created_at: string;
  updated_at: string;
}

/** A change that somebody was told, or will be. */
export interface NoticeView {
  id: string;
  /** The tenant's slug. */
  tenant: string;
  rule: string;
  channel: NoticeChannel;
  kind: NoticeKind;
  subject: string;
  level: NoticeLevel;
  previous: NoticeLevel;
  text: string;
  detail: JsonObject;
  /** `waiting`: for its message, or for another attempt. */
  status: 'waiting' | 'sent' | 'failed';
  attempts: number;
  error: string | null;
  created_at: string;
  sent_at: string | null;
}

export function ruleView(row: NoticeRuleRow): NoticeRuleView {
  return {
    name: row.name,
    kinds: row.kinds,
    channel: row.channel,
    to: row.recipients,
    url: row.channel === 'mail' ? null : row.shown,
    failures: row.failures,
    max_per_hour: row.maxPerHour,
    enabled: row.enabled,
    last_sent_at: row.lastSentAt?.toISOString() ?? null,
    last_error:
      row.lastError === null || row.lastErrorAt === null
        ? null
        : { message: row.lastError, at: row.lastErrorAt.toISOString() },
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export function noticeView(row: NoticeRow, tenant: string): NoticeView {
  const { id, rule, channel, kind, subject, level, previous, detail, attempts } = row;
  return {
    ...{ id, tenant, rule, channel, kind, subject, level, previous },
    text: sentenceOf(row),
    detail,
    status: row.sentAt ? 'sent' : row.failedAt ? 'failed' : 'waiting',
    attempts,
    error: row.lastError,
    created_at: row.createdAt.toISOString(),
    sent_at: row.sentAt?.toISOString() ?? null,
  };
}
