import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWebIsolate } from './testing/web-isolate.js';
import type { WebIsolate } from './testing/web-isolate.js';

const asked: { method: string; argsJson: string }[] = [];
let web: WebIsolate;
beforeEach(async () => {
  asked.length = 0;
  const answer = async (method: string, argsJson: string): Promise<string> => {
    asked.push({ method, argsJson });
    return '{"status":200,"headers":[],"url":"https://a.b/","body":{"encoding":"utf8","data":"real"}}';
  };
  web = await startWebIsolate({ host: answer, executor: answer });
});
afterEach(() => {
  web.stop();
});

/** What a plugin may rewrite: every method of these objects. */
const REWRITTEN = `
  const bad = () => 'tampered';
  const targets = [
    Object,
    Array.prototype,
    Map.prototype,
    Set.prototype,
    WeakMap.prototype,
    JSON,
    Date,
    Number.prototype,
    RegExp.prototype,
    Promise,
    Math,
  ];
  const { ownKeys } = Reflect;
  for (let i = 0; i < targets.length; i++) {
    const keys = ownKeys(targets[i]);
    for (let k = 0; k < keys.length; k++) {
      if (keys[k] === 'constructor' || keys[k] === 'prototype') continue;
      try {
        if (typeof targets[i][keys[k]] === 'function') targets[i][keys[k]] = bad;
      } catch {}
    }
  }
  Object.prototype.toJSON = bad;
  String.prototype.toJSON = bad;
  Promise.prototype.then = bad;
  Reflect.apply = Reflect.ownKeys = bad;
`;

describe('a plugin that rewrites the built-ins', () => {
  it('leaves timers, the console and random numbers working', async () => {
    await web.run(`
      globalThis.fired = 0; ${REWRITTEN}
      const timer = setInterval(() => { fired++; }, 5); setTimeout(() => { fired += 10; }, 1);
      console.log('still %s', 'here', { a: 1 }); console.error(new Error('seen'));
      globalThis.random = crypto.getRandomValues(new Uint8Array(8)).length;`);
    expect(web.logs).toMatchObject([
      { level: 'info', message: 'still here', fields: '{"a":1}' },
      { level: 'error', message: expect.stringContaining('Error: seen') as unknown },
    ]);
    web.fireNext();
    web.fireNext();
    expect(web.timers.size).toBe(1);
    expect(await web.run('return fired + ":" + random')).toBe('11:8');
  });

  it('cannot malform the calls that leave the isolate', async () => {
    await web.run(`
      const { subtle } = crypto;
      const data = new Uint8Array([1]);
      const request = new Request('https://a.b/x', { method: 'POST', headers: { k: 'v' }, body: 'b' });
      ${REWRITTEN};
      const attempt = async (call) => {
        try {
          await call();
        } catch {}
      };
      attempt(() => fetch(request));
      attempt(() => fetch('https://a.b/y'));
      attempt(() => subtle.digest('SHA-1', data));
    `);
    await web.run('');
    expect(asked.length).toBeGreaterThan(0);
    for (const { method, argsJson } of asked) {
      expect(argsJson).not.toContain('tampered');
      const args = JSON.parse(argsJson) as unknown[];
      expect([method, args.length, typeof args[0]]).toEqual([method, 1, 'object']);
    }
  });

  it('cannot make a fake of a Response, a signal or a key pass as real', async () => {
    expect(
      await web.run(`
        const fake = Object.create(Response.prototype);
        Object.defineProperty(Response, Symbol.hasInstance, { value: () => true });
        return [
          webInternals.isResponse(fake),
          webInternals.isResponse({}),
          webInternals.isResponse(Object.setPrototypeOf(new Response(), null)),
          webInternals.isRequest(fake),
        ];
      `),
    ).toEqual([false, false, true, false]);
  });
});

describe('what the rest of the prelude uses', () => {
  it('makes requests and reads responses without asking the plugin’s classes', async () => {
    expect(
      await web.run(`
        const controller = webInternals.createAbortController();
        const request = webInternals.createRequest(
          {
            method: 'POST',
            url: 'https://a.b/?q=1',
            headers: [['a', '1']],
            body: { encoding: 'base64', data: 'aGk=' },
          },
          controller.signal,
        );
        globalThis.AbortController.prototype.abort = null;
        globalThis.Response.prototype.text = null;
        controller.abort('stop');
        let frozen;
        try {
          request.headers.set('a', '2');
        } catch (error) {
          frozen = error.name;
        }
        const streamed = new Response(
          new ReadableStream({
            start(c) {
              c.enqueue(new Uint8Array([255]));
              c.close();
            },
          }),
          { status: 201 },
        );
        const late = webInternals.readResponseNow(streamed) === undefined;
        let tooLarge;
        await webInternals
          .readResponse(
            new Response(
              new ReadableStream({
                pull(c) {
                  c.enqueue(new Uint8Array(10));
                },
              }),
            ),
            25,
          )
          .catch((error) => {
            tooLarge = error.name;
          });
        const used = new Response('x');
        webInternals.readResponseNow(used);
        let twice;
        try {
          webInternals.readResponseNow(used);
        } catch (error) {
          twice = error.name;
        }
        return [
          await request.text(),
          request.signal.aborted,
          request.signal.reason,
          frozen,
          webInternals.readResponseNow(Response.json({ a: 1 })),
          late,
          await webInternals.readResponse(streamed),
          tooLarge,
          twice,
          await webInternals.readBody(new Request('https://a.b', { method: 'POST', body: 'é' })),
          webInternals.readResponseNow(new Response(null, { status: 204 })),
        ];
      `),
    ).toEqual([
      'hi',
      true,
      'stop',
      'TypeError',
      { status: 200, headers: [['content-type', 'application/json']], body: { encoding: 'utf8', data: '{"a":1}' } },
      true,
      { status: 201, headers: [], body: { encoding: 'base64', data: '/w==' } },
      'RangeError',
      'TypeError',
      { encoding: 'utf8', data: 'é' },
      { status: 204, headers: [], body: null },
    ]);
  });

  it('defines every global of the contract, and nothing enumerable that a plugin would not expect', async () => {
    expect(
      await web.run(`
        const names =
          ('console URL URLSearchParams TextEncoder TextDecoder atob btoa crypto structuredClone ' +
          'queueMicrotask setTimeout clearTimeout setInterval clearInterval AbortController AbortSignal ' +
          'Event EventTarget CustomEvent DOMException Headers Request Response Blob File FormData ' +
          'ReadableStream WritableStream TransformStream TextEncoderStream TextDecoderStream fetch ' +
          'performance navigator reportError self globalThis').split(' ');
        const missing = names.filter((name) => globalThis[name] === undefined);
        const misnamed = names.filter(
          (name) => typeof globalThis[name] === 'function' && globalThis[name].name !== name,
        );
        URL = 5;
        return [missing, misnamed, URL, navigator.userAgent, self === globalThis];
      `),
    ).toEqual([[], [], 5, 'Annex', true]);
  });
});
