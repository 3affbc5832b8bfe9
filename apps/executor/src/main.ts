/**
 * The program that runs plugin code: a child without environment, network or files, that speaks over one inherited
 * stream (fd 3).
 * `node [flags] executor.mjs <addon> [folder of Python]`. Started by libs/sandbox/src/confinement; everything it
 * decides is in libs/sandbox/src/isolate.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  confinementReport,
  dropPermissions,
  Executor,
  FrameReader,
  FrameWriter,
  loadAddon,
  lookAround,
  readPython,
  readToExecutor,
  TurnGuard,
  writeFromExecutor,
} from '@annex/sandbox/executor';

const parentGone = 0;
const lostControl = 70;

if (Number(process.versions.node.split('.')[0]) < 26) {
  console.error(`the executor needs Node 26, this is ${process.version}`);
  process.exit(lostControl);
}
process.title = 'annex-exec';
const pythonFolder = process.argv[3];
const folder = pythonFolder ?? dirname(fileURLToPath(import.meta.url));
const addon = loadAddon(process.argv[2] ?? '');
const prelude = { code: readFileSync(join(folder, 'prelude.js'), 'utf8') };
const lazyFile = /^lazy-(.+)\.js$/;
const lazyNames = readdirSync(folder).flatMap((file) => lazyFile.exec(file)?.[1] ?? []);
const lazy = new Map(lazyNames.map((name) => [name, readFileSync(join(folder, `lazy-${name}.js`), 'utf8')]));
const python = pythonFolder === undefined ? undefined : readPython(pythonFolder);
const surroundings = lookAround();
dropPermissions();

const guard = new TurnGuard(addon);
function exit(code: number): never {
  guard.stop();
  process.exit(code);
}

const socket = new Socket({ fd: 3, readable: true, writable: true });
const writer = new FrameWriter();
/**
 * While a chunk of messages is worked off, what is said about them leaves in one write, which costs as much as a run;
 * but the parent does not wait for it longer than this, in milliseconds.
 */
const holdMs = 1;
let isFlushing = false;
let isReading = false;
let flushedAt = 0;
function flush(): void {
  isFlushing = false;
  const chunk = writer.take();
  if (chunk !== undefined) socket.write(chunk);
}

const executor = new Executor({
  addon,
  guard,
  prelude,
  lazySource: (name) => lazy.get(name) ?? '',
  python,
  now: () => performance.now(),
  report: () => confinementReport(surroundings),
  send(message) {
    writeFromExecutor(writer, message);
    if (isReading) {
      const nowMs = performance.now();
      if (nowMs - flushedAt < holdMs) return;
      flushedAt = nowMs;
      flush();
    } else if (!isFlushing) {
      isFlushing = true;
      queueMicrotask(flush);
    }
  },
});
const reader = new FrameReader(256 * 1024 * 1024, (frame) => executor.handle(readToExecutor(frame)));

for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, () => exit(lostControl));
socket.on('error', () => exit(parentGone));
socket.on('close', () => exit(parentGone));
socket.on('data', (chunk: Buffer) => {
  isReading = true;
  flushedAt = performance.now();
  reader.push(chunk);
  isReading = false;
  flush();
});
