import { getPriority } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../index.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ skipSelfTest: true });
});
afterAll(() => sandbox?.stop());

it('gives the processor to the parent first', () => {
  const { executors } = sandbox.stats();
  expect(executors.length).toBeGreaterThan(0);
  for (const { pid } of executors) expect(getPriority(pid)).toBeGreaterThan(getPriority());
});
