import { DAY, idFromUuid, type Id, type JsonObject } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';
import { firstUuidOf } from '@annex/runs';
import type { NoticeChannel, NoticeKind, NoticeLevel } from '../kinds.js';
import { foundSql } from './found.js';

/** A state that is not what it was. */
export interface StateChange {
  tenantId: Id<'tenant'>;
  ruleId: string;
  /** `null`: the operators'. */
  rule: string | null;
  channel: NoticeChannel | null;
  subject: string;
  level: NoticeLevel;
  previous: NoticeLevel;
  detail: JsonObject;
}

/** What operators are told, of every tenant. No kinds: nothing. */
export interface OperatorRule {
  kinds: readonly NoticeKind[];
  failures: number;
}

/** The rule of the operators, which stands in the settings. */
export const operatorRuleId = '00000000-0000-0000-0000-000000000000';

/**
 * Takes the turn at looking: `false` when somebody looked within `everyMs`, or is looking. The turn ends with the
 * transaction, and a look that failed does not count.
 */
export async function takeLook(tx: PlatformTransaction, everyMs: number): Promise<boolean> {
  const due = await tx.query(
    `select 1 from notice_looks where looked_at <= now() - $1 * interval '1 ms' for update skip locked`,
    [everyMs],
  );
  if (due.length === 0) return false;
  await tx.execute('update notice_looks set looked_at = now()');
  return true;
}

/**
 * Compares what stands of one kind with what stood, writes the difference down and answers it. Tenants at rest are left
 * as they are: nothing of theirs runs.
 */
export async function settleKind(
  tx: PlatformTransaction,
  { kind, operators, nowMs }: { kind: NoticeKind; operators: OperatorRule; nowMs: number },
): Promise<StateChange[]> {
  const rows = await tx.query<{
    tenant_id: string;
    rule_id: string;
    rule: string | null;
    channel: NoticeChannel | null;
    subject: string;
    level: NoticeLevel;
    previous: NoticeLevel;
    detail: JsonObject;
  }>(
    `with watched as materialized (
       select r.tenant_id, r.id as rule_id, r.failures, r.name as rule, r.channel
       from notice_rules r join tenants t on t.id = r.tenant_id
       where r.enabled and $1 = any(r.kinds) and not t.at_rest
       union all
       select t.id, '${operatorRuleId}'::uuid, $3::int, null, null from tenants t
       where $2::boolean and not t.at_rest),
     found as materialized (${foundSql[kind]}),
     begun as (
       insert into notice_states as s (tenant_id, rule_id, kind, subject, level, detail)
       select tenant_id, rule_id, $1, subject, level, detail from found order by 1, 2, 4
       on conflict (tenant_id, rule_id, kind, subject) do update
         set level = excluded.level, detail = excluded.detail, since = now() where s.level <> excluded.level
       returning s.tenant_id, s.rule_id, s.subject, s.level, s.detail),
     ended as (
       delete from notice_states s using watched w
       where s.tenant_id = w.tenant_id and s.rule_id = w.rule_id and s.kind = $1
         and not exists (
           select 1 from found f
           where f.tenant_id = s.tenant_id and f.rule_id = s.rule_id and f.subject = s.subject)
       returning s.tenant_id, s.rule_id, s.subject, 'ok' as level, s.level as previous, s.detail),
     changed as (
       select b.tenant_id, b.rule_id, b.subject, b.level, coalesce(old.level, 'ok') as previous, b.detail
       from begun b left join notice_states old on old.tenant_id = b.tenant_id and old.rule_id = b.rule_id
         and old.kind = $1 and old.subject = b.subject
       union all select * from ended)
     select c.*, w.rule, w.channel from changed c
     join watched w on w.tenant_id = c.tenant_id and w.rule_id = c.rule_id
     where $4::uuid is not null`,
    [kind, operators.kinds.includes(kind), operators.failures, firstUuidOf(nowMs - DAY)],
  );
  return rows.map(({ tenant_id: tenant, rule_id: ruleId, ...rest }) => ({
    ...rest,
    tenantId: idFromUuid('tenant', tenant),
    ruleId,
  }));
}

/** Forgets what stood for rules that tell of a kind no more; nobody is told. */
export async function forgetUnwatched(tx: PlatformTransaction, operators: OperatorRule): Promise<void> {
  await tx.execute(
    `delete from notice_states s where case when s.rule_id = '${operatorRuleId}' then s.kind <> all($1::text[])
       else not exists (
         select 1 from notice_rules r
         where r.tenant_id = s.tenant_id and r.id = s.rule_id and r.enabled and s.kind = any(r.kinds)) end`,
    [operators.kinds],
  );
}
