import { idFromUuid, type Id, type Logger, type Stoppable } from '@annex/kernel';
import { hasEnded, type RunStatus } from './run-status.js';
import { findRunState } from './sql/cancel-run.js';
import type { Database } from '@annex/database';

/** How often a waiter looks for itself, in case its notification was lost. */
const lookMs = 2000;

/** Lets callers wait for the end of a run: woken by NOTIFY, with a look now and then. */
export class RunEndings implements Stoppable {
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #stopped = new AbortController();
  #unlisten: (() => void) | undefined;

  constructor(private readonly options: { database: Database; logger: Logger }) {}

  async start(): Promise<void> {
    this.#unlisten ??= await this.options.database.listen('annex_run', (payload) => {
      if (payload === null) for (const waiters of this.#waiters.values()) wake(waiters);
      else wake(this.#waiters.get(idOf(payload)));
    });
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
    this.#stopped.abort();
    for (const waiters of this.#waiters.values()) wake(waiters);
  }

  /** The status of a run when it has ended, or when the time is over; `null` when there is no such run. */
  async wait(
    tenantId: Id<'tenant'>,
    runId: Id<'run'>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<RunStatus | null> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      // Begin to listen before looking, so that an end in between is not missed.
      const woken = this.#next(runId, signal);
      try {
        const state = await this.options.database.forTenant(tenantId).transaction((tx) => findRunState(tx, runId));
        const leftMs = deadline - performance.now();
        if (state === null) return null;
        if (hasEnded(state.status) || leftMs <= 0 || signal?.aborted || this.#stopped.signal.aborted)
          return state.status;
        await woken.within(Math.min(leftMs, lookMs));
      } finally {
        woken.done();
      }
    }
  }

  #next(runId: string, signal?: AbortSignal): { within: (ms: number) => Promise<void>; done: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiters = this.#waiters.get(runId) ?? new Set();
    this.#waiters.set(runId, waiters.add(resolve));
    const onAbort = (): void => resolve();
    signal?.addEventListener('abort', onAbort);
    let timer: NodeJS.Timeout | undefined;
    return {
      within: (ms) => {
        timer = setTimeout(resolve, ms);
        return promise;
      },
      done: () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        waiters.delete(resolve);
        if (waiters.size === 0 && this.#waiters.get(runId) === waiters) this.#waiters.delete(runId);
      },
    };
  }
}

function wake(waiters: Set<() => void> | undefined): void {
  for (const waiter of waiters ?? []) waiter();
}

function idOf(payload: string): string {
  try {
    return idFromUuid('run', payload.slice(0, 36));
  } catch {
    return '';
  }
}
