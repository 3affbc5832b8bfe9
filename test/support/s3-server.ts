/**
 * A small S3-compatible server on a free port: one bucket in memory, signed requests only. It speaks what a file store
 * needs and no more.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestS3 {
  /** Of the server, without bucket. */
  endpoint: string;
  objects: Map<string, Buffer>;
  /** What was asked, as `METHOD key`. */
  requests: string[];
  /** Answers 503 to everything while it is true. */
  down: boolean;
  close(): Promise<void>;
}

export async function startS3(bucket: string, accessKeyId: string): Promise<TestS3> {
  const objects = new Map<string, Buffer>();
  const state = { down: false };
  const requests: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  const fail = (response: ServerResponse, status: number, code: string): void => {
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://s3').pathname);
    requests.push(`${request.method} ${path}`);
    if (state.down) return fail(response, 503, 'SlowDown');
    if (!request.headers.authorization?.startsWith(`AWS4-HMAC-SHA256 Credential=${accessKeyId}/`))
      return fail(response, 403, 'AccessDenied');
    if (path !== `/${bucket}` && path !== `/${bucket}/` && !path.startsWith(`/${bucket}/`))
      return fail(response, 404, 'NoSuchBucket');
    const key = path.slice(bucket.length + 2);
    const object = objects.get(key);
    switch (request.method) {
      case 'PUT':
        if (request.headers['content-length'] === undefined) return fail(response, 411, 'MissingContentLength');
        objects.set(key, body);
        return void response.writeHead(200, { etag: `"${createHash('md5').update(body).digest('hex')}"` }).end();
      case 'GET': {
        if (!object) return fail(response, 404, 'NoSuchKey');
        const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
        const part = range ? object.subarray(Number(range[1]), Number(range[2]) + 1) : object;
        return void response
          .writeHead(range ? 206 : 200, { 'content-length': part.length, 'content-type': 'application/octet-stream' })
          .end(part);
      }
      case 'HEAD':
        return void response.writeHead(key === '' || object ? 200 : 404).end();
      case 'DELETE':
        objects.delete(key);
        return void response.writeHead(204).end();
      default:
        return fail(response, 405, 'MethodNotAllowed');
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    objects,
    requests,
    get down() {
      return state.down;
    },
    set down(value: boolean) {
      state.down = value;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
