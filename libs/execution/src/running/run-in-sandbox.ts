import { messageOf, tracing, type Clock, type Logger, type Span } from '@annex/kernel';
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
  const span = beginSpan(scope);
  const end = (outcome: RunOutcome): void => {
    scope.close();
    if (span !== undefined) endSpan(span, outcome);
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

/** The executor's part. What the handler asks of the host is a part of it, wherever the question comes from. */
function beginSpan(scope: RunScope): Span | undefined {
  const tracer = tracing();
  if (tracer === undefined) return undefined;
  const attributes = { 'annex.run': scope.runId, 'annex.plugin': scope.snapshot.slug, 'annex.tenant': scope.tenantId };
  scope.span = tracer.start(`execute ${scope.kind} ${scope.name}`, { attributes });
  return scope.span;
}

function endSpan(span: Span, outcome: RunOutcome): void {
  const { cpuMs, memoryMb, hostCalls } = outcome.usage;
  span.set({ 'annex.cpu_ms': cpuMs, 'annex.memory_mb': memoryMb, 'annex.host_calls': hostCalls });
  span.end(outcome.status === 'failed' ? outcome.error.code : undefined);
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
