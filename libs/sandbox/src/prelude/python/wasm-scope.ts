import { construct, defineProperty, SafeError } from '../primordials.js';
import type { WasmMemory, WasmScope } from './runtime-types.js';

const pageBytes = 65_536;
/** Trampolines that the interpreter makes while it runs are smaller. */
const maxLateModuleBytes = 1024;

export interface LimitedWasm {
  scope: WasmScope;
  /** From now on only trampolines are compiled, and memory grows by so many bytes at most. */
  limit(memory: WasmMemory, growthBytes: number): void;
}

/**
 * What the interpreter's script sees as `WebAssembly`. Plugin code must not get at the real one: memory of its own
 * would count nowhere. So the constructors behind the prototypes go, and the one memory there is grows to a limit.
 */
export function limitWasm(real: WasmScope): LimitedWasm {
  const { Module, Memory } = real;
  let isLimited = false;
  const LateModule = function (bytes: { byteLength?: number }) {
    if (isLimited && !((bytes.byteLength ?? Infinity) <= maxLateModuleBytes))
      throw new SafeError('a WebAssembly module that is none of the interpreter');
    return construct(Module, [bytes]);
  } as unknown as WasmScope['Module'];
  LateModule.prototype = Module.prototype as object;
  const statics = Module as unknown as Record<string, unknown>;
  for (const name of ['customSections', 'exports', 'imports'])
    (LateModule as unknown as Record<string, unknown>)[name] = statics[name];
  const scope = { ...copyOf(real), Module: LateModule } as WasmScope;
  const grow = Memory.prototype.grow;
  const apply = Reflect.apply;
  return {
    scope,
    limit(memory, growthBytes) {
      const mostBytes = memory.buffer.byteLength + growthBytes;
      isLimited = true;
      defineProperty(Memory.prototype, 'grow', {
        configurable: false,
        writable: false,
        value(this: WasmMemory, pages: number) {
          const wanted = memory.buffer.byteLength + pages * pageBytes;
          if (this !== memory || !(wanted <= mostBytes)) throw new SafeError('the memory of the plugin is used up');
          return apply(grow, memory, [pages]) as number;
        },
      });
      for (const name of ['Module', 'Instance', 'Memory', 'Table', 'Global', 'Tag', 'Exception']) {
        const { prototype } = (real[name] ?? {}) as { prototype?: { constructor?: unknown } };
        if (prototype !== undefined) delete prototype.constructor;
      }
    },
  };
}

function copyOf(real: WasmScope): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of Object.getOwnPropertyNames(real)) copy[name] = real[name];
  return copy;
}
