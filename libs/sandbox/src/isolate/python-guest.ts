/** What a guest needs beside the prelude to run Python: the interpreter's script, its code and its kept memory. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type ivm from 'isolated-vm';
import { sandboxLimits } from '@annex/limits/sandbox';
import type { Addon } from './addon.js';

/** Shared by all isolates of an executor; they copy what they change. */
export interface PythonParts {
  /** Text of the interpreter's script. */
  script: string;
  wasm: Uint8Array;
  stdlib: Uint8Array;
  snapshot: Uint8Array;
}

/** V8 heap of an isolate with Python in it, in megabytes: the plugin's own memory is the interpreter's. */
export const pythonHeapMb = sandboxLimits.pythonHeapMb;

/** Reads the parts from the folder that libs/sandbox/python-bundle.mjs makes. */
export function readPython(folder: string): PythonParts {
  // Read where it stays: a copy of all of it would count as the executor's memory until someone collects it.
  const shared = (name: string): Uint8Array => {
    const file = openSync(join(folder, name), 'r');
    try {
      const place = new Uint8Array(new SharedArrayBuffer(fstatSync(file).size));
      for (let at = 0; at < place.length;) {
        const read = readSync(file, place, at, place.length - at, at);
        if (read === 0) throw new Error(`${name} is shorter than it was`);
        at += read;
      }
      return place;
    } finally {
      closeSync(file);
    }
  };
  return {
    script: readFileSync(join(folder, 'pyodide.js'), 'utf8'),
    wasm: shared('pyodide.asm.wasm'),
    stdlib: shared('python_stdlib.zip'),
    snapshot: shared('snapshot.bin'),
  };
}

/** The script's function, as an argument of the prelude's `installPython`. */
export function pythonScript(isolate: ivm.Isolate, context: ivm.Context, { script }: PythonParts): ivm.Transferable {
  const compiled = isolate.compileScriptSync(script, { filename: 'annex' });
  const made = compiled.runSync(context, { reference: true }) as ivm.Reference<unknown>;
  compiled.release();
  return made.derefInto({ release: true }) as ivm.Transferable;
}

type Dispatcher = ivm.Reference<object>;

/** Starts the interpreter. Throws when it does not run then; only the platform's own code has run yet. */
export function bootPython(addon: Addon, dispatcher: Dispatcher, parts: PythonParts, memoryMb: number): void {
  const copy = (bytes: Uint8Array): unknown => new addon.ExternalCopy(bytes).copyInto({ release: true });
  const { wasm, stdlib, snapshot } = parts;
  enter(dispatcher, 'boot', [copy(wasm), copy(stdlib), copy(snapshot), '', memoryMb]);
  const state = enter(dispatcher, 'state', []);
  if (state !== '') throw new Error(`Python did not start: ${String(state)}`);
}

function enter(dispatcher: Dispatcher, name: string, args: unknown[]): unknown {
  const reference = dispatcher.getSync(name as never, { reference: true }) as unknown as ivm.Reference<
    (...args: unknown[]) => unknown
  >;
  const answer = reference.applySync(undefined, args as []);
  reference.release();
  return answer;
}
