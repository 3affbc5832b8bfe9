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
  sandbox: Pick<Sandbox, 'run'>;
  clock: Clock;
  logger: Logger;
}

/**
 * Runs a handler to its end and closes its scope; its log is handed over then. `request`: what the sandbox is given.
 * Default: the scope itself. Never rejects.
 */
export async function runInSandbox(
  { sandbox, clock, logger }: SandboxParts,
  scope: RunScope,
  request: RunRequest = scope,
): Promise<RunOutcome> {
  let outcome: RunOutcome;
  try {
    outcome = await sandbox.run(request);
  } catch (thrown) {
    // The sandbox rejects only while it stops.
    logger.warn({ reason: messageOf(thrown), run: scope.runId }, 'a run could not be started');
    outcome = {
      status: 'failed',
      error: { code: 'OVERLOADED', message: 'This process is shutting down. Try again.' },
      usage: nothingUsed,
    };
  }
  scope.close();
  if (outcome.status === 'failed') tellStack(scope, outcome.error, clock);
  if (scope.logging !== undefined) await scope.logging;
  return outcome;
}

/**
 * The stack goes into the run's log, where the plugin's developer looks, and nowhere else. The log names the author's
 * files and lines.
 */
function tellStack(scope: RunScope, { stack, message }: SandboxError, clock: Clock): void {
  if (stack === undefined || stack === '') return;
  scope.log({ timeMs: clock.now(), level: 'error', message: `Uncaught: ${message}`, fields: { stack } });
}
