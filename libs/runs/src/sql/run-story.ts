/** What one run was given, what brought it about, and what it brought about. Read for one run at a time. */
import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import { runListLimits } from '@annex/limits';
import type { RunKind } from '@annex/limits';
import type { TenantTransaction } from '@annex/database';
import type { RunStatus } from '../run-status.js';

/** A run as others name it. */
export interface RunMention {
  id: Id<'run'>;
  plugin: string | null;
  kind: RunKind;
  name: string;
  status: RunStatus;
}

/** An event as a run's story names it. */
export interface EventMention {
  id: string;
  type: string;
}

export interface RunStory {
  /** The handler's second argument; `null` when there was none. Of an event its `data`, unless another was given. */
  payload: Json;
  /**
   * The run that emitted the event it handles, or whose code asked for it; `null`: none, or older than runs are kept.
   */
  cause: RunMention | null;
  /** Runs that its code asked for, and that handle events it emitted, oldest first. */
  children: RunMention[];
  /** Events that its code emitted, oldest first. */
  emitted: EventMention[];
  /** Runs that repeat it, oldest first. */
  replays: RunMention[];
}

const mention = 'r.id, r.plugin, r.kind, r.name, r.status';

interface MentionRow {
  id: string;
  plugin: string | null;
  kind: RunKind;
  name: string;
  status: RunStatus;
}

export async function readRunStory(tx: TenantTransaction, runId: Id<'run'>): Promise<RunStory> {
  const uuid = uuidFromId(runId);
  const [given] = await tx.query<{ payload: Json; data: Json; emitted_by: string | null; started_by: string | null }>(
    `select r.payload, e.data, e.run_id as emitted_by, r.started_by from runs r
     left join events e on e.tenant_id = r.tenant_id and e.id = r.event_id where r.tenant_id = $1 and r.id = $2`,
    [tx.tenantUuid, uuid],
  );
  const emitted = await tx.query<EventMention>(
    `select id, type from events where tenant_id = $1 and run_id = $2 order by created_at, id
     limit ${runListLimits.mentions}`,
    [tx.tenantUuid, uuid],
  );
  const children = await tx.query<MentionRow>(
    `select * from (select ${mention} from runs r
         where r.tenant_id = $1 and r.started_by = $2 and r.started_by like 'run\\_%'
       union select ${mention} from runs r where r.tenant_id = $1 and r.event_id = any($3)) r order by id
       limit ${runListLimits.mentions}`,
    [tx.tenantUuid, runId, emitted.map(({ id }) => id)],
  );
  const replays = await tx.query<MentionRow>(
    `select ${mention} from runs r where r.tenant_id = $1 and r.replay_of = $2 order by r.id
     limit ${runListLimits.mentions}`,
    [tx.tenantUuid, uuid],
  );
  return {
    payload: given?.payload ?? given?.data ?? null,
    cause: await findCause(tx, given),
    children: children.map(toMention),
    emitted,
    replays: replays.map(toMention),
  };
}

async function findCause(
  tx: TenantTransaction,
  given: { emitted_by: string | null; started_by: string | null } | undefined,
): Promise<RunMention | null> {
  const starter = given?.started_by?.startsWith('run_') ? uuidFromId(given.started_by as Id<'run'>) : null;
  const uuid = starter ?? given?.emitted_by ?? null;
  if (uuid === null) return null;
  const [row] = await tx.query<MentionRow>(`select ${mention} from runs r where r.tenant_id = $1 and r.id = $2`, [
    tx.tenantUuid,
    uuid,
  ]);
  return row ? toMention(row) : null;
}

function toMention({ id, ...row }: MentionRow): RunMention {
  return { id: idFromUuid('run', id), ...row };
}
