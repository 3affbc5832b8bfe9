/**
 * The program that checks one package: a child without environment, network or files, that speaks over one inherited
 * stream (fd 3) and ends with its report. `node [flags] compiler.mjs`. Started by libs/sandbox/src/compiler; what it
 * checks is in libs/manifest, and for templates in libs/templates.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { checkPackage } from '@annex/manifest';
import { confinementReport, dropPermissions, lookAround } from '@annex/sandbox/executor';
import { CheckProgram } from '@annex/sandbox/compiler';
import { findTemplateFaults } from '@annex/templates';
import { build, initialize } from 'esbuild';

const parentGone = 0;
const lostControl = 70;
for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, () => process.exit(lostControl));
process.title = 'check';
// esbuild's library looks for its binary once, and finds the stream to the engine instead.
await initialize({});
const surroundings = lookAround();
dropPermissions();

/** What of the disk can be read here, by this process or by its engine; nothing should. */
async function seen(): Promise<string[]> {
  const found: string[] = [];
  for (const path of ['/etc/passwd', '/proc/self/environ']) {
    const [here, there] = await Promise.allSettled([
      readFile(path),
      build({
        entryPoints: [path],
        bundle: true,
        write: false,
        outfile: 'x.js',
        loader: { '': 'text' },
        logLevel: 'silent',
      }),
    ]);
    if (here.status === 'fulfilled') found.push(path);
    if (there.status === 'fulfilled') found.push(`engine: ${path}`);
  }
  for (const folder of ['/', process.cwd()]) {
    try {
      readdirSync(folder);
      found.push(folder);
    } catch {
      // As it should be.
    }
  }
  return found;
}

const socket = new Socket({ fd: 3, readable: true, writable: true });
socket.on('error', () => process.exit(parentGone));
socket.on('close', () => process.exit(parentGone));
const program = new CheckProgram({
  check: (bytes, options) => checkPackage(bytes, { ...options, findTemplateFaults }),
  send: (parts) => parts.forEach((part) => socket.write(part)),
});
socket.on('data', (chunk: Buffer) => program.push(chunk));
program.ready(JSON.parse(confinementReport(surroundings)) as object, await seen());
