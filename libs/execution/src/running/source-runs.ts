/** Runs of sources: what a poll is given and what becomes of its answer, and a request that somebody waits for. */
import type { Id, Json } from '@annex/kernel';
import type { UsageRecord } from '@annex/limits';
import type { AttemptOutcome } from '@annex/runs';
import type { RouteRequest, RunOutcome } from '@annex/sandbox';
import type { Cause } from '../cause.js';
import type { RunEffect } from '../host-calls/run-identity.js';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';
import { attemptOutcome } from './run-attempt.js';
import type { RunScope } from './run-scope.js';

/** What is to be written of an answer with the run's end, or why it cannot be taken. */
export type SourceTakes =
  { ok: true; result: Json; commit: RunEffect } | { ok: false; error: { code: string; message: string } };

/** What a run of a source begins with; `skip`: why there is nothing to do. */
export type SourceStart = { payload: Json; take: (answer: Json | undefined) => SourceTakes } | { skip: string };

/** Where sources stand (`@annex/sources`). */
export interface SourceRunsPort {
  begin(run: {
    id: Id<'run'>;
    tenantId: Id<'tenant'>;
    installationId: Id<'installation'>;
    plugin: string;
    releaseId: Id<'release'>;
    name: string;
    payload?: Json | undefined;
    depth: number;
  }): Promise<SourceStart>;
}

/** A call of a source's handler that somebody waits for. */
export interface SourceCall {
  snapshot: InstallationSnapshot;
  name: string;
  /** What `receive` sees. */
  request?: RouteRequest;
  /** What else the handler is told to do. */
  payload?: Json;
  cause?: Cause;
  signal?: AbortSignal;
  /** Lowers the time that it may take. Milliseconds. */
  wallMs?: number;
  /**
   * Writes what the handler answered, and with it what the run did (`effects`); what it answers is the run's result. A
   * code that it throws fails the run.
   */
  finish: (answer: Json | undefined, run: { id: Id<'run'>; effects: RunEffect | undefined }) => Promise<Json>;
}

/** How it ended. `thrown`: by `finish`. */
export type SourceEnding = { runId: Id<'run'> } & (
  | { status: 'succeeded'; result: Json }
  | { status: 'failed'; error: { code: string; message: string }; thrown?: unknown }
);

/**
 * How an attempt at a poll ended. What it answered is judged, and written in the transaction that ends the run: events
 * and cursor with it, or nothing.
 */
export function pollOutcome(
  scope: RunScope,
  outcome: RunOutcome,
  { limits, take }: { limits: UsageRecord; take: (answer: Json | undefined) => SourceTakes },
): AttemptOutcome {
  const ended = attemptOutcome(scope, outcome, limits);
  if (ended.status !== 'succeeded') return ended;
  const { commit, ...common } = ended;
  const fail = (error: { code: string; message: string }): AttemptOutcome => ({
    limits: common.limits,
    release: common.release,
    status: 'failed',
    error,
  });
  const exposed = exposedPlace(outcome, ended.result);
  if (exposed !== undefined) return fail({ code: 'SOURCE_REFUSED', message: exposed });
  const takes = take(ended.result);
  if (!takes.ok) return fail(takes.error);
  return {
    ...common,
    result: takes.result,
    commit: async (tx) => {
      await commit?.(tx);
      await takes.commit(tx);
    },
  };
}

/**
 * Where an answer holds a secret in what is kept and compared: masked, a cursor would lead elsewhere, and an id would
 * be another event's. `masked`: the answer as it would be kept.
 */
export function exposedPlace(outcome: RunOutcome, masked: Json | undefined): string | undefined {
  const text = outcome.status === 'succeeded' && outcome.response === undefined ? outcome.result : undefined;
  if (text === undefined) return undefined;
  const raw = namesIn(JSON.parse(text) as Json);
  const kept = namesIn(masked);
  const index = raw.findIndex((text, at) => text !== kept[at]);
  if (index < 0) return undefined;
  return (
    `${index === 0 ? 'The cursor' : `The type or id of events[${index - 1}]`} holds a secret, and it would be kept ` +
    'in plain sight. Derive a value from it instead, such as a digest.'
  );
}

function namesIn(answer: Json | undefined): string[] {
  const { cursor, events } = (answer ?? {}) as { cursor?: Json; events?: Json };
  const list = Array.isArray(events) ? events : [];
  return [
    JSON.stringify(cursor ?? null),
    ...list.map((event) => {
      const { id, type } = (event ?? {}) as { id?: Json; type?: Json };
      return JSON.stringify([id ?? null, type ?? null]);
    }),
  ];
}
