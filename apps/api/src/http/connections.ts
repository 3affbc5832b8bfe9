/**
 * How many connections there may be, in all and from one address: each holds a file descriptor and memory before it has
 * said anything.
 */
import type { Server } from 'node:http';
import { BlockList, isIPv6, type Socket } from 'node:net';
import { networkOf } from '@annex/access';
import { newId, type AnnexError } from '@annex/kernel';
import { apiErrors } from './errors.js';
import { problemBody } from './problem.js';

export interface ConnectionLimits {
  /** In all. Default 10,000. */
  connections?: number;
  /** From one address, of IPv6 from one /64; proxies that are believed are not counted. Default 1,000. */
  connectionsPerAddress?: number;
}

/** Turns connections away that are one too many, each with a problem that says which limit it met. */
export function limitConnections(
  server: Server,
  { connections, connectionsPerAddress }: Required<ConnectionLimits>,
  proxies: readonly string[],
): void {
  const trusted = proxyList(proxies);
  const counts = new Map<string, number>();
  let total = 0;
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const isProxy = trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
    const network = networkOf(address);
    const own = isProxy ? 0 : (counts.get(network) ?? 0);
    if (total >= connections)
      return refuse(
        socket,
        apiErrors.error(
          'OVERLOADED',
          `This server has ${total} connections, the limit is ${connections}. Try again in a moment.`,
        ),
      );
    if (own >= connectionsPerAddress)
      return refuse(
        socket,
        apiErrors.error(
          'RATE_LIMITED',
          `Your address has ${own} connections here, the limit is ${connectionsPerAddress}. Use those again, or ` +
            'close some.',
        ),
      );
    total += 1;
    if (!isProxy) counts.set(network, own + 1);
    socket.once('close', () => {
      total -= 1;
      const left = (counts.get(network) ?? 1) - 1;
      if (left > 0) counts.set(network, left);
      else counts.delete(network);
    });
  });
}

function refuse(socket: Socket, error: AnnexError): void {
  const requestId = newId('request');
  const body = JSON.stringify(problemBody(error, requestId));
  const head = [
    `HTTP/1.1 ${error.kind.status} ${error.kind.title}`,
    'content-type: application/problem+json',
    `x-request-id: ${requestId}`,
    'retry-after: 1',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  // Whoever does not read this holds the connection no longer.
  socket.setTimeout(1000, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroySoon());
}

const networks: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

function proxyList(proxies: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of proxies.flatMap((proxy) => networks[proxy] ?? [proxy])) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
