import { utf8Decode, utf8Encode } from '../web/encoding.js';
import type { LimitedWasm } from './wasm-scope.js';
import type { Pyodide, PythonFiles, PythonScript, WasmMemory } from './runtime-types.js';
import { readSnapshot, writeSnapshot } from './snapshot.js';

const home = '/py/';
const lock = {
  info: { abi_version: '2026_0', arch: 'wasm32', platform: 'emscripten', python: '3.14.2', version: 'none' },
  packages: {},
};

export interface BootParts {
  script: PythonScript;
  wasm: LimitedWasm;
  randomBase64(bytes: number): string;
}

/** Settles once the interpreter runs and the modules of the platform are in it. Rejects when it does not start. */
export async function bootPython(parts: BootParts, files: PythonFiles): Promise<Pyodide> {
  const { wasm } = parts;
  const { scope } = wasm;
  const kept = files.snapshot === undefined ? undefined : readSnapshot(files.snapshot, utf8Decode);
  let memory: WasmMemory | undefined;
  const { create, loadPyodide } = parts.script(scope, shell(parts.randomBase64, files.stdlib));
  const pyodide = await loadPyodide({
    indexURL: home,
    lockFileContents: lock,
    fullStdLib: false,
    _makeSnapshot: kept === undefined,
    ...(kept === undefined ? {} : { _loadSnapshot: new Uint8Array(16) }),
    async createPyodideModule(settings: Record<string, unknown>) {
      settings.instantiateWasm = (
        imports: { env: Record<string, unknown> },
        done: (instance: object, module: object) => void,
      ) => {
        const failed = Symbol('failed');
        imports.env.Jsv_GetError_import = () => failed;
        imports.env.JsvError_Check = (value: unknown) => value === failed;
        const module = new scope.Module(files.wasm);
        const instance = new scope.Instance(module, imports);
        memory = instance.exports.memory as WasmMemory;
        const missing = (kept?.memoryBytes ?? 0) - memory.buffer.byteLength;
        if (missing > 0) memory.grow(missing / 65_536);
        done(instance, module);
        return {};
      };
      const made = (await create(settings)) as Pyodide['_module'];
      if (kept !== undefined) {
        (settings.API as Record<string, unknown>).restoreSnapshot = () =>
          kept.restore(new Uint8Array(made.HEAP8.buffer));
      }
      return made;
    },
  });
  if (memory === undefined) throw new Error('the interpreter has no memory');
  // Pyodide would leave whatever is under way first, by a timer; a run enters from outside, where nothing is.
  pyodide._api.scheduleCallback = (callback: () => void) => queueMicrotask(callback);
  // Whatever ends the interpreter ends the isolate; nothing is to be written about it meanwhile.
  pyodide._api.fatal_error = (thrown: unknown): never => {
    throw thrown;
  };
  if (files.sources !== '') placeSources(pyodide, files.sources);
  wasm.limit(memory, files.memoryMb * 2 ** 20);
  return pyodide;
}

/** Puts the platform's modules in, and has them loaded. */
function placeSources(pyodide: Pyodide, sources: string): void {
  pyodide.FS.mkdirTree('/annex/annex');
  for (const [name, text] of Object.entries(JSON.parse(sources) as Record<string, string>))
    pyodide.FS.writeFile(`/annex/annex/${name}`, text);
  pyodide.runPython("import sys; sys.path.insert(0, '/annex'); from annex import _prepare; sys.path.remove('/annex')");
}

/** The interpreter as bytes, for isolates to come. Only of one that started from nothing and ran no plugin. */
export function keepPython(pyodide: Pyodide): Uint8Array {
  const made = (pyodide._api.makeSnapshot as () => Uint8Array)();
  const head = new Uint32Array(made.buffer, 0, 4);
  const [, heapAt = 0, jsonBytes = 0] = head;
  const json = made.subarray(48, 48 + jsonBytes);
  return writeSnapshot(utf8Encode(utf8Decode(json)), made.subarray(heapAt));
}

/** What the script takes for a shell: its files are in memory already, and its one program makes random bytes. */
function shell(randomBase64: (bytes: number) => string, stdlib: Uint8Array): Parameters<PythonScript>[1] {
  const nothing = (): never => {
    throw new Error('there are no files here');
  };
  return {
    read: nothing,
    load: nothing,
    readbuffer: (name: string) => (name.endsWith('python_stdlib.zip') ? stdlib.slice().buffer : new ArrayBuffer(0)),
    os: {
      system: (_program: string, args: string[]) => randomBase64(Number(/head -c(\d+)/.exec(args[1] ?? '')?.[1] ?? 0)),
    },
    location: { toString: () => home },
    setTimeout: (callback: () => void) => queueMicrotask(callback),
  };
}
