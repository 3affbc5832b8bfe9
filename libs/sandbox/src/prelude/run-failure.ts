import { sandboxLimits } from '@annex/limits/sandbox';
import { slice, SafeString } from './primordials.js';
import type { RunState } from './run-state.js';
import { isNonRetryable, retryDelayOf } from './sdk.js';

/** Ends a run with what its handler threw. Reads the error's properties inside the turn, where the time limit holds. */
export function failRun(run: RunState, thrown: unknown): void {
  if (!run.alive) return;
  let code = 'PLUGIN_ERROR';
  let message = 'the handler threw something that cannot be shown';
  let stack = '';
  let delayMs = 0;
  try {
    if (typeof thrown === 'object' && thrown !== null) {
      const error = thrown as { message?: unknown; stack?: unknown };
      if (isNonRetryable(thrown)) code = 'NON_RETRYABLE';
      const delay = retryDelayOf(thrown);
      if (delay !== undefined) {
        code = 'RETRY_AFTER';
        delayMs = delay;
      }
      const text = error.message;
      message = typeof text === 'string' ? text : SafeString(thrown);
      const trace = error.stack;
      if (typeof trace === 'string') stack = trace;
    } else {
      message = SafeString(thrown);
    }
  } catch {
    // A getter of the plugin's own error threw; what was read so far stands.
  }
  run.fail(
    code,
    slice(message, 0, sandboxLimits.errorMessageChars),
    slice(stack, 0, sandboxLimits.errorStackChars),
    delayMs,
  );
}
