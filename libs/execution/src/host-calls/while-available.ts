import { isDatabaseAway, isDatabaseBusy } from '@annex/database';
import type { HostHandlers } from '@annex/host-api';
import { isAnnexError, type AnnexError } from '@annex/kernel';
import { outcomeErrors } from '@annex/runs';

/**
 * What a failure of the database is to a run: `OVERLOADED`, so that a route answers 503 and background work is tried
 * again without spending an attempt. `undefined`: it is something else.
 */
export function databaseTrouble(thrown: unknown): AnnexError | undefined {
  if (isAnnexError(thrown)) return undefined;
  if (isDatabaseAway(thrown))
    return outcomeErrors.error(
      'OVERLOADED',
      'The database does not answer. Try again in a moment; whether a change under way took effect is not known.',
      { cause: thrown },
    );
  if (isDatabaseBusy(thrown))
    return outcomeErrors.error(
      'OVERLOADED',
      'Something else held what this call needs for too long. Nothing of it was kept; try again in a moment.',
      { cause: thrown },
    );
  return undefined;
}

type AnyHandler = (args: never, call: never) => unknown;

/** The same handlers; trouble of the database reaches the plugin as `OVERLOADED`. */
export function whileAvailable<Identity>(handlers: HostHandlers<Identity>): HostHandlers<Identity> {
  const guarded = Object.entries(handlers as Record<string, AnyHandler>).map(([name, handler]) => [
    name,
    async (args: never, call: never): Promise<unknown> => {
      try {
        return await handler(args, call);
      } catch (thrown) {
        throw databaseTrouble(thrown) ?? thrown;
      }
    },
  ]);
  return Object.fromEntries(guarded) as HostHandlers<Identity>;
}
