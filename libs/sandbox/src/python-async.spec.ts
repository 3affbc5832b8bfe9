import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type HostCall, type HostCallAnswer, type Sandbox } from './index.js';
import { pythonRun, resultOf, type PythonRun } from './testing/python-run.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ hostMethods: ['kv.get', 'kv.set', 'http.request'], skipSelfTest: true });
}, 60_000);
afterAll(() => sandbox.stop(0));

/** Runs the body of a job that is written with `async def`. */
async function run(body: string, given: Omit<PythonRun, 'source'> = {}): Promise<unknown> {
  const head = "import asyncio\nfrom annex import job, HostError\n@job('x')\nasync def x(ctx, payload=None):\n";
  const outcome = await sandbox.run(pythonRun({ ...given, source: `${head}${body.replace(/^/gm, '    ')}\n` }));
  return resultOf(outcome);
}

/** A host whose calls are answered by hand, in the order that the test wants. */
function byHand(): { calls: string[]; hostCall(call: HostCall): Promise<HostCallAnswer>; answer(key: string): void } {
  const calls: string[] = [];
  const waiting = new Map<string, (answer: HostCallAnswer) => void>();
  return {
    calls,
    hostCall({ method, args }) {
      const [key] = JSON.parse(args) as [string];
      calls.push(`${method} ${key}`);
      return new Promise((resolve) => waiting.set(key, resolve));
    },
    answer: (key) => waiting.get(key)?.({ ok: true, value: JSON.stringify(`v-${key}`) }),
  };
}

const echo = ({ method, args }: HostCall): Promise<HostCallAnswer> =>
  Promise.resolve({ ok: true, value: JSON.stringify([method, ...(JSON.parse(args) as unknown[])]) });

describe('a handler written with async def', { timeout: 120_000 }, () => {
  it('awaits calls, one after the other', async () => {
    const body = 'a = await ctx.kv.get("a")\nawait asyncio.sleep(0.001)\nb = await ctx.kv.get("b")\nreturn [a, b]';
    expect(await run(body, { hostCall: echo })).toEqual([
      ['kv.get', 'a'],
      ['kv.get', 'b'],
    ]);
  });

  it('has several calls under way, and takes their answers in any order', async () => {
    const host = byHand();
    const body = 'return await asyncio.gather(*[ctx.kv.get(k) for k in "abc"])';
    const result = run(body, { hostCall: host.hostCall });
    await expect.poll(() => host.calls, { timeout: 60_000 }).toEqual(['kv.get a', 'kv.get b', 'kv.get c']);
    for (const key of ['c', 'a', 'b']) host.answer(key);
    expect(await result).toEqual(['v-a', 'v-b', 'v-c']);
  });

  it('uses asyncio as anywhere else', async () => {
    const body = `
async def worker(queue, found):
    while (key := await queue.get()) is not None:
        found.append((await ctx.kv.get(key))[1])
queue, found = asyncio.Queue(), []
async with asyncio.TaskGroup() as group:
    group.create_task(worker(queue, found))
    call = group.create_task(ctx.kv.get("own"))
    for key in ("a", "b", None):
        await queue.put(key)
async def count():
    for i in range(3):
        await asyncio.sleep(0)
        yield i
try:
    async with asyncio.timeout(0.01):
        await asyncio.Event().wait()
except TimeoutError:
    found.append("late")
found.append(await asyncio.to_thread(sum, [1, 2]))
while not call.done():
    await asyncio.sleep(0)
return [found, call.result()[1], [i async for i in count()]]`;
    expect(await run(body, { hostCall: echo })).toEqual([['a', 'b', 'late', 3], 'own', [0, 1, 2]]);
  });

  it('does what it did not await, in the order of the program', async () => {
    const body = 'ctx.kv.set("a", 1)\nold = ctx.kv.get("b")\nctx.kv.set("c", old[1])\nreturn {"old": old}';
    const calls: string[] = [];
    const hostCall = async (call: HostCall): Promise<HostCallAnswer> => {
      const answer = await echo(call);
      calls.push(call.args);
      return answer;
    };
    expect(await run(body, { hostCall })).toEqual({ old: ['kv.get', 'b'] });
    expect(calls).toEqual(['["a",1]', '["b"]', '["c","b"]']);
  });

  it('is told of refusals where it awaits, or at its end', async () => {
    const hostCall = (): Promise<HostCallAnswer> =>
      Promise.resolve({ ok: false, code: 'PERMISSION_DENIED', message: 'not granted' });
    const caught = 'try:\n    await ctx.kv.get("a")\nexcept HostError as e:\n    return e.code';
    expect(await run(caught, { hostCall })).toBe('PERMISSION_DENIED');
    expect(await run('ctx.kv.set("a", 1)', { hostCall })).toMatchObject({ message: 'not granted' });
    const gathered =
      'return [e.code for e in await asyncio.gather(ctx.kv.get("a"), ctx.kv.get("b"), return_exceptions=True)]';
    expect(await run(gathered, { hostCall })).toEqual(['PERMISSION_DENIED', 'PERMISSION_DENIED']);
  });

  it('has a ctx for functions that do not await', async () => {
    const body = 'def old(ctx): return ctx.kv.get("a")[1].upper()\nreturn [old(ctx.sync), (await ctx.kv.get("b"))[1]]';
    expect(await run(body, { hostCall: echo })).toEqual(['A', 'b']);
  });

  it('goes on beside others, and nothing gets at the wrong one', async () => {
    const body = `
async def one(i):
    value = await ctx.kv.get(f"{payload}-{i}")
    assert asyncio.current_task().get_name() == f"{payload}-{i}", asyncio.current_task()
    return value[1]
tasks = [asyncio.create_task(one(i), name=f"{payload}-{i}") for i in range(5)]
return await asyncio.gather(*tasks)`;
    const hostCall = async (call: HostCall): Promise<HostCallAnswer> => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      return await echo(call);
    };
    const runs = await Promise.all(Array.from({ length: 30 }, (_, index) => run(body, { payload: index, hostCall })));
    expect(runs).toEqual(runs.map((_, index) => Array.from({ length: 5 }, (__, i) => `${index}-${i}`)));
  });

  it('leaves nothing going: tasks are cancelled with it, as asyncio.run does', async () => {
    const body = `
async def heart():
    try:
        while True: await asyncio.sleep(0.001)
    finally:
        await ctx.kv.set("stopped", True)
asyncio.create_task(heart())
await asyncio.sleep(0.005)
return "done"`;
    const calls: string[] = [];
    const hostCall = (call: HostCall): Promise<HostCallAnswer> => {
      calls.push(call.args);
      return echo(call);
    };
    expect(await run(body, { hostCall })).toBe('done');
    expect(calls).toEqual(['["stopped",true]']);
  });

  it('runs coroutines from handlers that are none', async () => {
    const source =
      "import asyncio\nfrom annex import job\n@job('x')\ndef x(ctx):\n    async def main():\n" +
      '        await asyncio.sleep(0.001)\n        return ctx.kv.get("a")\n    return asyncio.run(main())\n';
    const outcome = await sandbox.run(pythonRun({ source, hostCall: echo }));
    expect(outcome).toMatchObject({ status: 'succeeded', result: '["kv.get","a"]' });
  });

  it('is no generator', async () => {
    const source = "from annex import job\n@job('x')\nasync def x(ctx):\n    yield 1\n";
    expect(await sandbox.run(pythonRun({ source }))).toMatchObject({
      error: { message: expect.stringContaining('only a route may yield') as unknown },
    });
  });
});
