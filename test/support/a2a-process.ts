/** An A2A agent in a process of its own (`a2a-program.ts`), which a test may kill and start again. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';

const program = fileURLToPath(new URL('./a2a-program.ts', import.meta.url));

export interface A2aProcess {
  /** The same all along. */
  url: string;
  /** Every task that it ever kept, with the id of the message that it was asked in. */
  tasks(): { id: string; messageId: string; state: string }[];
  /** To the process that is up. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves when it listens. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on a free port, with a folder for its tasks. */
export async function startA2aProcess(): Promise<A2aProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'annex-a2a-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const started: A2aProcess = {
    url: `http://127.0.0.1:${port}/rpc`,
    tasks: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as KeptTask)
        .map(({ id, status, history }) => ({ id, messageId: history[0]?.messageId ?? '', state: status.state })),
    signal: (signal) => void child?.kill(signal),
    async kill() {
      const last = child;
      child = undefined;
      if (!last) return;
      const ended = new Promise((done) => last.once('exit', done));
      last.kill('SIGKILL');
      await ended;
    },
    start: () =>
      new Promise((resolve, reject) => {
        child = fork(program, [folder, String(port)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
        child.once('message', () => resolve());
        child.once('exit', (code) => reject(new Error(`the agent ended with ${code}`)));
      }),
    async stop() {
      await started.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await started.start();
  return started;
}

interface KeptTask {
  id: string;
  status: { state: string };
  history: { messageId: string }[];
}
