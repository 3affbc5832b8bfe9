import { AnnexError } from '@annex/kernel';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, sandboxTier, type KillReport, type Sandbox } from '../index.js';
import { endOf, runOf, usualLimits, valueOf } from '../testing/runs.js';

const ping = `let runs = 0; job('j', () => (runs += 1))`;
const waiting = `job('j', (ctx) => ctx.kv.get('never'))`;

/** A host call that is never answered, and a promise that it was made. */
function neverAnswered() {
  const made = Promise.withResolvers<void>();
  return {
    made: made.promise,
    hostCall: () => {
      made.resolve();
      return new Promise<never>(() => undefined);
    },
  };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function pidOf(sandbox: Sandbox, tenantId: string): number {
  const found = sandbox.stats().executors.find((each) => each.tenantId === tenantId);
  if (found === undefined) throw new Error(`no executor of ${tenantId}`);
  return found.pid;
}

const isLinux = process.platform === 'linux';

describe('executors', () => {
  let sandbox: Sandbox;
  const kills: KillReport[] = [];
  beforeAll(async () => {
    sandbox = await createSandbox({ hostMethods: ['kv.get'], onKill: (report) => kills.push(report) });
  });
  afterAll(() => sandbox.stop());

  it('serve one tenant each', async () => {
    await Promise.all([sandbox.run(runOf(ping, { tenantId: 'a' })), sandbox.run(runOf(ping, { tenantId: 'b' }))]);
    expect(pidOf(sandbox, 'a')).not.toBe(pidOf(sandbox, 'b'));
  });

  it('have a blank one ready again after one was taken', async () => {
    await sandbox.run(runOf(ping, { tenantId: 'taker' }));
    await until(() => sandbox.stats().blankReady === 1);
  });

  it('that are killed from outside lose their runs as EXECUTOR_LOST, and the next call works', async () => {
    const { made, hostCall } = neverAnswered();
    const run = sandbox.run(
      runOf(waiting, { tenantId: 'killed', hostCall, limits: { ...usualLimits, wallMs: 60_000 } }),
    );
    await made;
    process.kill(pidOf(sandbox, 'killed'), 'SIGKILL');
    expect(endOf(await run)).toBe('EXECUTOR_LOST');
    expect(valueOf(await sandbox.run(runOf(ping, { tenantId: 'killed' })))).toBe(1);
    expect(kills).toEqual([]);
  });

  it('that are frozen still lose their runs at the deadline, and are replaced', async () => {
    // The executor stands before, so that the run is under way long before its deadline.
    await sandbox.run(runOf(waiting, { tenantId: 'frozen' }));
    const { made, hostCall } = neverAnswered();
    const run = sandbox.run(runOf(waiting, { tenantId: 'frozen', hostCall, limits: { ...usualLimits, wallMs: 5000 } }));
    await made;
    const pid = pidOf(sandbox, 'frozen');
    process.kill(pid, 'SIGSTOP');
    expect(endOf(await run)).toBe('TIMEOUT');
    await until(() => !sandbox.stats().executors.some((each) => each.pid === pid));
    expect(valueOf(await sandbox.run(runOf(ping, { tenantId: 'frozen' })))).toBe(1);
  });

  it.runIf(isLinux)('that hang in a turn that they waited for are blamed on the plugin of that turn', async () => {
    const limits = { ...usualLimits, cpuMs: 300 };
    const forEver = '[].indexOf.call({ length: 2 ** 53 - 1 }, 1)';
    const hangs = `let runs = 0; health(() => ((runs += 1) > 12 ? ${forEver} : runs));`;
    const waits = `job('j', (ctx) => new Promise((resolve) => { ctx.kv.get('begun'); setTimeout(resolve, 1e9); }));`;
    const begun = Promise.withResolvers<void>();
    const other = sandbox.run(
      runOf(waits, {
        tenantId: 'blamed',
        limits,
        hostCall: () => {
          begun.resolve();
          return Promise.resolve({ ok: true, value: '1' });
        },
      }),
    );
    await begun.promise;
    const installationId = 'the one that hangs';
    const run = { ...runOf(hangs, { kind: 'health', tenantId: 'blamed', limits }), installationId };
    for (let quick = 0; quick < 12; quick += 1) expect(endOf(await sandbox.run(run))).toBe('succeeded');
    kills.length = 0;
    expect(endOf(await sandbox.run(run))).toBe('CPU_LIMIT');
    expect(endOf(await other)).toBe('EXECUTOR_LOST');
    expect(kills.splice(0)).toMatchObject([{ installationId, reason: 'unresponsive' }]);
  });

  it('get a bundle once, however many runs need it', async () => {
    const run = runOf(ping, { tenantId: 'bundles' });
    let loads = 0;
    const loadBundle = async () => {
      loads += 1;
      return run.loadBundle();
    };
    await Promise.all([1, 2, 3].map(() => sandbox.run({ ...run, loadBundle })));
    await sandbox.run({ ...run, loadBundle });
    expect(loads).toBe(1);
  });

  it('say EXECUTOR_LOST where there is no bundle, OVERLOADED where there is none now, and try again', async () => {
    const run = runOf(ping, { tenantId: 'bundles', isolateKey: 'other' });
    const broken = { ...run, bundleSha256: 'other', loadBundle: () => Promise.reject(new Error('no such file')) };
    expect(endOf(await sandbox.run(broken))).toBe('EXECUTOR_LOST');
    const busy = new AnnexError('OVERLOADED', { title: '', status: 503, fault: 'platform' }, 'the database is away');
    expect(await sandbox.run({ ...broken, loadBundle: () => Promise.reject(busy) })).toMatchObject({
      error: { code: 'OVERLOADED', message: 'the database is away' },
    });
    expect(endOf(await sandbox.run({ ...broken, loadBundle: run.loadBundle }))).toBe('succeeded');
  });

  it('start a fresh isolate after an eviction, while runs under way finish', async () => {
    const body = `let runs = 0; job('j', async (ctx) => { runs += 1; await ctx.kv.get('a'); return runs; })`;
    const answer = Promise.withResolvers<void>();
    const called = Promise.withResolvers<void>();
    const run = runOf(body, { tenantId: 'evicted', isolateKey: 'plg_9 rel_1' });
    const slow = sandbox.run({
      ...run,
      hostCall: async () => {
        called.resolve();
        await answer.promise;
        return { ok: true, value: '1' };
      },
    });
    await called.promise;
    sandbox.evict('plg_9 ');
    const next = await sandbox.run(run);
    answer.resolve();
    expect([valueOf(next), valueOf(await slow)]).toEqual([1, 1]);
  });

  it('cancel a run, which may finish within its grace', async () => {
    const body = `job(
        'j',
        (ctx) =>
          new Promise((resolve, reject) => {
            ctx.run.signal.addEventListener('abort', () => resolve('wound up'));
            void ctx.kv.get('a');
          }),
      )`;
    const { made, hostCall } = neverAnswered();
    const controller = new AbortController();
    const run = sandbox.run(runOf(body, { tenantId: 'cancelled', hostCall, signal: controller.signal }));
    await made;
    controller.abort();
    expect(valueOf(await run)).toBe('wound up');
  });

  it('cancel a run before it began', async () => {
    expect(endOf(await sandbox.run(runOf(ping, { signal: AbortSignal.abort() })))).toBe('CANCELLED');
  });

  it.runIf(isLinux)('have no privilege, no environment and few files open', async () => {
    await sandbox.run(runOf(ping, { tenantId: 'confined' }));
    const pid = pidOf(sandbox, 'confined');
    const { ownUser, noNewPrivileges, resourceLimits, noNetwork } = await sandboxTier();
    const status = Object.fromEntries(
      readFileSync(`/proc/${pid}/status`, 'utf8')
        .split('\n')
        .map((line) => line.split(':\t') as [string, string]),
    );
    if (noNewPrivileges) expect(status.NoNewPrivs).toBe('1');
    if (ownUser) {
      expect(status).toMatchObject({
        CapEff: '0000000000000000',
        CapPrm: '0000000000000000',
        CapBnd: '0000000000000000',
        Groups: ' ',
      });
      expect(Number(status.Uid?.split('\t')[0])).toBeGreaterThan(0);
    }
    if (resourceLimits) {
      const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
      expect(limits).toMatch(/^Max open files\s+64\s/m);
      expect(limits).toMatch(/^Max file size\s+0\s/m);
      expect(limits).toMatch(/^Max core file size\s+0\s/m);
      expect(limits).not.toMatch(/^Max address space\s+unlimited/m);
    }
    if (noNetwork)
      expect(
        readFileSync(`/proc/${pid}/net/dev`, 'utf8')
          .split('\n')
          .filter((line) => /^\s*\w+:/.test(line) && !/^\s*lo:/.test(line)),
      ).toEqual([]);
    if (process.getuid?.() === 0) expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('');
  });
});

describe('a pool that is full', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await createSandbox({ hostMethods: ['kv.get'], maxExecutors: 2, blankExecutors: 1 });
  });
  afterAll(() => sandbox.stop());

  it('retires the tenant that was quiet longest', async () => {
    for (const tenantId of ['one', 'two', 'three'])
      expect(endOf(await sandbox.run(runOf(ping, { tenantId })))).toBe('succeeded');
    const { executors } = sandbox.stats();
    expect(executors.length).toBeLessThanOrEqual(2);
    expect(executors.map(({ tenantId }) => tenantId)).not.toContain('one');
  });

  it('lets a tenant wait while all executors are busy; OVERLOADED when none came free in time', async () => {
    const held = ['busy 1', 'busy 2'].map((tenantId) => {
      const { made, hostCall } = neverAnswered();
      const controller = new AbortController();
      return {
        made,
        controller,
        run: sandbox.run(
          runOf(waiting, { tenantId, hostCall, signal: controller.signal, limits: { ...usualLimits, wallMs: 60_000 } }),
        ),
      };
    });
    await Promise.all(held.map(({ made }) => made));
    expect(endOf(await sandbox.run(runOf(ping, { tenantId: 'late', limits: { ...usualLimits, wallMs: 300 } })))).toBe(
      'OVERLOADED',
    );
    const patient = sandbox.run(runOf(ping, { tenantId: 'patient' }));
    held[0]?.controller.abort();
    expect(endOf(await patient)).toBe('succeeded');
    held[1]?.controller.abort();
    expect((await Promise.all(held.map(({ run }) => run))).map(endOf)).toEqual(['CANCELLED', 'CANCELLED']);
  });
});

describe('the memory of all executors together', () => {
  const tenants = Array.from({ length: 7 }, (_, index) => `tenant ${index}`);

  it.each([
    [5, 160],
    [7, 1024],
  ])('lets there be %i of them with %i MB', async (most, executorsMemoryMb) => {
    const sandbox = await createSandbox({
      ...{ skipSelfTest: true, hostMethods: ['kv.get'], blankExecutors: 0 },
      ...{ maxExecutors: 7, executorsMemoryMb },
    });
    try {
      for (const tenantId of tenants) expect(endOf(await sandbox.run(runOf(ping, { tenantId })))).toBe('succeeded');
      const { executors, kills } = sandbox.stats();
      expect(executors).toHaveLength(most);
      expect(executors.map(({ tenantId }) => tenantId)).toContain('tenant 6');
      expect(kills).toEqual({});
    } finally {
      await sandbox.stop(0);
    }
  });

  /** Takes so many megabytes and keeps them. */
  const growing = (mb: number): string =>
    `job('j', async (ctx) => { const kept = []; for (let n = 0; n < ${mb / 5}; n += 1)
      kept.push(new Uint8Array(5e6).fill(1)); await ctx.kv.get('never'); return kept.length })`;

  it('keeps a lane that has none a place, however those of the other have grown', async () => {
    const sandbox = await createSandbox({
      ...{ skipSelfTest: true, hostMethods: ['kv.get'], blankExecutors: 0 },
      ...{ maxExecutors: 8, executorsMemoryMb: 400 },
    });
    const controller = new AbortController();
    try {
      const limits = { ...usualLimits, wallMs: 60_000, cpuMs: 20_000, memoryMb: 400 };
      const busy = tenants.slice(0, 4).map((tenantId) => {
        const { made, hostCall } = neverAnswered();
        const run = sandbox.run(runOf(growing(85), { tenantId, hostCall, limits, signal: controller.signal }));
        return { made, run };
      });
      await Promise.all(busy.map(({ made }) => made));
      // It has looked at them: together they have more than their memory.
      expect(sandbox.stats().executors.every(({ rssBytes }) => rssBytes > 100e6)).toBe(true);
      expect(endOf(await sandbox.run(runOf(ping, { tenantId: 'quiet', lane: 'background' })))).toBe('succeeded');
      controller.abort();
      expect((await Promise.all(busy.map(({ run }) => run))).map(endOf)).toEqual(busy.map(() => 'CANCELLED'));
    } finally {
      await sandbox.stop(0);
    }
  });

  it('ends the largest when all are busy and one grows far beyond it; nobody is billed', async () => {
    const billed: unknown[] = [];
    const sandbox = await createSandbox({
      ...{ skipSelfTest: true, hostMethods: ['kv.get'], blankExecutors: 0 },
      ...{ maxExecutors: 8, executorsMemoryMb: 200 },
      onKill: (report) => billed.push(report),
    });
    try {
      const held = neverAnswered();
      const limits = { ...usualLimits, wallMs: 60_000, cpuMs: 20_000, memoryMb: 400 };
      const controller = new AbortController();
      const busy = tenants.slice(0, 5).map((tenantId) => {
        const { made, hostCall } = neverAnswered();
        const run = sandbox.run(runOf(waiting, { tenantId, hostCall, limits, signal: controller.signal }));
        return { made, run };
      });
      await Promise.all(busy.map(({ made }) => made));
      const grown = await sandbox.run(runOf(growing(300), { tenantId: 'large', hostCall: held.hostCall, limits }));
      expect(endOf(grown)).toBe('OVERLOADED');
      expect(JSON.stringify(grown)).toContain('the executors together had no memory left');
      expect(sandbox.stats().kills).toEqual({ relieved: 1 });
      expect(billed).toEqual([]);
      controller.abort();
      expect((await Promise.all(busy.map(({ run }) => run))).map(endOf)).toEqual(busy.map(() => 'CANCELLED'));
    } finally {
      await sandbox.stop(0);
    }
  });
});

describe('streams', () => {
  const stream = { wallMs: 600_000, cpuMs: 10_000, bytes: 1024 * 1024, idleMs: 600_000 };
  const code = `route('/', (ctx) => new Response(new ReadableStream({}))); job('j', (ctx) => ctx.kv.get('never'))`;

  /** Opens a stream that says nothing and does not end; done when its head is there. */
  async function open(sandbox: Sandbox, tenantId: string): Promise<{ end: Promise<string> }> {
    const head = Promise.withResolvers<unknown>();
    const end = sandbox
      .run(runOf(code, { kind: 'route', tenantId, limits: { ...usualLimits, stream }, onResponse: head.resolve }))
      .then(endOf);
    void end.then((ended) => head.reject(new Error(`no stream: ${ended}`)));
    await head.promise;
    return { end };
  }

  it.each([
    ['an executor', 2, 0],
    ['a place of their lane', 3, 1],
  ])(
    'leave %s to whoever waits: the oldest that keeps no run waiting is cut',
    async (_what, maxExecutors, background) => {
      const sandbox = await createSandbox({
        skipSelfTest: true,
        hostMethods: ['kv.get'],
        maxExecutors,
        blankExecutors: 1,
      });
      try {
        for (let left = background; left > 0; left -= 1)
          await sandbox.run(runOf(ping, { tenantId: 'quiet', lane: 'background' }));
        const ends: string[] = [];
        const { made, hostCall } = neverAnswered();
        for (const tenantId of ['busy', 'streams'])
          void (await open(sandbox, tenantId)).end.then((end) => ends.push(`${tenantId} ${end}`));
        void sandbox.run(
          runOf(code, { tenantId: 'busy', index: 1, hostCall, limits: { ...usualLimits, wallMs: 60_000 } }),
        );
        await made;
        expect(endOf(await sandbox.run(runOf(ping, { tenantId: 'late' })))).toBe('succeeded');
        expect(ends).toEqual(['streams OVERLOADED']);
        expect(sandbox.stats().kills).toEqual({});
      } finally {
        await sandbox.stop(0);
      }
    },
  );
});

describe('the pool', () => {
  it('puts all tenants into one executor when isolation is shared, each in its own isolate', async () => {
    const sandbox = await createSandbox({ isolation: 'shared', blankExecutors: 0 });
    try {
      const results = await Promise.all(['a', 'b', 'c'].map((tenantId) => sandbox.run(runOf(ping, { tenantId }))));
      expect(results.map(valueOf)).toEqual([1, 1, 1]);
      expect(sandbox.stats().executors.filter(({ isolates, runs }) => isolates + runs >= 0)).toHaveLength(1);
    } finally {
      await sandbox.stop();
    }
  });

  it('ends an idle executor', async () => {
    const sandbox = await createSandbox({ idleMs: 50 });
    try {
      await sandbox.run(runOf(ping, { tenantId: 'idle' }));
      await until(() => !sandbox.stats().executors.some(({ tenantId }) => tenantId === 'idle'));
      expect(valueOf(await sandbox.run(runOf(ping, { tenantId: 'idle' })))).toBe(1);
    } finally {
      await sandbox.stop();
    }
  });

  it('replaces an executor after its share of runs', async () => {
    const sandbox = await createSandbox({ recycleAfterRuns: 3 });
    try {
      const results: unknown[] = [];
      for (let run = 0; run < 7; run += 1) results.push(valueOf(await sandbox.run(runOf(ping))));
      expect(results).toEqual([1, 2, 3, 1, 2, 3, 1]);
    } finally {
      await sandbox.stop();
    }
  });

  it('stops after the runs under way, refuses new ones, and leaves no process behind', async () => {
    const sandbox = await createSandbox({ hostMethods: ['kv.get'] });
    const called = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const run = sandbox.run(
      runOf(`job('j', (ctx) => ctx.kv.get('a'))`, {
        hostCall: async () => {
          called.resolve();
          await answer.promise;
          return { ok: true, value: '"done"' };
        },
      }),
    );
    // A run that ends before it has asked says why.
    await Promise.race([called.promise, run.then((outcome) => expect(outcome).toBe('not ended yet'))]);
    const pids = sandbox.stats().executors.map(({ pid }) => pid);
    const stopped = sandbox.stop();
    await expect(sandbox.run(runOf(ping))).rejects.toMatchObject({ code: 'SANDBOX_STOPPED' });
    answer.resolve();
    expect(valueOf(await run)).toBe('done');
    await stopped;
    await sandbox.stop();
    await until(() => pids.every((pid) => !isAlive(pid)));
  });

  it('ends runs that outlast the grace of a stop as EXECUTOR_LOST', async () => {
    const sandbox = await createSandbox({ hostMethods: ['kv.get'] });
    const { made, hostCall } = neverAnswered();
    const run = sandbox.run(runOf(waiting, { hostCall, limits: { ...usualLimits, wallMs: 60_000 } }));
    await made;
    await sandbox.stop(50);
    expect(endOf(await run)).toBe('EXECUTOR_LOST');
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('background work', () => {
  const burning = `job('j', () => { for (;;); })`;
  const long = { ...usualLimits, wallMs: 60_000, cpuMs: 60_000 };
  const laneOf = (sandbox: Sandbox, tenantId: string) =>
    sandbox
      .stats()
      .executors.filter((each) => each.tenantId === tenantId)
      .map(({ lane }) => lane)
      .sort();

  it('holds up nobody who waits for an answer, of its own tenant or another', async () => {
    const sandbox = await createSandbox({ skipSelfTest: true });
    try {
      let isOver = false;
      const enough = new AbortController();
      const burns = sandbox
        .run(runOf(burning, { tenantId: 'one', lane: 'background', limits: long, signal: enough.signal }))
        .finally(() => (isOver = true));
      for (const tenantId of ['one', 'one', 'other'])
        expect(endOf(await sandbox.run(runOf(ping, { tenantId })))).toBe('succeeded');
      expect(isOver).toBe(false);
      expect(laneOf(sandbox, 'one')).toEqual(['background', 'foreground']);
      enough.abort();
      expect(endOf(await burns)).toBe('CANCELLED');
    } finally {
      await sandbox.stop();
    }
  });

  it('leaves executors to whoever waits, and gets its own in its turn', async () => {
    const sandbox = await createSandbox({
      skipSelfTest: true,
      hostMethods: ['kv.get'],
      maxExecutors: 3,
      blankExecutors: 1,
    });
    try {
      expect(endOf(await sandbox.run(runOf(ping, { tenantId: 'first' })))).toBe('succeeded');
      const leave = new AbortController();
      const [one, two] = [neverAnswered(), neverAnswered()];
      const held = (tenantId: string, { hostCall }: ReturnType<typeof neverAnswered>, signal?: AbortSignal) =>
        sandbox.run(
          runOf(waiting, { tenantId, lane: 'background', hostCall, limits: long, ...(signal && { signal }) }),
        );
      const first = held('a', one, leave.signal);
      void held('b', two);
      await Promise.all([one.made, two.made]);
      let isServed = false;
      const third = sandbox.run(runOf(ping, { tenantId: 'c', lane: 'background', limits: long })).then((outcome) => {
        isServed = true;
        return outcome;
      });
      for (const tenantId of ['d', 'e', 'd'])
        expect(endOf(await sandbox.run(runOf(ping, { tenantId })))).toBe('succeeded');
      expect(isServed).toBe(false);
      leave.abort();
      expect(endOf(await first)).toBe('CANCELLED');
      expect(endOf(await third)).toBe('succeeded');
    } finally {
      await sandbox.stop(0);
    }
    // Seven executors start, one after another.
  }, 300_000);
});
