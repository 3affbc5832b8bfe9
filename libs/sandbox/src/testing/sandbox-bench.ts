/** A sandbox of the suite's own. For specs. */
import { afterAll, beforeAll } from 'vitest';
import { createSandbox, type RunRequest, type Sandbox } from '../index.js';
import { runOf, valueOf } from './runs.js';

export let sandbox: Sandbox;

export async function respond(handler: string, over: Partial<RunRequest> = {}): Promise<unknown> {
  return valueOf(await sandbox.run(runOf(`route('/', ${handler})`, { kind: 'route', ...over })));
}

export async function answer(handler: string, over: Partial<RunRequest> = {}): Promise<unknown> {
  return valueOf(await sandbox.run(runOf(`job('j', ${handler})`, over)));
}

/** Starts `sandbox` before the tests of a suite, and stops it after. */
export function openSandbox(): void {
  beforeAll(async () => {
    sandbox = await createSandbox({ hostMethods: ['kv.get', 'kv.set', 'jobs.runNow', 'emit', 'files.read'] });
  });
  afterAll(() => sandbox.stop());
}
