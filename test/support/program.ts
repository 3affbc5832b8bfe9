/**
 * Annex as `npm start` runs it in development: the program, its embedded PostgreSQL and its demo tenant, in a data
 * folder of the test's own.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { killWhenParentEnds } from '../../libs/database/src/embedded/kill-when-parent-ends.js';

const program = fileURLToPath(new URL('../../apps/annex/dist/main.js', import.meta.url));

export interface StartedProgram {
  /** Where it listens, as soon as it does. */
  url: Promise<string>;
  /** Resolves when its panel was printed. */
  panel: Promise<string>;
  /** Everything it wrote, to both outputs. */
  said(): string;
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

/** Starts the program with these settings and no other ones. `port`: the one it listens on. */
export function startProgram(environment: Record<string, string>): StartedProgram {
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const url = Promise.withResolvers<string>();
  const panel = Promise.withResolvers<string>();
  const hear = (text: string): void => {
    said += text;
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
    if (found) url.resolve(found[0]);
    if (said.includes('Ctrl-C stops everything.')) panel.resolve(said);
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  if (child.pid !== undefined) void ended.then(killWhenParentEnds(child.pid, 'KILL'));
  void ended.then((code) => {
    const why = new Error(`Annex ended with ${code}: ${said.slice(-2000)}`);
    url.reject(why);
    panel.reject(why);
  });
  url.promise.catch(() => undefined);
  panel.promise.catch(() => undefined);
  return {
    url: url.promise,
    panel: panel.promise,
    said: () => said,
    ended,
    async stop() {
      child.kill('SIGINT');
      await ended;
    },
  };
}
