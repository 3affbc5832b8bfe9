import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWebIsolate } from './testing/web-isolate.js';
import type { WebIsolate } from './testing/web-isolate.js';

let web: WebIsolate;
beforeAll(async () => {
  web = await startWebIsolate();
});
afterAll(() => {
  web.stop();
});

describe('EventTarget', () => {
  it('calls capturing listeners first, each once, in the order of registration', async () => {
    expect(
      await web.run(`
        const target = new EventTarget();
        const seen = [];
        const twice = () => seen.push('twice');
        target.addEventListener('x', () => seen.push('bubble'));
        target.addEventListener('x', twice);
        target.addEventListener('x', twice);
        target.addEventListener('x', () => seen.push('capture'), true);
        target.addEventListener(
          'x',
          {
            handleEvent(event) {
              seen.push(event.type + (this.handleEvent !== undefined));
            },
          },
          { once: true },
        );
        target.dispatchEvent(new Event('x'));
        target.dispatchEvent(new Event('x'));
        target.removeEventListener('x', twice);
        target.dispatchEvent(new Event('x'));
        return seen.join();
      `),
    ).toBe('capture,bubble,twice,xtrue,capture,bubble,twice,capture,bubble');
  });

  it('honours preventDefault, stopImmediatePropagation, passive and signal', async () => {
    expect(
      await web.run(`
        const target = new EventTarget();
        const seen = [];
        const cancel = (event) => event.preventDefault();
        target.addEventListener('a', cancel);
        target.addEventListener('b', cancel, { passive: true });
        target.addEventListener('c', (event) => {
          seen.push(1);
          event.stopImmediatePropagation();
        });
        target.addEventListener('c', () => seen.push(2));
        const controller = new AbortController();
        target.addEventListener('d', () => seen.push(3), { signal: controller.signal });
        const results = [
          target.dispatchEvent(new Event('a', { cancelable: true })),
          target.dispatchEvent(new Event('a')),
          target.dispatchEvent(new Event('b', { cancelable: true })),
        ];
        target.dispatchEvent(new Event('c'));
        controller.abort();
        target.dispatchEvent(new Event('d'));
        return [results, seen];
      `),
    ).toEqual([[false, true, true], [1]]);
  });

  it('logs what a listener throws and goes on', async () => {
    expect(
      await web.run(`
        const target = new EventTarget();
        const seen = [];
        target.addEventListener('x', () => {
          throw new Error('from a listener');
        });
        target.addEventListener('x', () => seen.push(1));
        return [target.dispatchEvent(new CustomEvent('x', { detail: 5 })), seen];
      `),
    ).toEqual([true, [1]]);
    expect(web.logs.at(-1)).toMatchObject({
      level: 'error',
      message: expect.stringContaining('from a listener') as unknown,
    });
  });
});

describe('AbortSignal', () => {
  it('aborts once, with the reason it was given', async () => {
    expect(
      await web.run(`
      const controller = new AbortController(); const seen = [];
      controller.signal.onabort = (event) => seen.push(event.isTrusted);
      controller.signal.addEventListener('abort', () => seen.push(controller.signal.aborted));
      controller.abort('why'); controller.abort('again');
      let thrown; try { controller.signal.throwIfAborted(); } catch (error) { thrown = error; }
      return [seen, controller.signal.reason, thrown, AbortSignal.abort().reason.name];`),
    ).toEqual([[true, true], 'why', 'why', 'AbortError']);
  });

  it('follows any of several signals, also through each other', async () => {
    expect(
      await web.run(`
        const a = new AbortController();
        const b = new AbortController();
        const ab = AbortSignal.any([a.signal, b.signal]);
        const all = AbortSignal.any([ab]);
        const seen = [];
        for (const [name, signal] of [
          ['a', a.signal],
          ['ab', ab],
          ['all', all],
        ])
          signal.addEventListener('abort', () => seen.push(name + all.aborted));
        a.abort(1);
        return [
          seen,
          ab.reason,
          all.reason,
          b.signal.aborted,
          AbortSignal.any([]).aborted,
          AbortSignal.any([AbortSignal.abort(7)]).reason,
        ];
      `),
    ).toEqual([['atrue', 'abtrue', 'alltrue'], 1, 1, false, false, 7]);
  });

  it('times out by a timer of the host', async () => {
    await web.run('globalThis.timed = AbortSignal.timeout(50);');
    expect([...web.timers.values()]).toEqual([50]);
    web.fireNext();
    expect(await web.run('return [timed.aborted, timed.reason.name]')).toEqual([true, 'TimeoutError']);
  });

  it('cannot be made or aborted from outside', async () => {
    await expect(web.run('new AbortSignal()')).rejects.toThrow('Illegal constructor');
  });
});
