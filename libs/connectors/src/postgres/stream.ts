/**
 * The stream that the driver reads. Whose server is at its other end is a tenant's choice, so what it says must end the
 * connection at worst, and never the program: the driver throws in its own event handlers at bytes that make no sense,
 * and collects a message whole however long it says that it is.
 */
import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { PostgresSettings } from './settings.js';

/** The longest message that is read: as much as one row can hold, and what stands around it. */
const maxMessageBytes = 32 * 1024 * 1024;

/** SSLRequest (PostgreSQL manual, "Message Formats"). */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Makes a connected socket what the driver may use. It connects its socket itself; this one is connected already. */
export async function driverStream(
  socket: Socket,
  { ssl, host }: PostgresSettings,
  signal: AbortSignal,
): Promise<Socket> {
  const stream = ssl === false ? socket : await secure(socket, { ...ssl, host }, signal);
  stream.connect = () => {
    queueMicrotask(() => stream.emit('connect'));
    return stream;
  };
  return guarded(stream);
}

async function secure(
  socket: Socket,
  options: { rejectUnauthorized: boolean; servername?: string; host: string },
  signal: AbortSignal,
): Promise<TLSSocket> {
  const answer = await once(socket, signal, (done, fail) => {
    socket.once('data', done);
    socket.once('close', () => fail(new Error('The server ended the connection before it was secured.')));
    socket.write(sslRequest);
  });
  if (!Buffer.isBuffer(answer) || answer.length !== 1 || answer[0] !== 0x53)
    throw new Error('The server offers no TLS. Turn it on there, or write sslmode=disable where nobody can listen.');
  const secured = connectTls({ socket, ...options });
  await once(secured, signal, (done) => secured.once('secureConnect', done));
  return secured;
}

/** Waits for one event of a stream; its errors and the signal reject. */
function once(
  stream: Socket,
  signal: AbortSignal,
  begin: (done: (value?: unknown) => void, fail: (thrown: unknown) => void) => void,
): Promise<unknown> {
  const waiting = Promise.withResolvers<unknown>();
  const giveUp = (): void => waiting.reject(signal.reason);
  stream.once('error', waiting.reject);
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  begin(waiting.resolve, waiting.reject);
  return waiting.promise.finally(() => {
    stream.off('error', waiting.reject);
    signal.removeEventListener('abort', giveUp);
  });
}

function guarded(stream: Socket): Socket {
  const on = stream.on.bind(stream) as (event: string, listener: (chunk: Buffer) => void) => Socket;
  const frames = new Frames();
  stream.on = ((event: string, listener: (chunk: Buffer) => void) =>
    event === 'data'
      ? on(event, (chunk) => {
          try {
            frames.pass(chunk);
            listener(chunk);
          } catch (thrown) {
            stream.destroy(thrown instanceof Error ? thrown : new Error('The server’s answer cannot be read.'));
          }
        })
      : on(event, listener)) as Socket['on'];
  return stream;
}

/** Follows messages (a byte, and the length of the rest in four) without keeping them. */
class Frames {
  #left = 0;
  #head = Buffer.alloc(0);

  pass(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      const step = Math.min(5 - this.#head.length, chunk.length - at);
      this.#head = Buffer.concat([this.#head, chunk.subarray(at, at + step)]);
      at += step;
      if (this.#head.length < 5) return;
      const length = this.#head.readUInt32BE(1);
      if (length < 4 || length > maxMessageBytes)
        throw new Error(`The server announced a message of ${length} bytes; at most ${maxMessageBytes} are read.`);
      this.#left = length - 4;
      this.#head = Buffer.alloc(0);
    }
  }
}
