/**
 * The proxy is part of what the fault suite measures with, so each thing it does to a connection is seen here first.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTcpProxy } from './tcp-proxy.js';

/** Sends everything back. */
const echo = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.pipe(socket);
});
let target: string;
beforeAll(async () => {
  await new Promise<void>((done) => echo.listen(0, '127.0.0.1', done));
  target = `tcp://127.0.0.1:${(echo.address() as AddressInfo).port}`;
});
afterAll(() => void echo.close());

async function dial(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

/** A reset is an end too. */
const closing = (socket: Socket): Promise<void> => new Promise((done) => socket.once('close', () => done()));

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  let answer = '';
  while (answer.length < text.length) answer += String((await once(socket, 'data'))[0]);
  return answer;
}

it('passes bytes on, cuts connections off, and lets them through again', async () => {
  const proxy = await openTcpProxy(target);
  const first = await dial(proxy.url);
  expect(await ask(first, 'hello')).toBe('hello');
  const closed = closing(first);
  await proxy.cut();
  await closed;
  await expect(dial(proxy.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await proxy.restore();
  expect(await ask(await dial(proxy.url), 'again')).toBe('again');
  await proxy.close();
});

it('swallows what open connections send, while new ones work, until it is healed', async () => {
  const proxy = await openTcpProxy(target);
  const half = await dial(proxy.url);
  await ask(half, 'before');
  proxy.swallow();
  let heard = '';
  half.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  half.write('lost');
  expect(await ask(await dial(proxy.url), 'a new one')).toBe('a new one');
  expect(heard).toBe('');
  expect(half.destroyed).toBe(false);
  const closed = closing(half);
  proxy.heal();
  await closed;
  expect(heard).toBe('');
  await proxy.close();
});

it('swallows new connections too in a partition', async () => {
  const proxy = await openTcpProxy(target);
  const passing = await dial(proxy.url);
  await ask(passing, 'before');
  proxy.swallow({ newOnes: true });
  const taken = await dial(proxy.url);
  let heard = '';
  taken.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  taken.write('lost');
  const closed = closing(taken);
  proxy.heal();
  await closed;
  expect(heard).toBe('');
  expect(await ask(await dial(proxy.url), 'after')).toBe('after');
  await proxy.close();
});

it('passes everything in order over a long, narrow link, also when that ends in the middle', async () => {
  const proxy = await openTcpProxy(target);
  const socket = await dial(proxy.url);
  proxy.slow({ delayMs: 60, bytesPerSecond: 50_000 });
  const began = performance.now();
  expect(await ask(socket, 'far')).toBe('far');
  expect(performance.now() - began).toBeGreaterThanOrEqual(120);
  const sent = Array.from({ length: 2000 }, (_, number) => `${number},`).join('');
  const answer = ask(socket, sent);
  await new Promise((done) => setTimeout(done, 30));
  proxy.slow();
  expect(await answer).toBe(sent);
  await proxy.close();
});
