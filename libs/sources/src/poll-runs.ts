/** What a run of a source begins with, and what becomes of its answer. */
import { readSourceBatch } from '@annex/events';
import { isJsonObject, type Id, type Json } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import type { Database, TenantTransaction } from '@annex/database';
import { enqueueRun, type EmitEvent } from '@annex/runs';
import { findPackageSource, markInitialized } from './rows/sources.js';
import type { SourceRow } from './rows/source-row.js';
import { writeBatch } from './write-batch.js';

export interface PollRunsOptions {
  database: Pick<Database, 'forTenant'>;
  emit: EmitEvent;
  /** Patterns of events that the operator keeps from plugins. Default: none. */
  reservedEvents?: readonly string[];
}

/** A run of kind `source` that is about to begin. */
export interface PollRun {
  id: Id<'run'>;
  tenantId: Id<'tenant'>;
  installationId: Id<'installation'>;
  /** The plugin's slug. */
  plugin: string;
  /** The release that will run. */
  releaseId: Id<'release'>;
  name: string;
  payload?: Json | undefined;
  depth: number;
}

/** What is to be written of an answer with the run's end, or why it cannot be taken. */
export type Takes =
  | { ok: true; result: Json; commit: (tx: TenantTransaction) => Promise<void> }
  | { ok: false; error: { code: string; message: string } };

/** A poll: what its handler is given, and what takes its answer. `skip`: there is nothing to do. */
export type PollStart = { payload: Json; take: (answer: Json | undefined) => Takes } | { skip: string };

/** Reads a source before its poll runs, and writes what the poll answered. */
export class PollRuns {
  constructor(private readonly options: PollRunsOptions) {}

  async begin(run: PollRun): Promise<PollStart> {
    const source = await this.options.database
      .forTenant(run.tenantId)
      .transaction((tx) => findPackageSource(tx, run.installationId, run.name));
    if (!source?.active) return { skip: 'The source is not active any more.' };
    if (source.paused) return { skip: 'The source is paused.' };
    const payload = { call: 'poll', cursor: source.cursor, initialize: source.initializedFor !== run.releaseId };
    return { payload, take: (answer) => this.#take(run, source, answer) };
  }

  #take(run: PollRun, source: SourceRow, answer: Json | undefined): Takes {
    const { emit, reservedEvents = [] } = this.options;
    const reading = readSourceBatch(answer, { ...source.spec, reserved: reservedEvents });
    if (!reading.ok) return { ok: false, error: { code: 'SOURCE_REFUSED', message: reading.detail } };
    const { batch } = reading;
    return {
      ok: true,
      result: { events: batch.events.length, cursor: batch.cursor ?? source.cursor, more: batch.more },
      commit: async (tx) => {
        await writeBatch(tx, emit, {
          source,
          batch,
          runId: run.id,
          depth: run.depth,
          token: source.token,
          spendToken: true,
        });
        if (source.initializedFor !== run.releaseId) await markInitialized(tx, source.id, run.releaseId);
        if (batch.more) await pollAgain(tx, run);
      },
    };
  }
}

/** The next poll, at once; after so many in a row the schedule says when, so that no source keeps a place for good. */
async function pollAgain(tx: TenantTransaction, run: PollRun): Promise<void> {
  const before = isJsonObject(run.payload ?? null) ? Number((run.payload as { polls?: Json }).polls ?? 1) : 1;
  if (!(before < sourceLimits.pollsInARow)) return;
  await enqueueRun(tx, newPoll(run, before + 1));
}

/** A poll as a run. `polls`: the how-manieth in a row it is. */
export function newPoll(
  { installationId, plugin, name, depth }: Pick<PollRun, 'installationId' | 'plugin' | 'name'> & { depth?: number },
  polls = 1,
): Parameters<typeof enqueueRun>[1] {
  return {
    installationId,
    plugin,
    kind: 'source',
    name,
    ordinal: 0,
    payload: { call: 'poll', polls },
    policy: {},
    depth: depth ?? 0,
  };
}
