/**
 * Passes a value through every filter of a point, one after the other. A filter that fails is passed over (`on_error:
 * 'pass'`, the default) or ends the whole call (`'fail'`); either way its run tells why.
 */
import { quote, type Clock, type Id, type Json } from '@annex/kernel';
import { filterChainLimits, maxFilterValueBytes } from '@annex/limits';
import { outcomeOf } from '@annex/runs';
import { executionErrors } from '../errors.js';
import type { Cause } from '../cause.js';
import type { FilterHandler } from './filter-points.js';

/** A value on its way through a filter point. */
export interface FilterCall {
  tenantId: Id<'tenant'>;
  /** The name of the filter point, such as `price.quote`. */
  name: string;
  value: Json;
  /** What `ctx.user` shows: who asks, or `null`. */
  user: Json;
  /** Fires when nobody waits any more. */
  signal?: AbortSignal | undefined;
  /**
   * When the caller's own time is over, milliseconds since the epoch. Default: after {@link filterChainLimits.chainMs}.
   */
  deadlineMs?: number;
  /** What brought the call about; installations of its `within` are left out. Default: somebody outside. */
  cause?: Cause;
  /** Largest value that goes in, as JSON, in bytes. Default {@link maxFilterValueBytes}. */
  maxBytes?: number;
}

/** What one filter made of its turn. */
export interface FilterStep {
  plugin: string;
  /** `null`: it was not run, because the time was over. */
  run_id: Id<'run'> | null;
  status: 'succeeded' | 'failed' | 'skipped';
  error?: { code: string; message: string };
}

export interface FilterAnswer {
  value: Json;
  runs: FilterStep[];
}

/** How one filter ended. `value` undefined: it answered nothing, and the value stays as it was. */
export type FilterEnding = { runId: Id<'run'> } & (
  { status: 'succeeded'; value: Json | undefined } | { status: 'failed'; error: { code: string; message: string } }
);

export interface FilterChainPorts {
  /** The filters of a point, in order. */
  find(tenantId: Id<'tenant'>, name: string): Promise<readonly FilterHandler[]>;
  /** Runs one with at most `wallMs`. Never rejects. */
  run(handler: FilterHandler, call: FilterCall, wallMs: number): Promise<FilterEnding>;
  clock: Clock;
}

/**
 * Passes a value through a point. Throws `PAYLOAD_TOO_LARGE`, and `FILTER_FAILED` when a filter that may not fail did.
 */
export async function passThroughFilters(
  { find, run, clock }: FilterChainPorts,
  call: FilterCall,
): Promise<FilterAnswer> {
  const handlers = (await find(call.tenantId, call.name)).filter(
    ({ snapshot }) => !call.cause?.within.includes(snapshot.installationId),
  );
  if (handlers.length === 0) return { value: call.value, runs: [] };
  const size = Buffer.byteLength(JSON.stringify(call.value));
  const { maxBytes = maxFilterValueBytes } = call;
  if (size > maxBytes) {
    throw executionErrors.error(
      'PAYLOAD_TOO_LARGE',
      `The value is ${size} bytes as JSON; a filter takes at most ${maxBytes}. Send less, such as an id in place ` +
        'of the thing.',
    );
  }
  const until = Math.min(clock.now() + filterChainLimits.chainMs, call.deadlineMs ?? Infinity);
  const runs: FilterStep[] = [];
  let { value } = call;
  for (const handler of handlers) {
    const ending = await take(handler, value);
    const { slug } = handler.snapshot;
    if (ending.status === 'succeeded') {
      if (ending.value !== undefined) value = ending.value;
      runs.push({ plugin: slug, run_id: ending.runId, status: 'succeeded' });
      continue;
    }
    const { runId, error, status } = ending;
    runs.push({ plugin: slug, run_id: runId, status, error });
    if (handler.registration.onError === 'fail' || call.signal?.aborted) throw failed(call.name, slug, runId, error);
  }
  return { value, runs };

  async function take(
    handler: FilterHandler,
    current: Json,
  ): Promise<FilterEnding | { runId: null; status: 'skipped'; error: { code: string; message: string } }> {
    const wallMs = Math.min(handler.registration.timeoutMs, until - clock.now());
    if (wallMs >= 1) return run(handler, { ...call, value: current }, wallMs);
    return {
      runId: null,
      status: 'skipped',
      error: {
        code: 'TIMEOUT',
        message: `The filters before it used up the time of the whole call, ${filterChainLimits.chainMs} ms at most.`,
      },
    };
  }
}

function failed(
  name: string,
  plugin: string,
  runId: Id<'run'> | null,
  { code, message }: { code: string; message: string },
): Error {
  const { fault } = outcomeOf(code);
  // What the plugin threw are words of its own: they stand under the run.
  const why = fault === 'plugin' ? code : `${code}: ${message}`;
  const look = runId === null ? '' : ` GET /api/runs/${runId} tells more.`;
  return executionErrors.error(
    'FILTER_FAILED',
    `The filter ${quote(name)} of the plugin ${plugin} failed (${why}), and it says on_error: 'fail', so the value ` +
      `was not let through.${look}`,
    {
      extra: { plugin, run_id: runId, filter: name, reason: code },
      ...(fault === 'platform' && { retryAfterS: 1 }),
    },
  );
}
