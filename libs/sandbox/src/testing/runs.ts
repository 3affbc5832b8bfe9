/** Requests for specs: a bundle out of a function body, and a run of one of its handlers. */
import { createHash } from 'node:crypto';
import type { Bundle, Registration, RouteRequest, RunOutcome, RunRequest } from '../sandbox.js';

const sdkNames = [
  'route',
  'job',
  'hook',
  'filter',
  'health',
  'onInstall',
  'onConfigChange',
  'NonRetryable',
  'RetryAfter',
];

/** A bundle as libs/manifest would make it: `body` sees the SDK's exports by name. */
export function bundleOf(body: string): Bundle {
  const code = `(function (annexSdk) { "use strict"; const { ${sdkNames.join(', ')} } = annexSdk; ${body} })`;
  return { code, sha256: createHash('sha256').update(code).digest('hex') };
}

/** So much time that it decides nothing, however busy the machine is. */
export const usualLimits = {
  wallMs: 60_000,
  cpuMs: 20_000,
  memoryMb: 64,
  resultBytes: 1_048_576,
  logLines: 100,
  logBytes: 65_536,
  hostCalls: 50,
  hostCallsAtOnce: 10,
};

export const getRequest: RouteRequest = {
  method: 'GET',
  url: 'http://annex.test/ext/probe/?a=1',
  headers: [['host', 'annex.test']],
  params: {},
  query: {},
  body: null,
};

let runs = 0;

/** A run of the handler that `body` registers first (or as number `index`), of the given kind. */
export function runOf(
  body: string,
  { kind = 'job', index = 0, ...over }: Partial<RunRequest> & { kind?: Registration['kind']; index?: number } = {},
): RunRequest {
  const bundle = bundleOf(body);
  const tenantId = over.tenantId ?? 'ten_1';
  runs += 1;
  return {
    runId: `run_${runs}`,
    tenantId,
    installationId: `plg of ${tenantId}`,
    isolateKey: `${tenantId} ${bundle.sha256}`,
    bundleSha256: bundle.sha256,
    loadBundle: () => Promise.resolve(bundle),
    handler: { kind, index },
    context: {
      tenant: { id: tenantId, slug: 'demo', name: 'Demo' },
      user: { id: 'usr_1', email: 'a@demo.test' },
      plugin: { id: 'plg_1', slug: 'probe', version: '1.2.3' },
      run: { id: `run_${runs}`, kind, name: 'probe', attempt: 2, deadlineMs: 1_900_000_000_000 },
      permissions: ['outbound_http', 'db.read'],
      config: { channel: '#ops', list: [1] },
    },
    ...(kind === 'route' ? { request: getRequest } : {}),
    limits: usualLimits,
    hostCall: ({ method, args }) =>
      Promise.resolve({ ok: true, value: JSON.stringify({ method, args: JSON.parse(args) as unknown }) }),
    log: () => undefined,
    ...over,
  };
}

/** The value a run gave; throws what it failed with. */
export function valueOf(outcome: RunOutcome): unknown {
  if (outcome.status === 'failed') throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  if (outcome.response === undefined)
    return outcome.result === undefined ? undefined : (JSON.parse(outcome.result) as unknown);
  return outcome.response;
}

/** The code a run failed with, or `succeeded`. */
export function endOf(outcome: RunOutcome): string {
  return outcome.status === 'failed' ? outcome.error.code : 'succeeded';
}
