/** Health and metrics on a port of their own: what a worker answers, and what an api keeps off its public listener. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health } from '@annex-app/api';
import { messageOf, type Logger, type Stoppable } from '@annex/kernel';

export interface HealthListener extends Stoppable {
  /** Where it listens, such as `http://127.0.0.1:9464`. */
  readonly url: string;
}

export interface HealthListenerOptions {
  health: Pick<Health, 'ready' | 'metrics'>;
  /** 0: any that is free. */
  port: number;
  host: string;
  logger: Logger;
}

/** Whoever asks for so little needs no longer. Milliseconds. */
const requestMs = 10_000;

/** Answers `/healthz`, `/readyz` and `/metrics` as the API does. Rejects when the port is taken. */
export async function listenForHealth({ health, port, host, logger }: HealthListenerOptions): Promise<HealthListener> {
  const server = createServer({ requestTimeout: requestMs }, (request, response) => {
    answer(health, request.url ?? '', response).catch((thrown: unknown) => {
      logger.warn({ reason: messageOf(thrown) }, 'a question for health or metrics could not be answered');
      response.destroy();
    });
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail).listen(port, host, () => done());
  });
  const { address, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${taken}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function answer(health: HealthListenerOptions['health'], url: string, response: ServerResponse): Promise<void> {
  const [path] = url.split('?', 1);
  if (path === '/healthz') return send(response, 200, { status: 'ok' });
  if (path === '/readyz') {
    const { ready, ...rest } = await health.ready();
    return send(response, ready ? 200 : 503, { status: ready ? 'ready' : 'unavailable', ...rest });
  }
  if (path !== '/metrics') return send(response, 404, { status: 'not found' });
  const metrics = await health.metrics();
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' });
  response.end(metrics);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
