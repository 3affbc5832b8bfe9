/** A run of a plugin in Python. For specs. */
import { createHash } from 'node:crypto';
import { pythonScript } from '@annex/manifest';
import type { HostCall, HostCallAnswer, RunOutcome, RunRequest } from '../sandbox.js';

export interface PythonRun {
  /** `main.py`. */
  source: string;
  /** Other files of the package, by path. */
  files?: Record<string, string>;
  kind?: RunRequest['handler']['kind'];
  index?: number;
  payload?: unknown;
  request?: RunRequest['request'];
  hostCall?: (call: HostCall) => Promise<HostCallAnswer>;
  limits?: Partial<RunRequest['limits']>;
  tenantId?: string;
}

let number = 0;

/** What a handler that is no route's came to, or why it failed. */
export function resultOf(outcome: RunOutcome): unknown {
  if (outcome.status === 'failed') return outcome.error;
  return JSON.parse((outcome.response === undefined ? outcome.result : undefined) ?? 'null') as unknown;
}

/** What a sandbox is asked for. Limits are such that they decide nothing. */
export function pythonRun(given: PythonRun): RunRequest {
  const code = pythonScript({ entry: 'main.py', sources: { 'main.py': given.source, ...given.files } });
  const sha256 = createHash('sha256').update(code).digest('hex');
  const kind = given.kind ?? 'job';
  const runId = `run_${(number += 1)}`;
  return {
    runId,
    tenantId: given.tenantId ?? 'acme',
    installationId: 'inst',
    isolateKey: sha256,
    language: 'python',
    bundleSha256: sha256,
    loadBundle: () => Promise.resolve({ code, sha256 }),
    handler: { kind, index: given.index ?? 0 },
    context: {
      tenant: { id: 'ten_1', slug: 'acme', name: 'Acme' },
      user: { id: 'usr_1', email: 'a@acme.test' },
      plugin: { id: 'plg_1', slug: 'demo', version: '1.0.0' },
      run: { id: runId, kind, name: 'x', attempt: 1, deadlineMs: 0 },
      permissions: ['db.read'],
      config: { channel: '#ops' },
    },
    ...(given.request === undefined ? {} : { request: given.request }),
    ...(given.payload === undefined ? {} : { payload: JSON.stringify(given.payload) }),
    limits: {
      wallMs: 30_000,
      cpuMs: 10_000,
      memoryMb: 100,
      resultBytes: 1_000_000,
      logLines: 1000,
      logBytes: 100_000,
      hostCalls: 1000,
      hostCallsAtOnce: 6,
      ...given.limits,
    },
    hostCall: given.hostCall ?? (() => Promise.resolve({ ok: true, value: 'null' })),
    log: () => undefined,
  };
}
