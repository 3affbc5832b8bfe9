import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';

/** Sends the head of a request and as much of a body as is given; what comes back is gathered. */
export class HalfRequest {
  readonly socket: Socket;
  #text = '';

  constructor(
    url: string,
    method: string,
    path: string,
    {
      headers = {},
      body = '',
      length = 500_000,
    }: { headers?: Record<string, string>; body?: string; length?: number } = {},
  ) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.socket
      .setEncoding('utf8')
      .on('data', (text: string) => (this.#text += text))
      .on('error', () => {});
    const fields = Object.entries({
      host: 'x',
      'content-type': 'application/json',
      'content-length': String(length),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n${body}`);
  }

  /** The status of the next answer; the test's own timeout is the limit. */
  async status(): Promise<number> {
    await expect.poll(() => this.#text, { timeout: 10_000 }).toMatch(/^HTTP\/1\.1 [2-5]\d\d [^]*\r\n\r\n/m);
    return Number(/^HTTP\/1\.1 ([2-5]\d\d)/m.exec(this.#text)?.[1]);
  }

  get text(): string {
    return this.#text;
  }
}
