/**
 * An API server, asked over sockets that lead to a vetted address. Whose it is, is a tenant's choice: answers are
 * bounded, redirects are not followed, and nothing is read of this machine's files.
 */
import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isJsonObject, type JsonObject } from '@annex/kernel';
import type { Dial } from '../connector.js';
import { secure } from '../secure.js';
import type { Cluster } from './settings.js';

/** The longest list, and the longest line of a watch, in bytes. */
const maxBytes = 64 * 1024 * 1024;
const maxLineBytes = 8 * 1024 * 1024;

/** The time until an answer begins. */
const answerMs = 30_000;

/** The API server has another answer than what was asked for. */
export class RefusedError extends Error {
  constructor(
    /** HTTP's, or that of a watch. */
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** What the API server says makes no sense: to ask again from the same place would bring the same. */
export class UnreadableError extends Error {}

/** Beyond what the API server remembers of the past. */
export function isGone(thrown: unknown): boolean {
  return thrown instanceof RefusedError && thrown.code === 410;
}

export interface Asked {
  path: string;
  query: Record<string, string | undefined>;
  signal: AbortSignal;
}

export class ApiServer {
  #aheadMs = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly dial: Dial,
  ) {}

  /** The time there, in milliseconds since the epoch: what happens in a cluster is told by its own clock. */
  get nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Throws {@link RefusedError}. */
  async get(asked: Asked): Promise<JsonObject> {
    const answer = await this.#ask(asked);
    return readObject(await readAll(answer));
  }

  /** Each change as it comes; ends when the server ends it. Throws {@link RefusedError}. */
  async *watch(asked: Asked): AsyncGenerator<JsonObject> {
    const answer = await this.#ask(asked);
    try {
      for await (const line of lines(answer)) yield readObject(line);
    } finally {
      answer.destroy();
    }
  }

  async #ask({ path, query, signal }: Asked): Promise<IncomingMessage> {
    const { url, token } = this.cluster;
    const said = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) if (value !== undefined) said.set(key, value);
    const socket = await this.#connect(signal);
    const asking = request({
      createConnection: () => socket,
      method: 'GET',
      path: `${url.pathname.replace(/\/$/, '')}${path}?${said}`,
      signal,
      headers: {
        host: url.host,
        accept: 'application/json',
        connection: 'close',
        'user-agent': 'annex',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const timer = setTimeout(() => asking.destroy(new Error('The API server did not answer within 30 s.')), answerMs);
    asking.once('response', resolve).on('error', reject);
    asking.end();
    try {
      const answer = await promise;
      const thereMs = Date.parse(answer.headers.date ?? '');
      if (!Number.isNaN(thereMs)) this.#aheadMs = thereMs - Date.now();
      if (answer.statusCode !== 200) throw await refusal(answer, path);
      return answer;
    } catch (thrown) {
      socket.destroy();
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(signal: AbortSignal): Promise<Socket> {
    const { url, ca, cert, key } = this.cluster;
    const isSecure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
    const socket = await this.dial({ host, port });
    if (!isSecure) return socket as Socket;
    try {
      return await secure(socket, { ca, cert, key, host, signal });
    } catch (thrown) {
      socket.destroy();
      throw thrown;
    }
  }
}

async function refusal(answer: IncomingMessage, path: string): Promise<RefusedError> {
  const { statusCode: code = 0 } = answer;
  const said = await readAll(answer)
    .then(readObject)
    .catch((): JsonObject => ({}));
  const message = typeof said['message'] === 'string' ? said['message'].slice(0, 300) : 'it does not say why';
  const hint =
    code === 401
      ? ' Its token or certificate is not believed.'
      : code === 403
        ? ' Grant this account "list" and "watch" there.'
        : code === 404
          ? ' It has no such kind of objects, or no such namespace.'
          : code >= 300 && code < 400
            ? ' Redirects are not followed: write where it leads to.'
            : '';
  return new RefusedError(code, `The API server answers ${code} to ${path}: ${message}.${hint}`);
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new Error(`The API server's answer is over ${maxBytes} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function* lines(answer: IncomingMessage): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = part.indexOf(10); at !== -1; at = part.indexOf(10, from)) {
      const line = Buffer.concat([...parts, part.subarray(from, at)]).toString('utf8');
      [parts, bytes, from] = [[], 0, at + 1];
      if (line.trim() !== '') yield line;
    }
    const rest = part.subarray(from);
    bytes += rest.length;
    if (bytes > maxLineBytes) throw new UnreadableError(`A change at the API server is over ${maxLineBytes} bytes.`);
    if (rest.length > 0) parts.push(rest);
  }
}

function readObject(text: string): JsonObject {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new UnreadableError('The API server says what is no JSON.');
  }
  if (!isJsonObject(read)) throw new UnreadableError('The API server says what is no object.');
  return read as JsonObject;
}
