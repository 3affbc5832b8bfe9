import { outcomeErrors } from '@annex/runs';
import type { Bundle, InspectOutcome, Sandbox } from '@annex/sandbox';

/**
 * Runs a bundle's entry once to read what it registers. An executor that was lost is tried a second time: the first
 * loss may have been ours, a second one is the entry's doing and becomes a fault of the package. Throws `OVERLOADED`
 * when there is no executor to be had.
 */
export async function inspectEntry(sandbox: Pick<Sandbox, 'inspect'>, bundle: Bundle): Promise<InspectOutcome> {
  let outcome = await sandbox.inspect(bundle);
  if (!outcome.ok && outcome.error.code === 'EXECUTOR_LOST') outcome = await sandbox.inspect(bundle);
  if (!outcome.ok && outcome.error.code === 'OVERLOADED') {
    throw outcomeErrors.error('OVERLOADED', 'No sandbox is free to try the package out. Send it again in a moment.', {
      retryAfterS: 5,
    });
  }
  return outcome;
}
