import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { expect, it } from 'vitest';
import { limitConnections } from './connections.js';

/** What of a socket is looked at; a machine has no two IPv6 addresses of a network to dial from. */
class Peer extends EventEmitter {
  text = '';
  constructor(readonly remoteAddress: string) {
    super();
  }
  setTimeout(): void {}
  destroySoon(): void {}
  end(text: string): void {
    this.text = text;
  }
}

it('connections are counted by network: an IPv6 /64, an IPv4 address', () => {
  const server = new EventEmitter();
  limitConnections(server as Server, { connections: 100, connectionsPerAddress: 2 }, []);
  const dial = (address: string): Peer => {
    const peer = new Peer(address);
    server.emit('connection', peer);
    return peer;
  };
  const [first, ...others] = [
    '2001:db8:0:1::1',
    '2001:db8:0:1::2',
    '2001:db8:0:1::3',
    '2001:db8:0:2::1',
    '192.0.2.1',
    '::ffff:192.0.2.1',
    '192.0.2.1',
    '192.0.2.2',
  ].map(dial);
  expect(others.map(({ text }) => text.slice(9, 12))).toEqual(['', '429', '', '', '', '429', '']);
  first?.emit('close');
  expect(dial('2001:db8:0:1::4').text).toBe('');
});
