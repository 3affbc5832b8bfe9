import { messageOf, type Clock, type Logger } from '@annex/kernel';
import type { RunOutcome, RunRequest, Sandbox, SandboxError, SandboxUsage } from '@annex/sandbox';
import type { RunScope } from './run-scope.js';

/** Of a run that never began. */
export const nothingUsed: SandboxUsage = {
  wallMs: 0,
  cpuMs: 0,
  memoryMb: 0,
  resultBytes: 0,
  logLines: 0,
  logBytes: 0,
  hostCalls: 0,
};

export interface SandboxParts {
  sandbox: Pick<Sandbox, 'begin'>;
  clock: Clock;
  logger: Logger;
}

/**
 * Runs a handler to its end and closes its scope; its log is handed over when `onEnd` is called. `request`: what the
 * sandbox is given. Default: the scope itself. Never throws; a throw of `onEnd` goes to the log of the process.
 */
export function beginInSandbox(
  { sandbox, clock, logger }: SandboxParts,
  scope: RunScope,
  { onEnd, request = scope }: { onEnd: (outcome: RunOutcome) => void; request?: RunRequest },
): void {
  const tell = (outcome: RunOutcome): void => {
    try {
      onEnd(outcome);
    } catch (thrown) {
      logger.error({ reason: messageOf(thrown), run: scope.runId }, 'the end of a run could not be told');
    }
  };
  const end = (outcome: RunOutcome): void => {
    scope.close();
    if (outcome.status === 'failed') tellStack(scope, outcome.error, clock);
    if (scope.logging === undefined) tell(outcome);
    else void scope.logging.then(() => tell(outcome));
  };
  try {
    sandbox.begin(request, end);
  } catch (thrown) {
    logger.warn({ reason: messageOf(thrown), run: scope.runId }, 'a run could not be started');
    end({
      status: 'failed',
      error: { code: 'OVERLOADED', message: 'This process is shutting down. Try again.' },
      usage: nothingUsed,
    });
  }
}

/** As {@link beginInSandbox}, for callers that wait. Never rejects. */
export function runInSandbox(parts: SandboxParts, scope: RunScope, request?: RunRequest): Promise<RunOutcome> {
  return new Promise((onEnd) => beginInSandbox(parts, scope, { onEnd, ...(request && { request }) }));
}

/**
 * The stack goes into the run's log, where the plugin's developer looks, and nowhere else. The log names the author's
 * files and lines.
 */
function tellStack(scope: RunScope, { stack, message }: SandboxError, clock: Clock): void {
  if (stack === undefined || stack === '') return;
  scope.log({ timeMs: clock.now(), level: 'error', message: `Uncaught: ${message}`, fields: { stack } });
}
