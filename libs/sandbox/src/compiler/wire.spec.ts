import { describe, expect, it } from 'vitest';
import { encodeMessage, MessageReader, type Message } from './wire.js';

const limits = { maxHeadBytes: 100, maxRestBytes: (head: unknown) => (head === 'small' ? 0 : 10) };

function reading(): { messages: Message[]; reader: MessageReader } {
  const messages: Message[] = [];
  return { messages, reader: new MessageReader(limits, (message) => messages.push(message)) };
}

describe('messages of a compiler', () => {
  const sent = [
    { head: 'one', rest: Buffer.from('0123456789') },
    { head: 'small', rest: Buffer.alloc(0) },
    { head: 'three', rest: Buffer.from('x') },
  ];
  const bytes = Buffer.concat(sent.flatMap(({ head, rest }) => encodeMessage(head, [rest])));

  it.each([1, 3, 7, 1000])('arrive whole in chunks of %i bytes', (size) => {
    const { messages, reader } = reading();
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    expect(messages).toEqual(sent);
  });

  it('are refused by their sizes, before what is too large has come', () => {
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32LE(101, 0);
    expect(() => reading().reader.push(sizes)).toThrow('101 bytes');
    for (const [head, rest] of [
      ['one', 11],
      ['small', 1],
    ] as const) {
      const [announced, json] = encodeMessage(head, [Buffer.alloc(rest)]);
      const { reader } = reading();
      reader.push(announced as Buffer);
      expect(() => reader.push(json as Buffer)).toThrow(`${rest} bytes behind its head`);
    }
  });
});
