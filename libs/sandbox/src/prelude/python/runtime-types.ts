/** The parts of Pyodide that are used here; it brings types for browsers and Node only. */

/** A function of Python's, as JavaScript holds it. */
export interface PythonFunction {
  (...args: unknown[]): unknown;
  /** Runs it on a stack of its own, so that it may be suspended. */
  callPromising(...args: unknown[]): Promise<unknown>;
}

export interface Pyodide {
  runPython(code: string): unknown;
  FS: { mkdirTree(path: string): void; writeFile(path: string, text: string): void };
  _api: Record<string, unknown>;
  _module: Record<string, unknown> & { HEAP8: Int8Array };
}

/** What the executor hands to the isolate: shared with it, and let go of once the interpreter runs. */
export interface PythonFiles {
  wasm: Uint8Array;
  stdlib: Uint8Array;
  /** Pages of the kept interpreter; left out: it starts from nothing. */
  snapshot: Uint8Array | undefined;
  /** JSON of Python sources by path; `''` with a snapshot, which holds them. */
  sources: string;
  /** Growth of the interpreter's memory that the plugin may use, in megabytes (2^20 bytes). */
  memoryMb: number;
}

/** The members of `WebAssembly`, for which the prelude has no types. */
export interface WasmMemory {
  buffer: ArrayBuffer;
  grow(pages: number): number;
}

export interface WasmScope {
  Module: new (bytes: unknown) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
  Memory: { prototype: WasmMemory };
  [name: string]: unknown;
}

/** Evaluates the interpreter's script in a scope that supplies what a shell would. */
export type PythonScript = (
  wasm: WasmScope,
  scope: Record<'read' | 'readbuffer' | 'load' | 'os' | 'location' | 'setTimeout', unknown>,
) => {
  create(settings: Record<string, unknown>): Promise<unknown>;
  loadPyodide(config: Record<string, unknown>): Promise<Pyodide>;
};
