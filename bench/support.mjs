import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import autocannon from 'autocannon';

/** A port nobody listens on. */
export function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

/** Starts a program and answers once `ready()` does not throw. `ipc`: it hears messages of ours. */
export async function startProgram(command, args, { env = {}, ready, cwd, ipc = false }) {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc'] : [])],
    cwd,
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const exited = new Promise((done) => child.once('exit', done));
  const deadline = Date.now() + 180_000;
  for (;;) {
    try {
      await ready(said);
      break;
    } catch {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`${command} ${args.join(' ')} did not start:\n${said.slice(-3000)}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  return {
    pid: child.pid,
    child,
    said: () => said,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Loads one URL over 16 connections and answers requests a second and latency percentiles in milliseconds. */
export async function load(url, headers = {}, { seconds = 8, connections = 16 } = {}) {
  await autocannon({ url, headers, connections, duration: 2 });
  const result = await autocannon({ url, headers, connections, duration: seconds });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} errors`);
  return { rps: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 };
}

/** The value below which a share of the numbers lies. */
export function percentile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
