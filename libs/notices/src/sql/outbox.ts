/** The way of a notice: written with the change, put into a message, sent, tried again. */
import { newId, uuidFromId, type Id } from '@annex/kernel';
import { noticeLimits } from '@annex/limits';
import type { PlatformTransaction } from '@annex/database';
import { NoticeRow } from '../rows/notice-row.js';
import type { NoticeChannel, NoticeKind } from '../kinds.js';
import { operatorRuleId, type StateChange } from './settle.js';

/** Rows of one statement. */
const portion = 1000;

/** Writes down that people are to be told of changes; for the operators' rule once for each of `channels`. */
export async function insertNotices(
  tx: PlatformTransaction,
  kind: NoticeKind,
  changes: readonly StateChange[],
  channels: readonly NoticeChannel[],
): Promise<void> {
  const rows = changes.flatMap((change) =>
    change.channel === null
      ? channels.map((channel) => ({ ...change, channel, rule: 'operators' }))
      : [{ ...change, channel: change.channel, rule: change.rule ?? '' }],
  );
  for (let from = 0; from < rows.length; from += portion) {
    const part = rows.slice(from, from + portion);
    await tx.execute(
      `insert into notices (tenant_id, id, rule_id, rule, channel, kind, subject, level, previous, detail)
       select n.tenant_id, n.id, n.rule_id, n.rule, n.channel, $1, n.subject, n.level, n.previous, n.detail::jsonb
       from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
         $10::text[]) as n (tenant_id, id, rule_id, rule, channel, subject, level, previous, detail)`,
      [
        kind,
        part.map(({ tenantId }) => uuidFromId(tenantId)),
        part.map(() => uuidFromId(newId('notice'))),
        part.map(({ ruleId }) => ruleId),
        part.map(({ rule }) => rule),
        part.map(({ channel }) => channel),
        part.map(({ subject }) => subject),
        part.map(({ level }) => level),
        part.map(({ previous }) => previous),
        part.map(({ detail }) => JSON.stringify(detail)),
      ],
    );
  }
}

/**
 * Puts what waits into messages: a few changes each into its own, more into one digest, and no more messages of a rule
 * within an hour than it may send. What finds no place waits, and becomes part of the next digest. `operators`: what
 * their rule may send an hour.
 */
export async function composeMessages(tx: PlatformTransaction, operators: { perHour: number }): Promise<void> {
  await tx.execute(
    `with waiting as (
       select tenant_id, id, rule_id, channel,
         case when rule_id = '${operatorRuleId}' then rule_id else tenant_id end as whose
       from notices where message_id is null and failed_at is null),
     groups as (
       select whose, rule_id, channel, count(*) as n, min(id::text)::uuid as first_id from waiting group by 1, 2, 3),
     allowed as (
       select g.*, coalesce(r.max_per_hour, $1::int) - (
         select count(distinct message_id) from notices s
         where s.rule_id = g.rule_id and s.channel = g.channel and s.composed_at > now() - interval '1 hour'
           and (g.whose = g.rule_id or s.tenant_id = g.whose)) as free
       from groups g left join notice_rules r on r.tenant_id = g.whose and r.id = g.rule_id)
     update notices n
     set message_id = case when a.n <= $2 and a.n <= a.free then n.id else a.first_id end,
       composed_at = now(), next_attempt_at = now()
     from waiting w join allowed a on a.whose = w.whose and a.rule_id = w.rule_id and a.channel = w.channel
     where n.tenant_id = w.tenant_id and n.id = w.id and a.free > 0`,
    [operators.perHour, noticeLimits.alone],
  );
}

/**
 * Takes messages that are due, so that no other worker sends them for a while, and answers their notices. Whoever dies
 * with one leaves it due again.
 */
export async function claimMessages(tx: PlatformTransaction): Promise<NoticeRow[]> {
  return tx.rows(
    NoticeRow,
    `update notices set attempts = attempts + 1, next_attempt_at = now() + $2 * interval '1 ms'
     where message_id = any(array(
       select message_id from notices where next_attempt_at <= now() group by message_id order by min(next_attempt_at)
       limit $1))
     returning *`,
    [noticeLimits.atOnce, noticeLimits.sendMs * 4],
  );
}

/** Where a message stands after an attempt. */
export interface Attempted {
  messageId: Id<'notice'>;
  /** `null`: it was taken. */
  error: string | null;
  /** Pause before the next attempt, in milliseconds; `null`: none follows. */
  againMs: number | null;
}

/** Writes down what came of an attempt. */
export async function settleMessage(
  tx: PlatformTransaction,
  { messageId, error, againMs }: Attempted,
  rule: { tenantId: Id<'tenant'>; ruleId: Id<'noticeRule'> },
): Promise<void> {
  await tx.execute(
    `update notices set sent_at = case when $2::text is null then now() end, last_error = $2,
       next_attempt_at = now() + $3 * interval '1 ms',
       failed_at = case when $2 is not null and $3::float8 is null then now() end
     where message_id = $1`,
    [uuidFromId(messageId), error, againMs],
  );
  await tx.execute(
    `update notice_rules set last_sent_at = case when $3::text is null then now() else last_sent_at end,
       last_error = $3, last_error_at = case when $3 is not null then now() end
     where tenant_id = $1 and id = $2`,
    [uuidFromId(rule.tenantId), uuidFromId(rule.ruleId), error],
  );
}

/** Slugs of tenants by id. */
export async function readSlugs(
  tx: PlatformTransaction,
  ids: readonly Id<'tenant'>[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.query<{ id: string; slug: string }>('select id, slug from tenants where id = any($1::uuid[])', [
    [...new Set(ids)].map((id) => uuidFromId(id)),
  ]);
  return new Map(rows.map(({ id, slug }) => [id, slug]));
}
