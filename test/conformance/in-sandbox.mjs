// Runs pieces of script inside the real sandbox: an executor process, an isolate, the prelude, as plugin code is run.
import { createHash } from 'node:crypto';
import { createSandbox } from '@annex/sandbox';

const roomy = {
  wallMs: 120_000,
  cpuMs: 110_000,
  memoryMb: 512,
  resultBytes: 64 * 2 ** 20,
  logLines: 2000,
  logBytes: 2 ** 20,
  hostCalls: 1000,
  hostCallsAtOnce: 100,
};

/**
 * Starts a sandbox. `run` calls the job that a script registers and answers its value; a run that ends otherwise
 * rejects with its code.
 */
export async function startRunner(lower = {}) {
  const limits = { ...roomy, ...lower };
  const sandbox = await createSandbox({
    hostMethods: ['http.request'],
    blankExecutors: 1,
    maxExecutors: 4,
    maxOldSpaceMb: 1024,
  });
  let runs = 0;
  return {
    async run(
      code,
      payload,
      hostCall = () => ({ ok: false, code: 'EGRESS_CONNECT', message: 'there is no network here' }),
    ) {
      runs += 1;
      const sha256 = createHash('sha256').update(code).digest('hex');
      const outcome = await sandbox.run({
        runId: `run_${runs}`,
        tenantId: `ten_${runs % 4}`,
        installationId: `plg_${runs}`,
        isolateKey: `plg_${runs}/${sha256}`,
        bundleSha256: sha256,
        loadBundle: () => Promise.resolve({ code, sha256 }),
        handler: { kind: 'job', index: 0 },
        context: {
          tenant: { id: 'ten_1', slug: 'conformance', name: 'Conformance' },
          user: null,
          plugin: { id: 'plg_1', slug: 'conformance', version: '1.0.0' },
          run: {
            id: `run_${runs}`,
            kind: 'job',
            name: 'conformance',
            attempt: 1,
            deadlineMs: Date.now() + limits.wallMs,
          },
          permissions: [],
          config: {},
          secrets: [],
        },
        payload: JSON.stringify(payload),
        limits,
        hostCall: async (call) => hostCall(call),
        log: () => undefined,
      });
      sandbox.evict(`plg_${runs}`);
      if (outcome.status === 'failed')
        throw Object.assign(new Error(`${outcome.error.code}: ${outcome.error.message}`), { code: outcome.error.code });
      return outcome.result === undefined ? undefined : JSON.parse(outcome.result);
    },
    stop: () => sandbox.stop(),
  };
}
