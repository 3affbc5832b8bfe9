/**
 * Requests and answers over a socket that leads to a vetted address. The library's own connection opens its sockets
 * itself; its messages need nothing of a connection but `send`. Whose broker it is, is a tenant's choice: an answer is
 * bounded, and one that makes no sense ends the connection, and nothing else.
 */
import type { Duplex } from 'node:stream';
import { Reader, Writer, type Connection } from '@platformatic/kafka';

/** The longest answer that is read, in bytes. */
const maxAnswerBytes = 64 * 1024 * 1024;
/** The time that an answer has. */
const answerMs = 30_000;

type Answered = (error: Error | null, answer?: unknown) => void;
type Parse = (correlationId: number, apiKey: number, apiVersion: number, reader: Reader) => unknown;

interface Waiting {
  parse: Parse;
  isTagged: boolean;
  key: number;
  version: number;
  done: Answered;
  timer: NodeJS.Timeout;
}

export class Wire {
  readonly #waiting = new Map<number, Waiting>();
  #parts: Buffer[] = [];
  #bytes = 0;
  #last = 0;
  #failure: Error | undefined;

  constructor(private readonly socket: Duplex) {
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (thrown) => this.end(thrown));
    socket.on('close', () => this.end(new Error('The broker ended the connection.')));
  }

  /** As the library's messages take it: they ask for nothing but `send`. */
  get connection(): Connection {
    return this as unknown as Connection;
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  end(failure = new Error('the connection was ended')): void {
    this.#failure ??= failure;
    this.socket.destroy();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { done, timer } of waiting) {
      clearTimeout(timer);
      done(this.#failure);
    }
  }

  /** Kafka protocol guide, "Request Header v1" and v2. */
  // The library calls it with these.
  send(
    key: number,
    version: number,
    createPayload: () => Writer,
    parse: Parse,
    ...[hasTags, isTagged, done]: [hasTags: boolean, isTagged: boolean, done: Answered]
  ): void {
    if (this.#failure) return done(this.#failure);
    this.#last = (this.#last + 1) & 0x7fff_ffff;
    const correlationId = this.#last;
    const request = Writer.create()
      .appendInt16(key)
      .appendInt16(version)
      .appendInt32(correlationId)
      .appendString('annex', false);
    if (hasTags) request.appendTaggedFields();
    request.appendFrom(createPayload()).prependLength();
    const timer = setTimeout(() => this.end(new Error('The broker did not answer within 30 s.')), answerMs);
    this.#waiting.set(correlationId, { parse, isTagged, key, version, done, timer });
    this.socket.write(request.buffer);
  }

  #read(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    try {
      for (let length = this.#length(); length !== undefined && this.#bytes >= length + 4; length = this.#length()) {
        const all = Buffer.concat(this.#parts);
        const rest = all.subarray(length + 4);
        [this.#parts, this.#bytes] = [rest.length > 0 ? [rest] : [], rest.length];
        this.#take(all.subarray(4, length + 4));
      }
    } catch (thrown) {
      this.end(thrown instanceof Error ? thrown : new Error('The broker’s answer cannot be read.'));
    }
  }

  /** Of the answer that comes next; `undefined`: not known yet. */
  #length(): number | undefined {
    if (this.#bytes < 4) return undefined;
    const [first = Buffer.alloc(0)] = this.#parts;
    const head = first.length >= 4 ? first : Buffer.concat(this.#parts);
    const length = head.readInt32BE(0);
    if (length < 4 || length > maxAnswerBytes)
      throw new Error(`The broker announced an answer of ${length} bytes; at most ${maxAnswerBytes} are read.`);
    return length;
  }

  #take(answer: Buffer): void {
    const correlationId = answer.readInt32BE(0);
    const waiting = this.#waiting.get(correlationId);
    if (!waiting) throw new Error('The broker answers what nobody asked.');
    this.#waiting.delete(correlationId);
    clearTimeout(waiting.timer);
    const { parse, isTagged, key, version, done } = waiting;
    let parsed: unknown;
    try {
      parsed = parse(correlationId, key, version, Reader.from(answer.subarray(isTagged ? 5 : 4)));
    } catch (thrown) {
      return done(thrown instanceof Error ? thrown : new Error('The broker’s answer cannot be read.'));
    }
    done(null, parsed);
  }
}
