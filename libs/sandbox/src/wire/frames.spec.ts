import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, FrameWriter, WireError } from './frames.js';

interface Fields {
  type: number;
  numbers: number[];
  texts: string[];
}

function written(...frames: Fields[]): Buffer {
  const writer = new FrameWriter();
  for (const { type, numbers, texts } of frames) {
    writer.open(type, numbers.length, texts.length);
    for (const each of numbers) writer.number(each);
    for (const each of texts) writer.text(each);
    writer.close();
  }
  return writer.take() ?? Buffer.alloc(0);
}

function read(bytes: Buffer, cutAt: number[] = [], maxFrameBytes = 1 << 20): Fields[] {
  const frames: Fields[] = [];
  const reader = new FrameReader(maxFrameBytes, (frame) => {
    const numbers = Array.from({ length: frame.numbers }, () => frame.number());
    const texts = Array.from({ length: frame.texts }, () => frame.text());
    frame.close();
    frames.push({ type: frame.type, numbers, texts });
  });
  let from = 0;
  for (const cut of [...cutAt.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    if (cut > from) reader.push(bytes.subarray(from, cut));
    from = Math.max(from, cut);
  }
  return frames;
}

const frame = fc.record({
  type: fc.nat(255),
  numbers: fc.array(fc.double({ noNaN: true }), { maxLength: 12 }),
  texts: fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { maxLength: 5 }),
});

describe('frames', () => {
  it('come out as they went in, however the stream was cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 10 }), (frames, cuts) => {
        expect(read(written(...frames), cuts)).toEqual(frames);
      }),
    );
  });

  it('carry texts larger than the writer keeps', () => {
    const texts = ['x'.repeat(3_000_000), 'ü'.repeat(1_000_000), ''];
    expect(read(written({ type: 1, numbers: [], texts }, { type: 2, numbers: [1], texts: [] }), [], 1 << 24)).toEqual([
      { type: 1, numbers: [], texts },
      { type: 2, numbers: [1], texts: [] },
    ]);
  });

  it('that are large come out whole, wherever the stream was cut, with those before and behind them', () => {
    const small = { type: 2, numbers: [1], texts: ['small'] };
    const frames = [small, { type: 1, numbers: [7], texts: ['x'.repeat(400_000), 'ü'] }, small, small];
    const bytes = written(...frames);
    const ends = [1, 4, 5, 30, 60, 65_536, 262_144, 400_010, bytes.length - 60, bytes.length - 40, bytes.length - 1];
    for (const first of ends) for (const second of ends) expect(read(bytes, [first, second])).toEqual(frames);
    const chunks = Array.from({ length: Math.floor(bytes.length / 65_536) }, (_, index) => (index + 1) * 65_536);
    expect(read(Buffer.concat([bytes, bytes]), chunks)).toEqual([...frames, ...frames]);
  });

  it('replace half a surrogate pair, as UTF-8 has no form for it', () => {
    expect(read(written({ type: 1, numbers: [], texts: ['a\ud800b'] }))[0]?.texts).toEqual(['a\ufffdb']);
  });

  it('are refused above the limit before their bytes have come', () => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(1001);
    expect(() => read(head, [], 1000)).toThrow(WireError);
  });

  it.each([
    ['a length that is too short for a head', (bytes: Buffer) => bytes.writeUInt32LE(2, 0)],
    ['more numbers than bytes', (bytes: Buffer) => bytes.writeUInt8(200, 5)],
    ['more texts than bytes', (bytes: Buffer) => bytes.writeUInt8(200, 6)],
    ['fewer texts than bytes', (bytes: Buffer) => bytes.writeUInt8(0, 6)],
    ['a text that is longer than its frame', (bytes: Buffer) => bytes.writeUInt32LE(0xffffffff, 15)],
  ])('are refused with %s', (_name, spoil) => {
    const bytes = written({ type: 1, numbers: [7], texts: ['abc'] });
    spoil(bytes);
    expect(() => read(bytes)).toThrow(WireError);
  });

  it('never make the reader fail in another way than WireError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          read(Buffer.from(bytes), [], 4096);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
