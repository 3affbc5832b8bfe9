import { storableJson, type TenantTransaction } from '@annex/database';
import { uuidFromId, type Id } from '@annex/kernel';
import { recordingLimits } from '@annex/limits';
import { RecordedCallsRow, type RecordedCall } from './recorded-calls-row.js';

/** What an attempt asked of the host. */
export interface RecordedAttempt {
  runId: Id<'run'>;
  attempt: number;
  installationId: Id<'installation'>;
  /** Milliseconds since the epoch. */
  startedAtMs: number;
  calls: readonly RecordedCall[];
  /** Calls that had no room. */
  leftOut: number;
}

/**
 * Writes what attempts asked of the host, and removes the tenant's oldest beyond its bounds. What is there already
 * stays; attempts of a gone installation are left out.
 */
export async function insertRecordedCalls(tx: TenantTransaction, attempts: readonly RecordedAttempt[]): Promise<void> {
  const rows = attempts.map(({ runId, attempt, installationId, startedAtMs, calls, leftOut }) => ({
    r: uuidFromId(runId),
    a: attempt,
    i: uuidFromId(installationId),
    s: new Date(startedAtMs).toISOString(),
    c: calls,
    o: leftOut,
  }));
  await tx.query(
    `insert into recorded_calls (tenant_id, run_id, attempt, installation_id, started_at, calls, left_out, bytes)
     select $1, r, a, i, s, c, o, octet_length(c::text)
     from json_to_recordset($2::json) as (r uuid, a integer, i uuid, s timestamptz, c json, o integer)
     where i in (select id from installations where tenant_id = $1 and id = any($3::uuid[]) for key share)
     on conflict do nothing`,
    [tx.tenantUuid, storableJson(rows), [...new Set(rows.map(({ i }) => i))]],
  );
  await tx.query(
    `delete from recorded_calls where tenant_id = $1 and (run_id, attempt) in (
       select run_id, attempt from (
         select run_id, attempt, row_number() over newest as runs, sum(bytes) over newest as bytes
         from recorded_calls where tenant_id = $1
         window newest as (order by recorded_at desc, run_id desc, attempt desc)) as counted
       where runs > $2 or bytes > $3)`,
    [tx.tenantUuid, recordingLimits.runs, recordingLimits.tenantBytes],
  );
}

/** What is kept of a run, the latest attempt first. */
export function readRecordedAttempts(
  tx: TenantTransaction,
  runId: Id<'run'>,
): Promise<Pick<RecordedCallsRow, 'attempt' | 'startedAt' | 'leftOut'>[]> {
  return tx.rows<RecordedCallsRow>(
    RecordedCallsRow,
    `select attempt, started_at, left_out from recorded_calls where tenant_id = $1 and run_id = $2
     order by attempt desc`,
    [tx.tenantUuid, uuidFromId(runId)],
  );
}

/** The calls of one attempt, in the order in which the code made them. */
export async function readRecordedCalls(
  tx: TenantTransaction,
  runId: Id<'run'>,
  attempt: number,
): Promise<readonly RecordedCall[]> {
  const [row] = await tx.rows<RecordedCallsRow>(
    RecordedCallsRow,
    'select calls from recorded_calls where tenant_id = $1 and run_id = $2 and attempt = $3',
    [tx.tenantUuid, uuidFromId(runId), attempt],
  );
  return row?.calls ?? [];
}
