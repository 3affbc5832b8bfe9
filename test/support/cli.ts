/** The command line as its users start it: a program of its own, in a folder, with a home of the test's own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = join(root, 'apps/cli/bin/annex.mjs');

export interface Ended {
  code: number | null;
  out: string;
  err: string;
  /** What `--json` answered. */
  // A test looks at many shapes; each expectation says which it wants.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json(): any;
}

export interface CommandLine {
  /** A folder in which `@annex/*` are found as if they were installed. */
  folder: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  remove(): void;
}

export interface RunOptions {
  /** Below the folder. */
  in?: string;
  stdin?: string;
  env?: Record<string, string>;
  /** Ends it as Ctrl-C does, as soon as its output so far is wanted. */
  until?: (out: string) => boolean;
}

/** @param environment such as `ANNEX_URL` */
export function makeCommandLine(environment: Record<string, string> = {}): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), 'annex-cli-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    run: (args, { in: below = '.', stdin = '', env = {}, until } = {}) =>
      runProgram(args, {
        cwd: join(folder, below),
        stdin,
        until,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: folder,
          NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
          ANNEX_CONFIG_DIR: join(folder, 'config'),
          ...environment,
          ...env,
        },
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function runProgram(
  args: readonly string[],
  { cwd, stdin, env, until }: { cwd: string; stdin: string; env: Record<string, string>; until: RunOptions['until'] },
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { cwd, env });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (until?.(out)) child.kill('SIGINT');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  // It may have ended without reading.
  child.stdin.on('error', () => undefined).end(stdin);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code, out, err, json: () => JSON.parse(out) as unknown }));
  });
}
