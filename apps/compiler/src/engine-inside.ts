/**
 * esbuild as WebAssembly in this process. All that it has of a system are two streams: every file it asks for is not
 * there.
 */
import { readFileSync } from 'node:fs';
import { PassThrough, Writable } from 'node:stream';
import 'esbuild-wasm/wasm_exec.js';

type Done = (error: Error | null, result?: number) => void;
interface GoProgram {
  argv: string[];
  importObject: object;
  exit(code: number): void;
  run(instance: object): Promise<void>;
}
interface Globals {
  fs: Record<string, unknown>;
  Go: new () => GoProgram;
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object;
    instantiate(module: object, imports: object): Promise<object>;
  };
}

const version = '0.28.2';

/** `file`: the module, read at once. */
export function startInside(file: string): { stdin: Writable; stdout: PassThrough } {
  const { fs, Go, WebAssembly } = globalThis as unknown as Globals;
  const stdout = new PassThrough();
  const given: Buffer[] = [];
  let wake: (() => void) | undefined;
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      given.push(chunk);
      wake?.();
      done();
    },
  });
  fs['writeSync'] = (fd: number, bytes: Uint8Array): number => {
    // The memory under the bytes changes as soon as this returns.
    if (fd === 1) stdout.write(Buffer.from(bytes));
    return bytes.length;
  };
  fs['read'] = (
    _fd: number,
    into: Uint8Array,
    offset: number,
    length: number,
    _position: number | null,
    done: Done,
  ): void => {
    const first = given[0];
    if (first === undefined) {
      wake = () => {
        wake = undefined;
        (fs['read'] as (...args: unknown[]) => void)(_fd, into, offset, length, _position, done);
      };
      return;
    }
    const count = Math.min(length, first.length);
    into.set(first.subarray(0, count), offset);
    if (count === first.length) given.shift();
    else given[0] = first.subarray(count);
    done(null, count);
  };
  const go = new Go();
  go.argv = ['', `--service=${version}`];
  go.exit = () => stdout.end();
  const module = new WebAssembly.Module(readFileSync(file));
  void WebAssembly.instantiate(module, go.importObject)
    .then((instance) => go.run(instance))
    .catch(() => stdout.end());
  return { stdin, stdout };
}
