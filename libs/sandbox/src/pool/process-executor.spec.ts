import { duplexPair, type Duplex } from 'node:stream';
import { silentLogger } from '@annex/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ending } from '../confinement/start-process.js';
import type { KillReport, RouteResponse, RunOutcome } from '../sandbox.js';
import { endOf, runOf, usualLimits } from '../testing/runs.js';
import { FrameReader, FrameWriter } from '../wire/frames.js';
import {
  readToExecutor,
  writeFromExecutor,
  type FromExecutor,
  type RunMessage,
  type ToExecutor,
} from '../wire/messages.js';
import { streamWindow } from '../prelude/emissions.js';
import { StreamCut } from './answer-stream.js';
import { Flight } from './flight.js';
import { ProcessExecutor } from './process-executor.js';
import { Profiles } from './profiles.js';
import { Watch } from './watch.js';

/** An executor that says whatever a spec wants it to say. */
class LyingExecutor {
  readonly received: ToExecutor[] = [];
  readonly kills: KillReport[] = [];
  readonly executor: ProcessExecutor;
  readonly ending = Promise.withResolvers<Ending>();
  /** What its parent's clock shows; `undefined`: the true time. */
  clockMs: number | undefined;
  readonly #near: Duplex;
  readonly #far: Duplex;
  #onMessage: () => void = () => undefined;

  constructor() {
    const [near, far] = duplexPair();
    this.#near = near;
    this.#far = far;
    const reader = new FrameReader(1 << 26, (frame) => {
      this.received.push(readToExecutor(frame));
      this.#onMessage();
    });
    far.on('data', (chunk: Buffer) => reader.push(chunk));
    far.on('error', () => undefined);
    this.executor = new ProcessExecutor({
      launched: {
        pid: 2 ** 22,
        stream: near,
        exited: this.ending.promise,
        kill() {},
        settled() {},
        complaints: () => '',
      },
      settings: { callNames: [], maxIsolates: 1, softRssMb: 1, spareMemoryMb: 1, graceMs: 1, preludeCache: '' },
      profiles: new Profiles(),
      events: {
        onReady() {},
        onPreludeCache() {},
        onIdleSeat() {},
        onExit() {},
        onKill: (report) => this.kills.push(report),
      },
      logger: silentLogger,
      now: () => this.clockMs ?? performance.now(),
    });
  }

  say(message: FromExecutor): void {
    const writer = new FrameWriter();
    writeFromExecutor(writer, message);
    this.sayBytes(writer.take() ?? Buffer.alloc(0));
  }

  sayBytes(bytes: Buffer): void {
    this.#far.write(bytes);
  }

  /** Nothing of what it says is read. */
  get isUnheard(): boolean {
    return this.#near.isPaused();
  }

  hangUp(): void {
    this.#near.destroy();
  }

  /** Gives it a run; answers how it is addressed and what becomes of it. */
  async run(over: Parameters<typeof runOf>[1] = {}): Promise<{ address: RunMessage; outcome: Promise<RunOutcome> }> {
    const request = runOf(`job('j', () => 1)`, over);
    const outcome = Promise.withResolvers<RunOutcome>();
    const owner = { tenantId: request.tenantId, installationId: request.installationId };
    this.executor.accept(
      new Flight(owner, request.limits, performance.now(), { type: 'run', request, resolve: outcome.resolve }),
    );
    const before = this.#runs().length;
    while (this.#runs().length === before) await new Promise<void>((resolve) => (this.#onMessage = resolve));
    const address = this.#runs().at(-1);
    if (address === undefined) throw new Error('no run arrived');
    return { address, outcome: outcome.promise };
  }

  #runs(): RunMessage[] {
    return this.received.filter((message) => message.type === 'run');
  }
}

const usage = { cpuMs: 1, memoryMb: 1, resultBytes: 1, logLines: 0, logBytes: 0, hostCalls: 0 };

describe('a parent', () => {
  let liar: LyingExecutor;
  beforeEach(() => {
    liar = new LyingExecutor();
    liar.say({
      type: 'ready',
      report:
        '{"node":"26.0.0","flags":[],"held":[],"environment":[],"uid":1,"pid":1,' +
        '"processes":[],"status":{},"cgroup":"","descriptors":[]}',
    });
  });

  it('drops and counts what is said about runs that it does not know', async () => {
    const { address, outcome } = await liar.run();
    const { seat, nonce } = address;
    liar.say({ type: 'succeeded', seat, nonce: nonce ^ 1, hasValue: true, value: '"forged"', usage });
    liar.say({ type: 'succeeded', seat: seat + 1, nonce, hasValue: true, value: '"forged"', usage });
    liar.say({ type: 'succeeded', seat, nonce, hasValue: true, value: '"real"', usage });
    expect(await outcome).toMatchObject({ status: 'succeeded', result: '"real"' });
    liar.say({ type: 'log', seat, nonce, timeMs: 0, level: 1, message: 'late', fields: '' });
    const { outcome: next, address: second } = await liar.run();
    liar.say({ type: 'succeeded', seat: second.seat, nonce: second.nonce, hasValue: false, value: '', usage });
    await next;
    expect(liar.executor.unknownReplies).toBe(3);
  });

  it('uses a new nonce each time, so that an old one is worth nothing', async () => {
    const first = await liar.run();
    liar.say({
      type: 'succeeded',
      seat: first.address.seat,
      nonce: first.address.nonce,
      hasValue: false,
      value: '',
      usage,
    });
    await first.outcome;
    const second = await liar.run();
    expect(second.address.seat).toBe(first.address.seat);
    expect(second.address.nonce).not.toBe(first.address.nonce);
  });

  it('lets no more host calls through than the run may make, and none after its end', async () => {
    let calls = 0;
    const limits = { ...usualLimits, hostCalls: 3, hostCallsAtOnce: 2 };
    const { address, outcome } = await liar.run({
      limits,
      hostCall: () => {
        calls += 1;
        return new Promise(() => undefined);
      },
    });
    const { seat, nonce } = address;
    for (let callId = 0; callId < 10; callId += 1)
      liar.say({ type: 'call', seat, nonce, callId, method: 'kv.get', args: '[]', text: '' });
    liar.say({ type: 'succeeded', seat, nonce, hasValue: false, value: '', usage });
    liar.say({ type: 'call', seat, nonce, callId: 99, method: 'kv.get', args: '[]', text: '' });
    await outcome;
    expect(calls).toBe(2);
  });

  it('reads no more of large messages than an executor’s part, and counts the pause as no silence', async () => {
    let calls = 0;
    const all = Promise.withResolvers<undefined>();
    const { address } = await liar.run({
      limits: { ...usualLimits, hostCalls: 10, hostCallsAtOnce: 10 },
      hostCall: () => {
        calls += 1;
        if (calls === 6) all.resolve(undefined);
        return new Promise(() => undefined);
      },
    });
    liar.clockMs = performance.now();
    liar.executor.ping();
    const pingSentAt = liar.executor.pingSentAt;
    const { seat, nonce } = address;
    for (let callId = 0; callId < 6; callId += 1)
      liar.say({ type: 'call', seat, nonce, callId, method: 'm', args: '[]', text: 'x'.repeat(14 * 2 ** 20) });
    while (!liar.isUnheard) await new Promise(setImmediate);
    expect(calls).toBe(5);
    const [flight] = [...liar.executor.flights];
    if (flight === undefined) throw new Error('it holds no run');
    const overdueAt = liar.clockMs;
    flight.overdueAt = overdueAt;
    flight.deadline = overdueAt + 4000;
    // Whoever is not read is not called silent.
    new Watch({ executorRssMb: 1024, killGraceMs: 500 }).look(liar.executor, overdueAt + 4050);
    expect(liar.executor.state).toBe('ready');
    liar.clockMs += 1000;
    await all.promise;
    expect(liar.executor.pingSentAt).toBe((pingSentAt ?? 0) + 1000);
    expect(flight.overdueAt).toBe(overdueAt + 1000);
    expect(liar.executor.state).toBe('ready');
  });

  it('ends an executor that talks without end and never says that an overdue run has ended', async () => {
    await liar.run();
    const [flight] = [...liar.executor.flights];
    if (flight === undefined) throw new Error('it holds no run');
    flight.deadline = flight.overdueAt = 10_000;
    flight.expire(10_000);
    // It is not read for nine tenths of the time.
    for (let ms = 10_000; ms < 15_600; ms += 100) {
      flight.excuse(ms, ms + 90);
      expect(flight.overdueAt).toBeLessThanOrEqual(15_000);
    }
    const unheard = Object.defineProperty(liar.executor, 'isUnheard', { value: true });
    new Watch({ executorRssMb: 1024, killGraceMs: 500 }).look(unheard, 15_600);
    expect(liar.executor.state).toBe('dead');
  });

  it('checks a result against its limits once more', async () => {
    const { address, outcome } = await liar.run();
    const { seat, nonce } = address;
    liar.say({ type: 'succeeded', seat, nonce, hasValue: true, value: 'x'.repeat(usualLimits.resultBytes + 1), usage });
    expect(endOf(await outcome)).toBe('OUTPUT_LIMIT');
  });

  it.each([
    ['a header with a line break', { headers: 'x-a\nb\rset-cookie: c\n' }],
    ['a header without a name', { headers: '\nb\n' }],
    ['a status that HTTP does not know', { status: 1000 }],
    ['a status that is no number', { status: Number.NaN }],
  ])('takes %s for a fault of the plugin', async (_name, wrong) => {
    const { address, outcome } = await liar.run({ kind: 'route' });
    liar.say({
      type: 'responded',
      seat: address.seat,
      nonce: address.nonce,
      status: 200,
      headers: '',
      bodyEncoding: '',
      body: '',
      usage,
      ...wrong,
    });
    expect(endOf(await outcome)).toBe('PLUGIN_ERROR');
  });

  it.each([
    ['a frame that is too large', Buffer.from([0xff, 0xff, 0xff, 0x7f])],
    ['a message that nobody knows', Buffer.from([3, 0, 0, 0, 250, 0, 0])],
    ['bytes without sense', Buffer.from([10, 0, 0, 0, 1, 200, 200, 0, 0, 0, 0, 0, 0, 0])],
  ])('ends an executor that sends %s; its runs are lost, and billed as for a hang', async (_name, bytes) => {
    const { outcome } = await liar.run();
    liar.sayBytes(bytes);
    expect(endOf(await outcome)).toBe('EXECUTOR_LOST');
    expect(liar.executor.state).toBe('dead');
    expect(liar.kills).toMatchObject([{ installationId: 'plg of ten_1', reason: 'hostile' }]);
  });

  const endings: [string, (liar: LyingExecutor) => void][] = [
    [
      'floods its parent with what nobody asked for',
      (each) => {
        for (let sent = 0; sent < 5001; sent += 1)
          each.say({ type: 'log', seat: 99, nonce: 1, timeMs: 0, level: 1, message: '', fields: '' });
      },
    ],
    [
      'floods its parent with what is busy',
      (each) => {
        for (let sent = 0; sent < 7000; sent += 1) each.say({ type: 'busy', seats: [] });
      },
    ],
    [
      'answers pings that it was not sent',
      (each) => {
        for (let sent = 0; sent < 5001; sent += 1)
          each.say({ type: 'pong', sequence: 0, isolates: 1, discards: 0, rssMb: 1 });
      },
    ],
    ['ends by itself', (each) => each.ending.resolve({ code: 0, signal: null })],
    ['closes its stream and stays', (each) => each.hangUp()],
  ];
  it.each(endings)('bills whoever an executor runs that %s', async (_name, misbehave) => {
    const { outcome } = await liar.run();
    misbehave(liar);
    expect(endOf(await outcome)).toBe('EXECUTOR_LOST');
    expect(liar.kills).toMatchObject([{ installationId: 'plg of ten_1', reason: 'hostile' }]);
  });

  it('bills the last run for what an executor says between two runs, and nobody for one that had none', async () => {
    const { address, outcome } = await liar.run();
    liar.say({ type: 'succeeded', seat: address.seat, nonce: address.nonce, hasValue: false, value: '', usage });
    await outcome;
    const blank = new LyingExecutor();
    for (const each of [liar, blank]) each.sayBytes(Buffer.from([3, 0, 0, 0, 250, 0, 0]));
    await expect.poll(() => [liar.executor.state, blank.executor.state]).toEqual(['dead', 'dead']);
    expect([liar.kills, blank.kills]).toMatchObject([[{ installationId: 'plg of ten_1', reason: 'hostile' }], []]);
  });

  it('bills whoever an executor runs that the kernel ends for its memory', async () => {
    const { outcome } = await liar.run();
    liar.ending.resolve({ code: null, signal: 'SIGKILL', outOfMemory: true });
    expect(endOf(await outcome)).toBe('MEMORY_LIMIT');
    expect(liar.kills).toMatchObject([{ installationId: 'plg of ten_1', reason: 'memory' }]);
  });

  it('bills nobody when somebody else kills an executor', async () => {
    const { outcome } = await liar.run();
    liar.hangUp();
    liar.ending.resolve({ code: null, signal: 'SIGKILL' });
    expect(endOf(await outcome)).toBe('EXECUTOR_LOST');
    expect(liar.kills).toEqual([]);
  });

  const stream = { wallMs: 10_000, cpuMs: 1000, bytes: 200_000, idleMs: 10_000 };
  const head = { type: 'answered', status: 200, headers: '', bodyEncoding: 'stream', body: '' } as const;
  it.each<[string, number, number]>([
    ['more of a stream than was read', 5, streamWindow / 4],
    ['a part that is too large', 1, streamWindow + 1],
    ['an empty part that ends nothing', 1, 0],
  ])('ends an executor that sends %s', async (_name, parts, bytes) => {
    const { address, outcome } = await liar.run({ kind: 'route', limits: { ...usualLimits, stream } });
    const { seat, nonce } = address;
    liar.say({ ...head, seat, nonce });
    for (let part = 0; part < parts; part += 1)
      liar.say({ type: 'chunk', seat, nonce, isLast: false, data: Buffer.alloc(bytes).toString('base64') });
    expect(endOf(await outcome)).toBe('EXECUTOR_LOST');
    expect(liar.executor.killCause).toBe('hostile');
    expect(liar.kills).toMatchObject([{ installationId: 'plg of ten_1', reason: 'hostile' }]);
  });

  it('ends an executor that streams where nobody takes it, and takes no end before the last part', async () => {
    const unasked = await liar.run({ kind: 'route' });
    liar.say({ ...head, seat: unasked.address.seat, nonce: unasked.address.nonce });
    expect(endOf(await unasked.outcome)).toBe('EXECUTOR_LOST');
    const other = new LyingExecutor();
    other.say({ type: 'ready', report: '{"node":"26.0.0","flags":[],"held":[],"environment":[],"uid":1}' });
    const answered = Promise.withResolvers<RouteResponse>();
    const { address, outcome } = await other.run({
      kind: 'route',
      limits: { ...usualLimits, stream },
      onResponse: answered.resolve,
    });
    const { seat, nonce } = address;
    other.say({ ...head, seat, nonce });
    const { stream: body } = await answered.promise;
    other.say({ type: 'succeeded', seat, nonce, hasValue: false, value: '', usage });
    await outcome;
    expect(body?.errored).toBeInstanceOf(StreamCut);
  });

  it('bills the run that an executor is stuck with, and only that one', async () => {
    const guilty = await liar.run({ tenantId: 'ten_1' });
    const innocent = await liar.run({ tenantId: 'ten_1', installationId: 'another' });
    liar.say({ type: 'stuck', seat: guilty.address.seat, nonce: guilty.address.nonce, code: 'CPU_LIMIT' });
    expect([endOf(await guilty.outcome), endOf(await innocent.outcome)]).toEqual(['CPU_LIMIT', 'EXECUTOR_LOST']);
    expect(liar.kills).toMatchObject([{ installationId: 'plg of ten_1', reason: 'unresponsive' }]);
  });

  it('believes no code cache from an executor that a tenant has used', async () => {
    const { address, outcome } = await liar.run();
    liar.executor.tenantKey = 'tenant x';
    liar.say({ type: 'prelude', cache: 'AAAA' });
    liar.say({ type: 'succeeded', seat: address.seat, nonce: address.nonce, hasValue: false, value: '', usage });
    expect(endOf(await outcome)).toBe('succeeded');
  });

  it.each([
    ['a crash', { code: null, signal: 'SIGSEGV' }, 'EXECUTOR_LOST', 'crashed'],
    ['an end for want of memory', { code: null, signal: 'SIGABRT', outOfMemory: true }, 'MEMORY_LIMIT', 'memory'],
  ] as const)('takes %s for lost runs, and bills those whose turn was under way', async (_, ending, code, reason) => {
    const { address, outcome } = await liar.run();
    liar.say({ type: 'busy', seats: [address.seat] });
    liar.say({ type: 'pong', sequence: 0, isolates: 1, discards: 0, rssMb: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    liar.ending.resolve(ending);
    expect(endOf(await outcome)).toBe(code);
    expect(liar.kills).toMatchObject([{ reason }]);
  });
});
