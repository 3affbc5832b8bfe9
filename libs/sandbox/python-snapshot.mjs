/**
 * Starts the interpreter from nothing, in an isolate as an executor makes one, and writes it down for those to come.
 * `node [flags] python-snapshot.mjs <folder> <file>`
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ivm from 'isolated-vm';

const [folder, target] = process.argv.slice(2);
const read = (name) => readFileSync(join(folder, name));

function shared(name) {
  const bytes = read(name);
  const place = new Uint8Array(new SharedArrayBuffer(bytes.length));
  place.set(bytes);
  return new ivm.ExternalCopy(place).copyInto({ release: true });
}

const isolate = new ivm.Isolate({ memoryLimit: 512 });
const context = isolate.createContextSync();
const evaluate = (name) =>
  isolate.compileScriptSync(String(read(name)), { filename: 'annex' }).runSync(context, { reference: true });
const nothing = new ivm.Callback(() => undefined, { sync: true });
const install = evaluate('prelude.js');
const dispatcher = install.applySync(
  undefined,
  [
    nothing,
    nothing,
    new ivm.Callback((bytes) => randomBytes(bytes).toString('base64'), { sync: true }),
    new ivm.Callback((name) => String(read(`lazy-${name}.js`)), { sync: true }),
    '[]',
    evaluate('pyodide.js').derefInto(),
  ],
  { result: { reference: true } },
);
const enter = (name, args = [], options = {}) =>
  dispatcher.getSync(name, { reference: true }).applySync(undefined, args, options);
const sources = String(read('sources.json'));
enter('boot', [shared('pyodide.asm.wasm'), shared('python_stdlib.zip'), undefined, sources, 512]);
const state = enter('state');
if (state !== '') throw new Error(state);
writeFileSync(target, enter('keep', [], { result: { copy: true } }));
isolate.dispose();
