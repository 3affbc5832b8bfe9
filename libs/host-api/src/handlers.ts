import { hostApiErrors } from './errors.js';
import type { PermissionGrant } from './permissions.js';
import type { HostArgs, HostMethod, HostResult } from './table.js';

/**
 * What a handler knows about the call it answers. `Identity` is the app's: who runs, for which tenant, in which run.
 */
export interface HostCallContext<Identity> {
  method: HostMethod;
  identity: Identity;
  /** The grant that let this call through, with its scope; `null` for a call that needs none. */
  grant: PermissionGrant | null;
  /** Fires when the run has ended; what the handler answers after that is dropped, so stop and change nothing more. */
  signal: AbortSignal;
}

/**
 * Answers one host call. The arguments are checked and the permission is granted before it is asked. It may throw an
 * `AnnexError`, whose code and detail the plugin sees; anything else it throws reaches the plugin as `PLATFORM_ERROR`
 * with a reference.
 */
export type HostHandler<M extends HostMethod, Identity> = (
  args: HostArgs<M>,
  context: HostCallContext<Identity>,
) => HostResult<M> | Promise<HostResult<M>>;

/** A handler for every row of the table. */
export type HostHandlers<Identity> = { readonly [M in HostMethod]: HostHandler<M, Identity> };

const unserved = new WeakSet<object>();

/**
 * Handlers for rows that this build or this configuration does not serve: each answers `NOT_AVAILABLE`. Naming them is
 * deliberate work, so that no row is left out by accident.
 * @param reason what the operator or author can do, as a sentence
 */
export function handlersNotAvailable<M extends HostMethod>(
  methods: readonly M[],
  reason: string,
): Pick<HostHandlers<unknown>, M> {
  const handlers: Partial<Record<HostMethod, () => never>> = {};
  for (const method of methods) {
    const handler = (): never => {
      throw hostApiErrors.error('NOT_AVAILABLE', `ctx.${method} is not available here. ${reason}`);
    };
    unserved.add(handler);
    handlers[method] = handler;
  }
  return handlers as Pick<HostHandlers<unknown>, M>;
}

/** The calls that a set of handlers really serves: all but those made by {@link handlersNotAvailable}. */
export function availableHostMethods<Identity>(handlers: HostHandlers<Identity>): HostMethod[] {
  return (Object.keys(handlers) as HostMethod[]).filter((method) => !unserved.has(handlers[method]));
}
