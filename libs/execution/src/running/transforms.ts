import type { Id, Json } from '@annex/kernel';
import { atDepth } from '../cause.js';
import type { RunRecorder } from '../recording/run-recorder.js';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';
import { runInSandbox, type SandboxParts } from './run-in-sandbox.js';
import { RunScope, type RunStart, type ScopeParts } from './run-scope.js';

/** A call of a webhook's transform. */
export interface TransformCall {
  snapshot: InstallationSnapshot;
  /** Place of its handler in the bundle of transforms. */
  index: number;
  run: { id: Id<'run'>; name: string; attempt: number; depth: number };
  /** Its first argument, and its second if it has one before `ctx`. */
  first: Json;
  second?: Json;
  signal: AbortSignal;
}

/** How a transform ended. `result`: JSON text, or `undefined` when it answered nothing. */
export type TransformEnding = { limits: Json } & (
  | { status: 'succeeded'; result: string | undefined }
  | { status: 'failed'; error: { code: string; message: string }; retryAfterMs?: number }
);

export interface TransformParts extends SandboxParts {
  scope: ScopeParts;
  recorder: RunRecorder;
}

/**
 * Runs a function that makes or looks at a webhook's body, in the sandbox and within the limits of webhooks. It
 * computes and does nothing else: its host calls are refused. Never rejects.
 */
export async function runTransform(
  parts: TransformParts,
  { snapshot, index, run, first, second, signal }: TransformCall,
): Promise<TransformEnding> {
  const { transforms } = snapshot;
  const limits = snapshot.limits('webhook');
  if (!transforms)
    return {
      status: 'failed',
      error: { code: 'HANDLER_MISSING', message: 'The active release has no such transform.' },
      limits: {},
    };
  const start: RunStart = {
    snapshot,
    index,
    kind: 'webhook',
    name: run.name,
    runId: run.id,
    attempt: run.attempt,
    cause: atDepth(run.depth),
    user: null,
    runLimits: limits.run,
    sandboxLimits: limits.sandbox,
    request: undefined,
    payload: undefined,
    signal,
    staged: false,
  };
  const scope = new RunScope(parts.scope, start, 'event');
  const outcome = await runInSandbox(parts, scope, {
    runId: scope.runId,
    lane: 'background',
    tenantId: scope.tenantId,
    installationId: scope.installationId,
    isolateKey: `${scope.isolateKey}/transforms`,
    language: transforms.language,
    bundleSha256: transforms.bundleSha256,
    loadBundle: () => transforms.loadBundle(),
    handler: scope.handler,
    context: scope.context,
    payload: JSON.stringify({ first, ...(second !== undefined && { second }), webhook: { name: run.name } }),
    limits: scope.limits,
    hostCall: ({ method }) =>
      Promise.resolve({
        ok: false,
        code: 'PERMISSION_DENIED',
        message:
          `${method} is not there in a transform, which computes and does nothing else. Do it in a hook, and hand ` +
          'over the result with ctx.webhooks.send.',
      }),
    log: (line) => scope.log(line),
    signal,
  });
  const used = parts.recorder.count(scope, outcome);
  if (scope.logLines > 0 || scope.isRecorded) await parts.recorder.flushSoon(scope.tenantId);
  const kept = Object.fromEntries(
    Object.entries(used).map(([name, each]) => [name, { used: each.used, max: each.max }]),
  );
  if (outcome.status === 'failed') {
    const { retryAfterMs } = outcome.error;
    return {
      status: 'failed',
      error: scope.explain(outcome.error),
      limits: kept,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }
  return { status: 'succeeded', result: outcome.response === undefined ? outcome.result : undefined, limits: kept };
}
