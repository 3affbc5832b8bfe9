/** Questions to agents. What a worker writes of one holds only for the run that asks it. */
import { uuidFromId, type Id, type Json } from '@annex/kernel';
import { storableJson, type TenantTransaction } from '@annex/database';
import { wakeRelays } from '@annex/runs';
import { AgentQuestionRow, type AgentApproval } from './agent-question-row.js';

/**
 * Makes the question of a delivery; one of an earlier run begins anew. `undefined`: it is there, or the delivery is
 * not.
 */
export async function openQuestion(
  tx: TenantTransaction,
  { deliveryId, runId, approvalS }: { deliveryId: Id<'delivery'>; runId: Id<'run'>; approvalS: number | null },
): Promise<AgentQuestionRow | undefined> {
  const [row] = await tx.rows(
    AgentQuestionRow,
    `insert into agent_questions as q (tenant_id, delivery_id, run_id, approval, approval_ends_at)
     select $1, $2, $3, case when $4::float8 is not null then 'pending' end, now() + $4 * interval '1 second'
     where exists (select 1 from webhook_deliveries where tenant_id = $1 and id = $2)
     on conflict (tenant_id, delivery_id) do update set run_id = excluded.run_id, approval = excluded.approval,
       approval_ends_at = excluded.approval_ends_at, decided_by = null, decided_at = null, reason = null,
       endpoint_path = null, protocol_version = null, task_id = null, state = null, polls = 0, asked_at = null,
       answer = null, answered_at = null, created_at = now()
     where q.run_id <> excluded.run_id
     returning *`,
    [tx.tenantUuid, uuidFromId(deliveryId), uuidFromId(runId), approvalS],
  );
  return row;
}

/** One question, or `undefined`. */
export async function findQuestion(
  tx: TenantTransaction,
  deliveryId: Id<'delivery'>,
): Promise<AgentQuestionRow | undefined> {
  const [row] = await tx.rows(
    AgentQuestionRow,
    'select * from agent_questions where tenant_id = $1 and delivery_id = $2',
    [tx.tenantUuid, uuidFromId(deliveryId)],
  );
  return row;
}

/** The questions of some deliveries. */
export function findQuestions(
  tx: TenantTransaction,
  deliveryIds: readonly Id<'delivery'>[],
): Promise<AgentQuestionRow[]> {
  return tx.rows(AgentQuestionRow, 'select * from agent_questions where tenant_id = $1 and delivery_id = any($2)', [
    tx.tenantUuid,
    deliveryIds.map(uuidFromId),
  ]);
}

/** What an agent said so far. */
export interface QuestionProgress {
  endpointPath?: string | null;
  protocolVersion?: string;
  taskId?: string | null;
  state?: string;
  /** It was asked how far it is. */
  isPoll?: boolean;
  /** What it said in the end. */
  answer?: Json;
}

/** Writes how far a question is. */
export async function noteProgress(
  tx: TenantTransaction,
  { deliveryId, runId }: { deliveryId: Id<'delivery'>; runId: Id<'run'> },
  { endpointPath, protocolVersion, taskId, state, isPoll = false, answer }: QuestionProgress,
): Promise<void> {
  await tx.query(
    `update agent_questions set asked_at = coalesce(asked_at, now()), endpoint_path = coalesce($4, endpoint_path),
       protocol_version = coalesce($5, protocol_version), task_id = coalesce($6, task_id), state = coalesce($7, state),
       polls = polls + $8::int, answer = coalesce($9::json, answer),
       answered_at = case when $9::json is null then answered_at else coalesce(answered_at, now()) end
     where tenant_id = $1 and delivery_id = $2 and run_id = $3`,
    [
      tx.tenantUuid,
      uuidFromId(deliveryId),
      uuidFromId(runId),
      endpointPath ?? null,
      protocolVersion ?? null,
      taskId ?? null,
      state ?? null,
      isPoll ? 1 : 0,
      answer === undefined ? null : storableJson(answer),
    ],
  );
}

/** Writes what somebody decided, and lets the run go on. `false`: it was decided, is too late, or has no prompt yet. */
export async function decideQuestion(
  tx: TenantTransaction,
  deliveryId: Id<'delivery'>,
  { approval, actor, reason }: { approval: Exclude<AgentApproval, 'pending'>; actor: string; reason: string | null },
): Promise<boolean> {
  const decided = await tx.execute(
    `update agent_questions set approval = $3, decided_by = $4, decided_at = now(), reason = $5
     where tenant_id = $1 and delivery_id = $2 and approval = 'pending' and approval_ends_at > now()
       and ($3 = 'rejected' or exists (select 1 from webhook_deliveries d
         where d.tenant_id = $1 and d.id = $2 and d.body is not null))`,
    [tx.tenantUuid, uuidFromId(deliveryId), approval, actor, reason],
  );
  if (decided !== 1) return false;
  await tx.query(
    `update runs r set waiting_for = null, next_attempt_at = now() from webhook_deliveries d
     where d.tenant_id = $1 and d.id = $2 and r.tenant_id = d.tenant_id and r.id = d.run_id
       and r.waiting_for = 'approval'`,
    [tx.tenantUuid, uuidFromId(deliveryId)],
  );
  await wakeRelays(tx);
  return true;
}
