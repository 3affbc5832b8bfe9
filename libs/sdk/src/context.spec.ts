import type { HostMethod } from '@annex/host-api';
import { expect, it } from 'vitest';
import type { Context } from './context.js';

/** The calls of the table that `ctx` has no type for. */
type Untyped = {
  [M in HostMethod]: M extends `${infer Namespace}.${infer Name}`
    ? Namespace extends keyof Context
      ? Name extends keyof Context[Namespace]
        ? Context[Namespace][Name] extends (...args: never[]) => Promise<unknown>
          ? never
          : M
        : M
      : M
    : M extends keyof Context
      ? Context[M] extends (...args: never[]) => Promise<unknown>
        ? never
        : M
      : M;
}[HostMethod];

it('the type of ctx has every call of the table, and each answers a promise', () => {
  // Does not compile, and names the call, when one is missing.
  const complete: [Untyped] extends [never] ? true : Untyped = true;
  expect(complete).toBe(true);
});
