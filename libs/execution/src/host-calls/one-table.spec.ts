/* eslint-disable max-len -- programs are easier to read in one line */
/** One table of host calls: what the sandbox offers, what the SDK exports and what is served all follow from it. */
import { createHash } from 'node:crypto';
import { availableHostMethods, hostMethods, type HostHandlers } from '@annex/host-api';
import { silentLogger, systemClock } from '@annex/kernel';
import { pythonScript, sdkExports } from '@annex/manifest';
import { createSandbox, type Sandbox } from '@annex/sandbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scriptOf } from '../../../../test/support/written-plugin.js';
import { sandboxHostMethods } from '../execution.js';
import { hostCallHandlers, type HostCallPorts } from './handlers.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ hostMethods: [...sandboxHostMethods], skipSelfTest: true, logger: silentLogger });
});
afterAll(() => sandbox?.stop());

function pythonBundle(source: string): { code: string; sha256: string } {
  const code = pythonScript({ entry: 'main.py', sources: { 'main.py': source } });
  return { code, sha256: createHash('sha256').update(code).digest('hex') };
}

/** What a job answers that is run without any platform behind it. */
async function run(code: string, language: 'javascript' | 'python' = 'javascript'): Promise<unknown> {
  const bundle = language === 'javascript' ? scriptOf(code) : pythonBundle(code);
  const limits = {
    wallMs: 20_000,
    cpuMs: 10_000,
    memoryMb: 64,
    resultBytes: 1e6,
    logLines: 10,
    logBytes: 1e4,
    hostCalls: 100,
    hostCallsAtOnce: 10,
  };
  const outcome = await sandbox.run({
    runId: 'run_1',
    tenantId: 'ten_1',
    installationId: 'plg_1',
    isolateKey: `plg_1/${bundle.sha256}`,
    language,
    bundleSha256: bundle.sha256,
    loadBundle: () => Promise.resolve(bundle),
    handler: { kind: 'job', index: 0 },
    context: {
      tenant: { id: 't', slug: 't', name: 't' },
      user: null,
      plugin: { id: 'p', slug: 'p', version: '1.0.0' },
      run: { id: 'run_1', kind: 'job', name: 'a', attempt: 1, deadlineMs: Date.now() + 20_000 },
      permissions: [],
      config: {},
    },
    limits,
    hostCall: ({ method }) => Promise.resolve({ ok: false, code: 'ASKED', message: method }),
    log: () => undefined,
  });
  if (outcome.status !== 'succeeded' || outcome.response !== undefined) throw new Error(JSON.stringify(outcome));
  return JSON.parse(outcome.result ?? 'null');
}

it('ctx has a function for every row, and each asks for its own row', async () => {
  const asked = await run(`job('a', async (ctx) => {
      const found = {};
      for (const name of ${JSON.stringify(hostMethods)}) {
        const read = (object, part) => (part === 'shared' ? object.shared('a') : object?.[part]);
        const call = name.split('.').reduce(read, ctx);
        found[name] =
          typeof call === 'function'
            ? await call('a', name === 'http.request' ? {} : '/b').then(
                () => 'answered',
                (error) => error.message,
              )
            : typeof call;
      }
      return found;
    })`);
  expect(asked).toEqual(Object.fromEntries(hostMethods.map((name) => [name, name])));
});

it('ctx in Python has a function for every row, in snake_case, and each asks for its own row', async () => {
  const asked = await run(
    `
import functools
from annex import HostError, job
names = ${JSON.stringify(hostMethods)}
@job('a')
def a(ctx):
    found = {}
    for name in names:
        parts = ''.join(f'_{c.lower()}' if c.isupper() else c for c in name).split('.')
        object = functools.reduce(lambda of, part: of.shared('a') if part == 'shared' else getattr(of, part, None), parts, ctx)
        if not callable(object):
            found[name] = 'no Python call'
            continue
        function = object.__func__
        needed = function.__code__.co_argcount - 1 - len(function.__defaults__ or ())
        try:
            object(*['/b'] * needed)
        except HostError as error:
            found[name] = str(error)
    return found`,
    'python',
  );
  expect(asked).toEqual(Object.fromEntries(hostMethods.map((name) => [name, name])));
}, 60_000);

it('the SDK inside the sandbox exports exactly what an import is checked against', async () => {
  const names = await run(`const names = Object.keys(annexSdk); job('a', () => names)`);
  expect([...(names as string[])].sort()).toEqual([...sdkExports].sort());
});

it('every row is served when every part is joined', () => {
  // Handlers are made of their parts and not asked; any part that is missing leaves its rows unserved.
  const part = new Proxy(() => undefined, { get: () => part, apply: () => undefined }) as unknown;
  const ports = new Proxy(
    { clock: systemClock },
    { get: (target, name) => (name in target ? target[name as 'clock'] : part), has: () => true },
  );
  const handlers = hostCallHandlers(ports as unknown as HostCallPorts) as HostHandlers<unknown>;
  expect(availableHostMethods(handlers).sort()).toEqual([...hostMethods].sort());
});
