import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSandbox,
  type HostCallAnswer,
  type RouteResponse,
  type RunOutcome,
  type RunRequest,
  type Sandbox,
  type SandboxLog,
} from './index.js';
import { endOf, runOf, usualLimits, valueOf } from './testing/runs.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ hostMethods: ['kv.get', 'kv.set', 'emit'] });
});
afterAll(() => sandbox.stop());

/** For runs that are to reach their deadline: time enough to reach their handler first. */
const soonOver = { ...usualLimits, wallMs: 2000 };

/** A host that answers when the spec says so, and remembers what it was asked. */
class SlowHost {
  readonly asked: string[] = [];
  readonly log: SandboxLog[] = [];
  readonly #waiting: ((answer: HostCallAnswer) => void)[] = [];
  #told: (() => void) | undefined;

  readonly parts: Pick<RunRequest, 'hostCall' | 'log'> = {
    hostCall: ({ method }) =>
      new Promise((resolve) => {
        this.asked.push(method);
        this.#waiting.push(resolve);
        this.#told?.();
      }),
    log: (line) => void this.log.push(line),
  };

  /** Resolves when so many calls have been made. */
  async calls(count: number): Promise<void> {
    while (this.asked.length < count) await new Promise<void>((resolve) => (this.#told = resolve));
  }

  answer(given: HostCallAnswer = { ok: true, value: 'null' }): void {
    this.#waiting.shift()?.(given);
  }
}

/** Whether a promise is pending still, after everything that could settle it by itself has had its turn. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(pending), 150))])) === pending;
}

describe('a handler that does not wait for its calls', () => {
  it.each([
    ['a host call', `(ctx) => { ctx.kv.set('a', 1); return 'done'; }`],
    ['fetch', `() => { fetch('https://x.test/'); return 'done'; }`],
    [
      'a call behind microtasks',
      `(ctx) => {
          (async () => {
            for (let i = 0; i < 50; i += 1) await null;
            await ctx.kv.set('a', 1);
          })();
          return 'done';
        }`,
    ],
    [
      'a call behind cryptography',
      `(ctx) => { crypto.subtle.digest('SHA-256', new Uint8Array(1)).then(() => ctx.kv.set('a', 1)); return 'done'; }`,
    ],
  ])('has ended when they are answered: %s', async (_what, handler) => {
    const host = new SlowHost();
    const run = sandbox.run(runOf(`job('j', ${handler})`, host.parts));
    await host.calls(1);
    expect(await isPending(run)).toBe(true);
    host.answer({ ok: true, value: '{"status":200,"headers":[],"url":"https://x.test/","body":null}' });
    expect(valueOf(await run)).toBe('done');
    expect(host.log).toEqual([]);
  });

  it('has ended when the calls that follow from them are answered', async () => {
    const host = new SlowHost();
    const run = sandbox.run(
      runOf(
        `job('j', (ctx) => {
            (async () => {
              await ctx.kv.get('a');
              await ctx.kv.set('a', 1);
              await ctx.emit('x');
            })();
          })`,
        host.parts,
      ),
    );
    for (let call = 1; call <= 3; call += 1) {
      await host.calls(call);
      host.answer();
    }
    expect(endOf(await run)).toBe('succeeded');
    expect(host.asked).toEqual(['kv.get', 'kv.set', 'emit']);
  });

  it('succeeds at its deadline, and its log says what was cut off', async () => {
    const host = new SlowHost();
    const run = await sandbox.run(
      runOf(`job('j', (ctx) => { ctx.kv.set('a', 1); ctx.emit('x'); return 1; })`, {
        ...host.parts,
        limits: soonOver,
      }),
    );
    expect(valueOf(run)).toBe(1);
    expect(host.log).toMatchObject([
      {
        level: 'warn',
        message:
          'The run ended before 2 of its calls were answered, so they may not have taken effect: ctx.kv.set, ctx.emit',
      },
    ]);
  });

  it('that throws ends at once, and its log says what was cut off', async () => {
    const host = new SlowHost();
    const run = await sandbox.run(
      runOf(`job('j', (ctx) => { ctx.kv.set('a', 1); throw new Error('no'); })`, host.parts),
    );
    expect(endOf(run)).toBe('PLUGIN_ERROR');
    expect(host.log).toMatchObject([{ level: 'warn', message: expect.stringContaining('ctx.kv.set') as string }]);
  });

  it('logs the refusal of such a call', async () => {
    const host = new SlowHost();
    const run = sandbox.run(runOf(`job('j', (ctx) => { ctx.kv.set('a', 1); return 1; })`, host.parts));
    await host.calls(1);
    host.answer({ ok: false, code: 'RATE_LIMITED', message: 'too many' });
    expect(valueOf(await run)).toBe(1);
    expect(host.log).toMatchObject([
      {
        level: 'error',
        message: 'Uncaught (in promise): too many',
        fields: {
          stack: expect.stringMatching(/^Error: too many\n {4}at ctx\.kv\.set\n {4}at .*plugin\.js:1:/) as string,
        },
      },
    ]);
  });

  it('leaves its ctx dead once the run is over', async () => {
    const host = new SlowHost();
    const body = `let kept;
      job('a', (ctx) => {
        kept = ctx;
      });
      job('b', async () => {
        try {
          await kept.kv.get('x');
          return 'alive';
        } catch (error) {
          return error.code;
        }
      })`;
    expect(endOf(await sandbox.run(runOf(body, host.parts)))).toBe('succeeded');
    expect(valueOf(await sandbox.run(runOf(body, { ...host.parts, index: 1 })))).toBe('RUN_ENDED');
    expect(host.asked).toEqual([]);
  });

  it('drops its timers, and a line for debugging says so', async () => {
    const host = new SlowHost();
    const run = await sandbox.run(
      runOf(
        `job('j', () => { setTimeout(() => undefined, 60000); AbortSignal.timeout(60000); return 1; })`,
        host.parts,
      ),
    );
    expect(valueOf(run)).toBe(1);
    expect(host.log).toMatchObject([
      { level: 'debug', message: expect.stringContaining('A timer was still pending') as string },
    ]);
  });
});

describe('ctx.waitUntil', () => {
  it('keeps a run from ending until the promise settles', async () => {
    const host = new SlowHost();
    const body = `job('j', (ctx) => {
        ctx.waitUntil(
          (async () => {
            await new Promise((resolve) => setTimeout(resolve, 50));
            await ctx.kv.set('a', 1);
          })(),
        );
        return 'done';
      })`;
    const run = sandbox.run(runOf(body, host.parts));
    await host.calls(1);
    host.answer();
    expect(valueOf(await run)).toBe('done');
  });

  it('makes a rejection the failure of the run', async () => {
    const run = await sandbox.run(
      runOf(
        `job('j', (ctx) => {
            ctx.waitUntil(
              (async () => {
                await new Promise((resolve) => setTimeout(resolve, 5));
                throw new Error('later');
              })(),
            );
            return 1;
          })`,
      ),
    );
    expect(run).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_ERROR', message: 'later' } });
  });

  it('takes what is no promise, and any number of them', async () => {
    expect(
      valueOf(
        await sandbox.run(
          runOf(
            `job('j', (ctx) => { for (let i = 0; i < 1000; i += 1) ctx.waitUntil(i); ctx.waitUntil(); return 1; })`,
          ),
        ),
      ),
    ).toBe(1);
  });

  it('throws once the run is over', async () => {
    const body = `let kept;
      job('a', (ctx) => {
        kept = ctx;
      });
      job('b', () => {
        try {
          kept.waitUntil(1);
        } catch (error) {
          return error.code;
        }
      })`;
    await sandbox.run(runOf(body));
    expect(valueOf(await sandbox.run(runOf(body, { index: 1 })))).toBe('RUN_ENDED');
  });

  it('is let go by another run of the same isolate', async () => {
    const body = `let release;
      job('a', (ctx) => {
        ctx.waitUntil(
          new Promise((resolve) => {
            release = resolve;
          }),
        );
        console.log('held');
        return 'a';
      });
      job('b', () => {
        release();
        return 'b';
      })`;
    const held = Promise.withResolvers<SandboxLog>();
    const first = sandbox.run(runOf(body, { log: held.resolve }));
    await held.promise;
    expect(await isPending(first)).toBe(true);
    expect(valueOf(await sandbox.run(runOf(body, { index: 1 })))).toBe('b');
    expect(valueOf(await first)).toBe('a');
  });

  it('that never settles ends with the deadline, as a success', async () => {
    const run = await sandbox.run(
      runOf(`job('j', (ctx) => { ctx.waitUntil(new Promise(() => undefined)); return 1; })`, {
        limits: soonOver,
      }),
    );
    expect(valueOf(run)).toBe(1);
  });

  it('and a loop after the answer ends at the limit of processor time', async () => {
    const body = `job('j', (ctx) => {
        ctx.waitUntil(
          (async () => {
            await new Promise((resolve) => setTimeout(resolve, 1));
            for (;;);
          })(),
        );
        return 1;
      })`;
    expect(endOf(await sandbox.run(runOf(body, { limits: { ...usualLimits, cpuMs: 200 } })))).toBe('CPU_LIMIT');
  });
});

describe("a route's answer", () => {
  async function answered(
    handler: string,
    host: SlowHost,
  ): Promise<{ response: RouteResponse; run: Promise<RunOutcome> }> {
    let run: Promise<RunOutcome> | undefined;
    const response = await new Promise<RouteResponse>((resolve) => {
      run = sandbox.run({ ...runOf(`route('/', ${handler})`, { kind: 'route', ...host.parts }), onResponse: resolve });
    });
    if (run === undefined) throw new Error('unreachable');
    return { response, run };
  }

  it('is there before what the handler did not wait for', async () => {
    const host = new SlowHost();
    const { response, run } = await answered(
      `(ctx) => { ctx.kv.set('a', 1); return [{ a: 1 }, 201, { 'x-a': 'b' }]; }`,
      host,
    );
    expect(response).toMatchObject({ status: 201, body: { data: '{"a":1}' } });
    expect(await isPending(run)).toBe(true);
    host.answer();
    expect(await run).toMatchObject({ status: 'succeeded', response, usage: { resultBytes: 7 } });
  });

  it('stands when what follows fails, which is the end of the run', async () => {
    const host = new SlowHost();
    const { response, run } = await answered(
      `(ctx) => { ctx.waitUntil(ctx.kv.get('a').then(() => { throw new Error('too late'); })); return 'ok'; }`,
      host,
    );
    expect(response.status).toBe(200);
    host.answer();
    expect(await run).toMatchObject({ status: 'failed', error: { message: 'too late' } });
  });

  it('is given once', async () => {
    const host = new SlowHost();
    const responses: RouteResponse[] = [];
    const run = sandbox.run({
      ...runOf(`route('/', (ctx) => { ctx.kv.set('a', 1); ctx.kv.set('b', 1); return 'ok'; })`, {
        kind: 'route',
        ...host.parts,
      }),
      onResponse: (response) => void responses.push(response),
    });
    await host.calls(2);
    host.answer();
    host.answer();
    expect(endOf(await run)).toBe('succeeded');
    expect(responses).toHaveLength(1);
  });
});
