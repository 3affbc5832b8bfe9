import { uuidFromId } from '@annex/kernel';
import { storableText, type TenantTransaction } from '@annex/database';
import type { RunChunk } from '../plain-calls.js';

/**
 * Writes chunks of calls. Those of an installation that is gone are left out. `isAgain`: their commit is in doubt, so a
 * chunk that is there already stays as it is. Default `false`.
 */
export async function recordChunks(
  tx: TenantTransaction,
  chunks: readonly RunChunk[],
  { isAgain = false } = {},
): Promise<void> {
  // In one order for everybody, so that two writers cannot wait for each other.
  const inOrder = chunks.toSorted((a, b) => (a.installationId < b.installationId ? -1 : 1));
  for (const chunk of inOrder) await recordChunk(tx, chunk, isAgain);
}

async function recordChunk(tx: TenantTransaction, chunk: RunChunk, isAgain: boolean): Promise<void> {
  await tx.query(
    `insert into run_chunks (tenant_id, first_id, last_id, installation_id, plugin, release, name, depth, result,
       limits, runs, started_at, ids, before_ms, took_ms, wall_ms, cpu_ms, memory_mb, result_bytes, request_bytes)
     select $1, $2, $3, i.id, $5, $6, $7, $8, $9, $10, $11, to_timestamp($12::float8), $13, $14, $15, $16, $17, $18,
       $19, $20
     from (select id from installations where tenant_id = $1 and id = $4 for key share) i
     ${isAgain ? 'on conflict do nothing' : ''}`,
    [
      tx.tenantUuid,
      chunk.firstId,
      chunk.lastId,
      uuidFromId(chunk.installationId),
      chunk.plugin,
      chunk.release,
      storableText(chunk.name),
      chunk.depth,
      JSON.stringify({ status: chunk.status }),
      chunk.limits,
      chunk.ids.length,
      chunk.startedAtMs / 1000,
      // Array literals of values that need no quoting, which spares the driver looking at each.
      ...[
        chunk.ids,
        chunk.beforeMs,
        chunk.tookMs,
        chunk.wallMs,
        chunk.cpuMs,
        chunk.memoryMb,
        chunk.resultBytes,
        chunk.requestBytes,
      ].map((column) => `{${column.join(',')}}`),
    ],
  );
}
