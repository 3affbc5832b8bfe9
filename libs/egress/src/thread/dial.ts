/**
 * Opens the connection. It dials addresses, never names, so nothing can resolve differently between the check and the
 * connection; the name is used for TLS alone. What the socket is really connected to is compared once more.
 */
import { quote } from '@annex/kernel';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { canonicalAddress, parseAddress } from '../address.js';
import { egressErrors } from '../errors.js';

/** What to dial. */
export interface DialOptions {
  /** The URL's host, for TLS and for messages. */
  host: string;
  port: number;
  secure: boolean;
  /** Vetted; tried in this order, at most {@link maxAddresses} of them. */
  addresses: readonly string[];
  /** More certificates to trust, in PEM. */
  ca: readonly string[] | undefined;
  signal: AbortSignal;
}

/** More are not tried; a name with hundreds of dead addresses must not use up the request's time. */
const maxAddresses = 4;
/** For one of several addresses, in milliseconds. The last one has all the time that is left. */
const perAddressMs = 3000;

/** A connection that stands. */
export interface Dialled {
  /** Where HTTP is spoken. */
  socket: Socket;
  /** What came off the wire so far, that of TLS included. */
  bytesRead(): number;
}

/** Answers a connected socket. Throws `EGRESS_CONNECT`, `EGRESS_TLS`, or the reason of the signal. */
export async function dial(options: DialOptions): Promise<Dialled> {
  const addresses = options.addresses.slice(0, maxAddresses);
  let failure: unknown;
  for (const [index, address] of addresses.entries()) {
    options.signal.throwIfAborted();
    const isLast = index === addresses.length - 1;
    const signal = isLast ? options.signal : AbortSignal.any([options.signal, AbortSignal.timeout(perAddressMs)]);
    let socket: Socket;
    try {
      socket = await connectTo(address, options.port, signal);
    } catch (thrown) {
      failure = thrown;
      continue;
    }
    if (!isConnectedTo(socket, address)) {
      socket.destroy();
      throw egressErrors.error(
        'EGRESS_PRIVATE_ADDRESS',
        `The connection to ${quote(options.host)} went to another address than the one that was checked.`,
      );
    }
    return { socket: options.secure ? await secure(socket, options) : socket, bytesRead: () => socket.bytesRead };
  }
  options.signal.throwIfAborted();
  const reason = (failure as { code?: unknown } | undefined)?.code;
  throw egressErrors.error(
    'EGRESS_CONNECT',
    `No connection to ${quote(options.host)} on port ` +
      `${options.port}${typeof reason === 'string' ? ` (${reason})` : ''}.`,
    { cause: failure },
  );
}

function connectTo(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target = canonicalAddress(address) ?? address;
    const socket = connect({
      host: target,
      port,
      family: parseAddress(target)?.kind() === 'ipv6' ? 6 : 4,
      autoSelectFamily: false,
      noDelay: true,
    });
    const abort = (): void => fail(signal.reason);
    const fail = (reason: unknown): void => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      reject(reason);
    };
    // For good: an error between two owners of the socket would otherwise end the process.
    socket.on('error', () => undefined);
    socket.on('error', fail);
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.off('error', fail);
      resolve(socket);
    });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}

function isConnectedTo(socket: Socket, address: string): boolean {
  return socket.remoteAddress !== undefined && canonicalAddress(socket.remoteAddress) === canonicalAddress(address);
}

function secure(plain: Socket, { host, ca, signal }: DialOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const isAddress = parseAddress(host) !== undefined;
    const socket = connectTls({
      socket: plain,
      // An address is no server name (RFC 6066 §3); the certificate is then checked against `host`.
      ...(isAddress ? { host } : { servername: host }),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      ...(ca && { ca: [...ca] }),
    });
    const abort = (): void => fail(signal.reason);
    const fail = (thrown: unknown): void => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      plain.destroy();
      if (signal.aborted) return reject(signal.reason);
      const code = (thrown as { code?: unknown } | null)?.code;
      reject(
        egressErrors.error(
          'EGRESS_TLS',
          `${quote(host)} offers no TLS connection that can be ` +
            `trusted${typeof code === 'string' ? ` (${code})` : ''}. Check its certificate and name.`,
          {
            cause: thrown,
          },
        ),
      );
    };
    socket.on('error', () => undefined);
    socket.on('error', fail);
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', abort);
      socket.off('error', fail);
      resolve(socket);
    });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}
