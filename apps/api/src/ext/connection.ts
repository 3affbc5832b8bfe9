import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { hopsHeader, readHops } from '@annex/egress';
import { atDepth, type RouteCall } from '@annex/execution';
import { bearerIn, single } from '../http/authentication.js';
import { shownHeaders } from './read-request.js';

/** What may stand in a Host header (RFC 3986 §3.2.2): plugins read it as part of their URL. HTTP/1.0 has none. */
export const plausibleHost = /^[\w.~%!$&'()*+,;=:[\]-]*$/;

/** Headers that make a request one for the long way: they ask for more than an answer, or change who asks. */
const demanding = ['origin', 'content-length', 'transfer-encoding', 'expect', 'upgrade'];

/** The head of a request, read once for all that say the same on a connection. */
export interface KnownHead {
  /** The lines as they came: name, value, name, … */
  raw: readonly string[];
  bearer: string | undefined;
  slugHeader: string | undefined;
  host: string;
  /** The host without its port. */
  hostname: string;
  /** What the plugin sees. */
  headers: [string, string][];
  /** What brought the call about. */
  cause: RouteCall['cause'];
}

/** What is remembered of a connection between its requests. */
export class Connection {
  #known: { raw: readonly string[]; head: KnownHead | undefined } | undefined;
  #abandoned: AbortController | undefined;

  private constructor(socket: Socket) {
    socket.once('close', () => this.#abandoned?.abort());
  }

  /** The one that a request came by. Kept on the socket: a WeakMap's entries would outlive many requests. */
  static of({ socket }: IncomingMessage): Connection {
    const holder = socket as Socket & { [memory]?: Connection };
    return (holder[memory] ??= new Connection(socket));
  }

  /** Fires when the caller leaves while runs of this connection are under way. */
  get abandoned(): AbortController {
    if (this.#abandoned === undefined) {
      this.#abandoned = new AbortController();
      // While there is one listener, the next costs no new table of them.
      this.#abandoned.signal.addEventListener('abort', () => undefined, { once: true });
    }
    return this.#abandoned;
  }

  /** Answers the present controller and uses another from now on: its run does not end with its request. */
  detach(): AbortController {
    const { abandoned } = this;
    this.#abandoned = undefined;
    return abandoned;
  }

  /** What a request's head says; `undefined`: more than the short way can answer. */
  headOf({ rawHeaders, headers }: IncomingMessage, hasProxies: boolean): KnownHead | undefined {
    if (this.#known === undefined || !isSame(this.#known.raw, rawHeaders))
      this.#known = { raw: rawHeaders, head: readHead(rawHeaders, headers, hasProxies) };
    return this.#known.head;
  }
}

const memory = Symbol('connection');

function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}

function readHead(raw: readonly string[], headers: IncomingHttpHeaders, hasProxies: boolean): KnownHead | undefined {
  const { host = '' } = headers;
  if (demanding.some((name) => headers[name] !== undefined) || !plausibleHost.test(host)) return undefined;
  // Proxies say who calls and by which name; an address such as [::1] has colons of its own.
  if (
    host === '' ||
    host.startsWith('[') ||
    (hasProxies && Object.keys(headers).some((name) => name.startsWith('x-forwarded-')))
  )
    return undefined;
  const bearer = bearerIn(headers.authorization);
  return {
    raw,
    bearer,
    slugHeader: single(headers['x-tenant-slug']),
    host,
    hostname: host.split(':', 1)[0] ?? '',
    headers: shownHeaders(headers),
    cause: atDepth(readHops(single(headers[hopsHeader]))),
  };
}
