/** Go's own loader: makes `globalThis.Go`, and a `globalThis.fs` in which every call fails. */
declare module 'esbuild-wasm/wasm_exec.js';
