import type { Emit } from '../emissions.js';
import { makeRealm, turnsOf } from '../main.js';
import { SafeError } from '../primordials.js';
import { bootPython, keepPython } from './boot.js';
import { answerPython, PythonAnswer } from './python-answer.js';
import { PythonRealm } from './python-realm.js';
import type { Pyodide, PythonFiles, PythonScript, WasmScope } from './runtime-types.js';
import { limitWasm } from './wasm-scope.js';

/**
 * As `install` of the prelude, for a realm whose handlers are Python's. The dispatcher has three more functions:
 * `boot`, which begins to start the interpreter, `state`, `''` once it runs and else what is wrong, and `keep`, which
 * answers it as bytes.
 */
export function installPython(
  emitWaiting: Emit,
  emitApart: Emit,
  randomBase64: (bytes: number) => string,
  lazySource: (name: string) => string,
  callNames: string,
  script: PythonScript,
): object {
  const wasm = limitWasm((globalThis as unknown as { WebAssembly: WasmScope }).WebAssembly);
  const realm = makeRealm(emitWaiting, emitApart, randomBase64, lazySource, callNames);
  let state = 'the interpreter is being started';
  let kept: Pyodide | undefined;
  async function start(files: PythonFiles): Promise<void> {
    const python = await bootPython({ script, wasm, randomBase64 }, files);
    if (files.sources !== '') kept = python;
    else join(realm, new PythonRealm(realm, python, randomBase64));
    state = '';
  }
  return {
    ...turnsOf(realm),
    boot(
      shared: Uint8Array,
      stdlib: Uint8Array,
      snapshot: Uint8Array | undefined,
      sources: string,
      memoryMb: number,
    ): void {
      start({ wasm: shared, stdlib, snapshot, sources, memoryMb }).catch((thrown: unknown) => {
        state = `${(thrown as Error).message}\n${(thrown as Error).stack}`;
      });
    },
    state: () => state,
    keep: () => (kept === undefined ? undefined : keepPython(kept)),
  };
}

function join(realm: ReturnType<typeof makeRealm>, python: PythonRealm): void {
  const { sdk, registry } = realm;
  realm.makeCtx = (run, texts) => ({ run, texts });
  realm.answer = (run, kind, result) => {
    if (!(result instanceof PythonAnswer)) return false;
    answerPython(run, kind, result);
    return true;
  };
  realm.sdk = {
    python(packageText: unknown): void {
      if (typeof packageText !== 'string') throw new SafeError('a package in Python is a text');
      python.load(sdk as never, registry, packageText);
    },
  };
}
