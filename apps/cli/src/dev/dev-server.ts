/** The local page of `annex dev`, and the plugin's routes. Listens on the loopback address only. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { TestPlugin } from '@annex/sdk/testing';
import { explain } from '../faults.js';
import type { DevNews, DevPlugin } from './dev-plugin.js';
import { page } from './page.js';

/** How much of the news a page that is opened later still gets. */
const maxKept = 500;
const maxBodyBytes = 5 * 2 ** 20;

export class DevServer {
  readonly #kept: string[] = [];
  readonly #readers = new Set<ServerResponse>();
  readonly #server: Server;

  constructor(private readonly dev: Pick<DevPlugin, 'plugin'>) {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((thrown: unknown) => {
        const { code, detail } = explain(thrown);
        sendJson(response, code === 'TOO_LARGE' ? 413 : 422, { code, detail });
      });
    });
  }

  /** Answers the address. `port` 0: any that is free. */
  listen(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(`http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`);
      });
    });
  }

  tell(news: DevNews): void {
    const line = `data: ${JSON.stringify({ ...news, at: new Date().toISOString() })}\n\n`;
    this.#kept.push(line);
    if (this.#kept.length > maxKept) this.#kept.shift();
    for (const reader of this.#readers) reader.write(line);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page of elsewhere could name a host of its own that leads here, or send a form.
    if (!isLocal(request))
      return sendJson(response, 403, { code: 'FORBIDDEN', detail: 'This page is for this machine.' });
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { plugin } = this.dev;
    if (url.pathname === '/') return send(response, 200, page, 'text/html; charset=utf-8');
    if (url.pathname === '/dev/news') return this.#follow(request, response);
    if (plugin === undefined) return sendJson(response, 503, { code: 'NOT_OPEN', detail: 'The plugin has faults.' });
    if (url.pathname === '/dev/plugin')
      return sendJson(response, 200, { slug: plugin.slug, handlers: plugin.handlers });
    if (url.pathname.startsWith(`/ext/${plugin.slug}/`)) return callRoute(plugin, request, response, url);
    if (request.method !== 'POST') return sendJson(response, 404, { code: 'NOT_FOUND', detail: `No ${url.pathname}.` });
    const asked = JSON.parse((await readBody(request)).toString('utf8')) as Record<string, never>;
    if (url.pathname === '/dev/event')
      return sendJson(response, 200, await plugin.event(asked['type'] ?? '', asked['data'] ?? {}));
    if (url.pathname === '/dev/job')
      return sendJson(response, 200, (await plugin.job(asked['name'] ?? '', asked['payload'] ?? null)) ?? null);
    return sendJson(response, 404, { code: 'NOT_FOUND', detail: `No ${url.pathname}.` });
  }

  #follow(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(this.#kept.join(''));
    this.#readers.add(response);
    request.once('close', () => this.#readers.delete(response));
  }
}

function isLocal({ headers }: IncomingMessage): boolean {
  const isHere = (host: string): boolean => /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
  const { host = '', origin } = headers;
  return isHere(host) && (origin === undefined || origin === `http://${host}`);
}

async function callRoute(
  plugin: TestPlugin,
  request: IncomingMessage,
  response: ServerResponse,
  { pathname, search }: URL,
): Promise<void> {
  const path = pathname.slice(`/ext/${plugin.slug}`.length) + search;
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
  const answer = await plugin.request(request.method ?? 'GET', path, { headers, body: await readBody(request) });
  const bytes = Buffer.from(await answer.arrayBuffer());
  response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), 'content-length': bytes.length });
  response.end(bytes);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes)
    throw Object.assign(new Error(`The body is larger than ${maxBodyBytes} bytes.`), { code: 'TOO_LARGE' });
  return buffer(request);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, JSON.stringify(body, null, 2), 'application/json');
}

function send(response: ServerResponse, status: number, text: string, type: string): void {
  if (response.headersSent) return void response.end();
  response.writeHead(status, {
    'content-type': type,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  });
  response.end(text);
}
