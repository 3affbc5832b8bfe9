import { spawn, spawnSync } from 'node:child_process';
import { killWhenParentEnds } from '../../libs/database/src/embedded/kill-when-parent-ends.js';

/**
 * Kafka brokers of the suite's own: those that librdkafka, the client of Kafka in C, is tested with. They speak the
 * protocol, and keep messages as long as they run. Kafka itself is not in Debian.
 */
export interface KafkaBrokers {
  /** `host:port`, one of them. */
  address: string;
  /** Stops and continues all of them, as a machine does that stands still. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Sends each text to a partition, in order; resolves when the brokers have taken all. `options`: of kcat. */
  produce(topic: string, partition: number, texts: readonly string[], options?: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Whether suites that need brokers may be left out: only on a person's own machine without kcat, never in CI. */
export const mayLeaveOutKafka = !process.env['CI'] && spawnSync('kcat', ['-V']).error !== undefined;

/** Starts some inside of Debian's `kcat`, which waits for its standard input; throws when it is not installed. */
export async function startKafka({ brokers = 2 } = {}): Promise<KafkaBrokers> {
  const child = spawn(
    'kcat',
    ['-P', '-t', 'annex-waits', '-b', 'none', '-X', `test.mock.num.brokers=${brokers}`, '-d', 'mock'],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  if (child.pid !== undefined) void ended.then(killWhenParentEnds(child.pid, 'KILL'));
  const address = await new Promise<string>((ready, failed) => {
    let said = '';
    child.once('error', failed);
    void ended.then(() => failed(new Error(`kcat ended: ${said}`)));
    child.stderr.on('data', (text: Buffer) => {
      if (said.length < 10_000) said += text.toString();
      const found = /bootstrap\.servers=([0-9.]+:\d+)/.exec(said);
      if (found) ready(found[1] ?? '');
    });
  });
  return {
    address,
    signal: (signal) => void child.kill(signal),
    produce(topic, partition, texts, options = []) {
      return new Promise((done, failed) => {
        const producer = spawn('kcat', ['-P', '-b', address, '-t', topic, '-p', String(partition), ...options], {
          stdio: ['pipe', 'ignore', 'ignore'],
        });
        producer.once('error', failed);
        producer.once('exit', (code) => (code === 0 ? done() : failed(new Error(`kcat ended with ${code}`))));
        producer.stdin.on('error', () => undefined);
        producer.stdin.end(texts.map((text) => `${text}\n`).join(''));
      });
    },
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
