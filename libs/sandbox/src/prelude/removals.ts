import { construct, defineProperty, SafeTypeError } from './primordials.js';

/**
 * Takes away what the heap limit does not count: WebAssembly memories, shared buffers, resizable buffers. Gigabytes of
 * these fit into an isolate with a limit of 32 MB.
 */
export function removeUncountedMemory(): void {
  const scope = globalThis as Record<string, unknown>;
  delete scope.WebAssembly;
  delete scope.SharedArrayBuffer;
  delete scope.Atomics;
  const Native = ArrayBuffer;
  const FixedArrayBuffer = function (this: unknown, length?: number) {
    if (new.target === undefined) throw new SafeTypeError("Constructor ArrayBuffer requires 'new'");
    return construct(Native, [length], new.target);
  } as unknown as ArrayBufferConstructor;
  const hidden = { configurable: true, enumerable: false, writable: true } as const;
  defineProperty(FixedArrayBuffer, 'name', { value: 'ArrayBuffer', configurable: true });
  defineProperty(FixedArrayBuffer, 'length', { value: 1, configurable: true });
  defineProperty(FixedArrayBuffer, 'prototype', { value: Native.prototype, writable: false, configurable: false });
  defineProperty(FixedArrayBuffer, 'isView', { ...hidden, value: Native.isView });
  defineProperty(FixedArrayBuffer, Symbol.species, {
    configurable: true,
    get(this: unknown) {
      return this;
    },
  });
  const prototype = Native.prototype as unknown as Record<string, unknown>;
  for (const name of ['resize', 'resizable', 'maxByteLength']) delete prototype[name];
  defineProperty(prototype, 'constructor', { ...hidden, value: FixedArrayBuffer });
  defineProperty(scope, 'ArrayBuffer', { ...hidden, value: FixedArrayBuffer });
}

/**
 * Stack traces are made by V8 alone: a plugin's `prepareStackTrace` would run outside of what a handler may catch and
 * see call sites.
 */
export function fixStackTraces(): void {
  defineProperty(Error, 'prepareStackTrace', {
    configurable: false,
    enumerable: false,
    get: () => undefined,
    set: () => undefined,
  });
}
