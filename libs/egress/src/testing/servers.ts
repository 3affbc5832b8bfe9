/** Servers to send to, and short ways to ask and read. For specs. */
import { isAnnexError } from '@annex/kernel';
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { createEgress, type EgressOptions } from '../egress.js';
import type { EgressRequest } from '../request.js';

export const running: Server[] = [];
const sockets = new Set<Socket>();

export async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  running.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
export const serve = (listener: RequestListener): Promise<number> => listen(createHttpServer(listener));
export const serveRaw = (onSocket: (socket: Socket) => void): Promise<number> => listen(createTcpServer(onSocket));
export const open = (port: number, more: EgressOptions = {}) =>
  createEgress({ allowPrivate: [`127.0.0.1:${port}`], ...more });
export const get = (url: string, more: Partial<EgressRequest> = {}): EgressRequest => ({
  method: 'GET',
  url,
  allowHosts: 'any',
  ...more,
});
export const text = (body: Uint8Array): string => Buffer.from(body).toString();

export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'OK';
  } catch (thrown) {
    if (!isAnnexError(thrown)) throw thrown;
    return thrown.code;
  }
}
const readAll = async (request: IncomingMessage): Promise<string> => Buffer.concat(await request.toArray()).toString();
export const echo: RequestListener = async (request: IncomingMessage, response: ServerResponse) => {
  response.setHeader('set-cookie', ['a=1', 'b=2']);
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: await readAll(request),
    }),
  );
};

/** Closes what a test opened. */
export function closeServersAfterEach(): void {
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(running.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });
}
