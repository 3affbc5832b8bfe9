/**
 * Takes one answer in, piece by piece, and stops at the first limit that it passes. Memory is what the body holds so
 * far, twice at most.
 */
import { KiB, MiB } from '@annex/kernel';
import { answerLimits } from '@annex/limits';
import type { Dispatcher } from 'undici';
import { egressErrors } from '../errors.js';
import { rawHeader } from '../headers.js';
import type { HopOrder } from './hop.js';
import { maxSocketBytes } from './limits.js';

/** An answer as it was sent, not inflated. */
export interface TakenAnswer {
  status: number;
  /** Name, value, name, value … */
  headers: string[];
  body: Uint8Array<ArrayBuffer>;
  /** Whether the body is gzip, as its header fields say. */
  gzip: boolean;
  cut: boolean;
}

/** The error for a response larger than it may be. */
export function tooLarge(max: number, what: string): Error {
  return egressErrors.error(
    'HTTP_LIMIT',
    `The response's ${what} is larger than ${max} bytes, which is the limit. Ask for less, such as a page or a range.`,
  );
}

type Wanted = Pick<HopOrder, 'method' | 'maxBytes' | 'overflow' | 'stopAtRedirect'>;

/** Room that is made for a body before it is there, in bytes. */
const mostAhead = MiB;

const redirects = new Set([301, 302, 303, 307, 308]);

/** A handler for undici's `dispatch`. {@link taken} settles once; whatever comes later is ignored. */
export class AnswerTaker implements Dispatcher.DispatchHandler {
  readonly taken: Promise<TakenAnswer>;
  #settle!: { resolve(answer: TakenAnswer): void; reject(reason: unknown): void };
  #head: { status: number; headers: string[]; gzip: boolean } | undefined;
  #body = new Uint8Array(0);
  #bytes = 0;
  #informational = 0;
  #pieces = 0;
  #ended = false;

  constructor(private readonly wanted: Wanted) {
    this.taken = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.taken.catch(() => undefined);
  }

  /** Something came off the socket, `bytes` since it was opened. */
  read(bytes: number): void {
    if (this.#ended) return;
    this.#pieces += 1;
    const { bytesBeforeHeaders, readsBeforeHeaders, pieces } = answerLimits;
    if (!this.#head && bytes > bytesBeforeHeaders)
      return this.fail(tooLarge(bytesBeforeHeaders, 'part before its body'));
    if (!this.#head && this.#pieces > readsBeforeHeaders) return this.fail(inPieces(readsBeforeHeaders));
    const most = maxSocketBytes(this.wanted.maxBytes);
    if (bytes > most) return this.fail(tooLarge(most, 'text, with what stands between the parts of its body,'));
    if (this.#pieces > pieces) this.fail(inPieces(pieces));
  }

  onRequestStart(): void {
    // The socket is closed by whoever waits for `taken`.
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (this.#ended) return;
    if (status < 200) {
      this.#informational += 1;
      if (this.#informational > answerLimits.informational) {
        this.fail(
          egressErrors.error(
            'HTTP_LIMIT',
            `The host sent more than ${answerLimits.informational} informational answers (1xx) and no other.`,
          ),
        );
      }
      return;
    }
    const headers = (controller.rawHeaders as readonly Buffer[]).map((part) => part.toString('latin1'));
    const hasBody = this.wanted.method !== 'HEAD' && status !== 204 && status !== 304;
    this.#head = {
      status,
      headers,
      gzip: hasBody && /^\s*(x-)?gzip\s*$/i.test(rawHeader(headers, 'content-encoding') ?? ''),
    };
    if (headers.length / 2 > answerLimits.headerFields)
      return this.#refuse(
        egressErrors.error(
          'HTTP_LIMIT',
          `The response has more than ${answerLimits.headerFields} header fields, which is the limit.`,
        ),
      );
    if (this.wanted.stopAtRedirect && redirects.has(status) && rawHeader(headers, 'location') !== undefined)
      return this.#finish(true);
    const announced = Number(rawHeader(headers, 'content-length') ?? 0);
    if (hasBody && announced > this.wanted.maxBytes && this.wanted.overflow === 'fail')
      return this.fail(tooLarge(this.wanted.maxBytes, 'body'));
    // What is announced may never come, so little is made room for at once.
    if (hasBody && announced > 0) this.#body = new Uint8Array(Math.min(announced, this.wanted.maxBytes, mostAhead));
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    if (this.#ended) return;
    this.#pieces += 1;
    const { maxBytes } = this.wanted;
    const room = maxBytes - this.#bytes;
    this.#keep(piece.length > room ? piece.subarray(0, room) : piece);
    if (piece.length > room) this.fail(tooLarge(maxBytes, 'body'));
    else if (this.#pieces > answerLimits.pieces) this.fail(inPieces(answerLimits.pieces));
  }

  onResponseEnd(): void {
    this.#finish(false);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, thrown: unknown): void {
    this.fail(thrown);
  }

  /** Gives the answer up, or cuts it where it may be cut and its header fields are there. */
  fail(reason: unknown): void {
    if (this.#ended) return;
    if (this.wanted.overflow === 'cut' && this.#head) this.#finish(true);
    else this.#refuse(reason);
  }

  #refuse(reason: unknown): void {
    this.#ended = true;
    this.#body = new Uint8Array(0);
    this.#settle.reject(reason);
  }

  #finish(cut: boolean): void {
    if (this.#ended || !this.#head) return;
    this.#ended = true;
    const body = new Uint8Array(this.#body.buffer.transferToFixedLength(this.#bytes));
    this.#settle.resolve({ ...this.#head, body, cut });
  }

  #keep(piece: Uint8Array): void {
    const needed = this.#bytes + piece.length;
    if (needed > this.#body.length) {
      const size = Math.min(Math.max(needed, 2 * this.#body.length, 16 * KiB), Math.max(this.wanted.maxBytes, needed));
      this.#body = new Uint8Array(this.#body.buffer.transferToFixedLength(size));
    }
    this.#body.set(piece, this.#bytes);
    this.#bytes = needed;
  }
}

function inPieces(most: number): Error {
  return egressErrors.error(
    'HTTP_LIMIT',
    `The response comes in more than ${most} pieces, which is the limit. Ask for less, or let the server send ` +
      'larger chunks.',
  );
}
