import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  rawHeaders: string[];
  bytes: Buffer;
  text: string;
}

/**
 * One request byte for byte, with headers that `fetch` would refuse or add to: `Host`, hop-by-hop ones, none at all. Of
 * a stream of events, which does not end, the head is the answer.
 */
export function rawRequest(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string | string[]>; body?: string | Uint8Array } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    // The path as it was written: URL would tidy `..` and escapes away.
    const path = url.slice(url.indexOf('/', url.indexOf('//') + 2));
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = httpRequest(
      { hostname, port, path, method, headers: { ...length, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        const answer = (): void => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            bytes,
            text: bytes.toString('utf8'),
          });
        };
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        if (response.headers['content-type']?.startsWith('text/event-stream')) {
          answer();
          response.destroy();
        } else response.once('end', answer);
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}
