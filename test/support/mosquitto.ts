import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killWhenParentEnds } from '../../libs/database/src/embedded/kill-when-parent-ends.js';
import { freePort } from './free-port.js';

/** An MQTT broker of the suite's own, which keeps sessions on its disk. */
export interface Mosquitto {
  port: number;
  /** Its own process. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it and starts it again, on the same port with what it kept. `signal`: how it is ended. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  close(): Promise<void>;
}

/** Whether suites that need a broker may be left out: only on a person's own machine without one, never in CI. */
export const mayLeaveOutMosquitto = !process.env['CI'] && spawnSync('mosquitto', ['-h']).error !== undefined;

export interface MosquittoOptions {
  /** Paths of files in PEM: it listens with TLS. */
  tls?: { cert: string; key: string };
  /** The only user that it lets in. */
  user?: { name: string; password: string };
}

/** Starts Debian's `mosquitto`; throws when it is not installed. */
export async function startMosquitto({ tls, user }: MosquittoOptions = {}): Promise<Mosquitto> {
  const dir = mkdtempSync(join(tmpdir(), 'annex-mosquitto-'));
  // As root it becomes a user of its own.
  chmodSync(dir, 0o777);
  const port = await freePort();
  const config = join(dir, 'mosquitto.conf');
  if (user) {
    writeFileSync(join(dir, 'passwords'), `${user.name}:${user.password}\n`);
    chmodSync(join(dir, 'passwords'), 0o666);
    spawnSync('mosquitto_passwd', ['-U', join(dir, 'passwords')]);
    chmodSync(join(dir, 'passwords'), 0o644);
  }
  writeFileSync(
    config,
    [
      `listener ${port} 127.0.0.1`,
      ...(tls ? [`certfile ${tls.cert}`, `keyfile ${tls.key}`] : []),
      ...(user ? [`password_file ${join(dir, 'passwords')}`] : ['allow_anonymous true']),
      'persistence true',
      `persistence_location ${dir}/`,
      'autosave_on_changes true',
      'autosave_interval 1',
      'max_queued_messages 0',
    ].join('\n'),
  );
  let child = await launch(config, port);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = new Promise((done) => child.once('exit', done));
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await ended;
  };
  return {
    port,
    signal: (signal) => void child.kill(signal),
    async restart(signal) {
      await end(signal);
      child = await launch(config, port);
    },
    async close() {
      await end('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function launch(config: string, port: number): Promise<ChildProcess> {
  const child = spawn('mosquitto', ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  if (child.pid !== undefined) void ended.then(killWhenParentEnds(child.pid, 'KILL'));
  const failure = new Promise<never>((_, reject) => {
    child.once('error', reject);
    void ended.then(() => reject(new Error(`mosquitto ended: ${said}`)));
  });
  failure.catch(() => undefined);
  await Promise.race([isListening(port), failure]);
  return child;
}

async function isListening(port: number): Promise<void> {
  for (;;) {
    const stands = await new Promise<boolean>((answer) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => answer(true)).once('error', () => answer(false));
      socket.once('connect', () => socket.destroy());
    });
    if (stands) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Publishes each text with QoS 1, in order, with Debian's own client; resolves when the broker has taken all. */
export function publish(port: number, topic: string, texts: readonly string[]): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(port), '-q', '1', '-t', topic, '-l'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    child.once('error', failed);
    child.once('exit', (code) => (code === 0 ? done() : failed(new Error(`mosquitto_pub ended with ${code}`))));
    child.stdin.on('error', () => undefined);
    child.stdin.end(texts.map((text) => `${text}\n`).join(''));
  });
}
