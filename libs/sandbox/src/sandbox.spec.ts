import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Bundle, type RunRequest, type Sandbox } from './index.js';

function bundleOf(code: string): Bundle {
  const text = `(function (annexSdk) { ${code} })`;
  return { code: text, sha256: createHash('sha256').update(text).digest('hex') };
}

let runs = 0;
export function runOf(code: string, over: Partial<RunRequest> = {}): RunRequest {
  const bundle = bundleOf(code);
  runs += 1;
  return {
    runId: `run_${runs}`,
    tenantId: 'ten_1',
    installationId: 'plg_1',
    isolateKey: `plg_1 ${bundle.sha256}`,
    bundleSha256: bundle.sha256,
    loadBundle: () => Promise.resolve(bundle),
    handler: { kind: 'job', index: 0 },
    context: {
      tenant: { id: 'ten_1', slug: 'demo', name: 'Demo' },
      user: { id: 'usr_1' },
      plugin: { id: 'plg_1', slug: 'probe', version: '1.0.0' },
      run: { id: `run_${runs}`, kind: 'job', name: 'j', attempt: 1, deadlineMs: Date.now() + 5000 },
      permissions: ['outbound_http'],
      config: { channel: '#ops' },
      secrets: ['API_KEY'],
    },
    payload: '{}',
    limits: { wallMs: 5000, cpuMs: 1000, memoryMb: 100, resultBytes: 1_048_576, logLines: 1000, logBytes: 262_144, hostCalls: 200, hostCallsAtOnce: 20 },
    hostCall: async ({ method, args }) => ({ ok: true, value: JSON.stringify({ method, args: JSON.parse(args) as unknown }) }),
    log: () => undefined,
    ...over,
  };
}

describe('the sandbox', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await createSandbox({ hostMethods: ['kv.get', 'emit'] });
  });
  afterAll(() => sandbox.stop());

  it('runs a job and gives its result', async () => {
    const outcome = await sandbox.run(runOf(`annexSdk.job('j', async (ctx, payload) => ({ t: ctx.tenantId, c: ctx.config, k: await ctx.kv.get('a') }));`));
    expect(outcome).toMatchObject({ status: 'succeeded', result: JSON.stringify({ t: 'demo', c: { channel: '#ops' }, k: { method: 'kv.get', args: ['a'] } }) });
  });
});
