import { readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { describe, expect, it } from 'vitest';
import { serve, open, get, codeOf, closeServersAfterEach } from './testing/servers.js';

closeServersAfterEach();

describe('requests at once', () => {
  it('are a share of the places for each tenant, whose further ones wait behind its own', async () => {
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    let wake: () => void = () => undefined;
    const port = await serve((request, response) => {
      asked.push(request.url ?? '');
      answers.push(() => response.end('ok'));
      wake();
    });
    const askedFor = async (count: number): Promise<string[]> => {
      while (asked.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return [...asked].sort();
    };
    const egress = open(port, { atOnce: 5, atOncePerTenant: 2 });
    const ask = (tenant: string, path: string, signal?: AbortSignal): Promise<string> =>
      codeOf(egress.request(get(`http://127.0.0.1:${port}/${path}`, { tenant, ...(signal && { signal }) })));
    const leaving = new AbortController();
    const loud = [ask('loud', '1'), ask('loud', '2')];
    const given = ask('loud', '3', leaving.signal);
    const waiting = ask('loud', '4');
    const quiet = ask('quiet', '5');
    expect(await askedFor(3)).toEqual(['/1', '/2', '/5']);
    leaving.abort();
    expect(await given).toBe('EGRESS_ABORTED');
    answers.splice(0).forEach((answer) => answer());
    expect(await askedFor(4)).toEqual(['/1', '/2', '/4', '/5']);
    answers.splice(0).forEach((answer) => answer());
    expect(await Promise.all([...loud, waiting, quiet])).toEqual(['OK', 'OK', 'OK', 'OK']);
  });
});

describe('requests that may take long', () => {
  it('leave the places of others to them, and their own to more than a few tenants', async () => {
    const asked: string[] = [];
    const leaving = new AbortController();
    const port = await serve((request, response) => {
      asked.push(request.url ?? '');
      // A server that never ends its answer.
      if (request.url === '/long') response.write('x');
      else response.end('ok');
    });
    const egress = open(port);
    const ask = (tenant: string, path: string, timeoutMs: number): Promise<string> =>
      codeOf(egress.request(get(`http://127.0.0.1:${port}/${path}`, { tenant, timeoutMs, signal: leaving.signal })));
    const long = ['a', 'b', 'c'].flatMap((tenant) => Array.from({ length: 20 }, () => ask(tenant, 'long', 600_000)));
    await expect.poll(() => asked.length).toBe(18);
    for (const tenant of ['a', 'd']) expect(await ask(tenant, 'short', 60_000)).toBe('OK');
    expect(await ask('d', 'other', 600_000)).toBe('OK');
    leaving.abort();
    expect(new Set(await Promise.all(long))).toEqual(new Set(['EGRESS_ABORTED']));
  });

  it('wait for a place so long and no longer', async () => {
    const leaving = new AbortController();
    let asked = 0;
    const port = await serve(() => (asked += 1));
    const egress = open(port, { atOncePerTenant: 1, maxWaitMs: 1 });
    const ask = (): Promise<string> =>
      codeOf(egress.request(get(`http://127.0.0.1:${port}/`, { tenant: 'a', signal: leaving.signal })));
    const first = ask();
    expect(await ask()).toBe('EGRESS_BUSY');
    await expect.poll(() => asked).toBe(1);
    leaving.abort();
    expect(await first).toBe('EGRESS_ABORTED');
    expect(await ask()).toBe('EGRESS_ABORTED');
    expect(asked).toBe(1);
  });
});

describe.runIf(process.platform === 'linux')('the thread', () => {
  it('stands behind the program’s own thread in the line for the processors', async () => {
    const port = await serve((_request, response) => response.end('ok'));
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`)))).toBe('OK');
    const own = getPriority(process.pid);
    const others = readdirSync('/proc/self/task').map((thread) => getPriority(Number(thread)));
    expect(others).toContain(Math.min(19, own + 5));
    expect(getPriority(process.pid)).toBe(own);
  });
});
