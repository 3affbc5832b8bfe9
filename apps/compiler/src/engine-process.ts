/**
 * Stands in for `node:child_process` in esbuild's library: this process starts none. Its engine was started by the
 * parent, behind walls of its own, and waits on descriptors 4 (what it reads) and 5 (what it writes); or it runs in
 * here, as WebAssembly without a file system.
 */
import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { startInside } from './engine-inside.js';

let isTaken = false;

export function spawn(): object {
  const idle = { on() {}, ref() {}, unref() {}, kill() {} };
  // There is one engine. Whoever asks for another after it has ended learns that it has.
  if (isTaken) return { ...idle, stdin: new PassThrough(), stdout: new PassThrough().end() };
  isTaken = true;
  const wasm = process.argv[2];
  if (wasm !== undefined) return { ...idle, ...startInside(wasm) };
  const stdin = new Socket({ fd: 4, readable: false, writable: true });
  const stdout = new Socket({ fd: 5, readable: true, writable: false });
  stdout.on('error', () => undefined);
  return { ...idle, stdin, stdout };
}
