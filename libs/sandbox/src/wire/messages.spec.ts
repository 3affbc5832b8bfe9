import { describe, expect, it } from 'vitest';
import { FrameReader, FrameWriter, WireError, type Frame } from './frames.js';
import {
  handlerCode,
  readFromExecutor,
  readToExecutor,
  writeFromExecutor,
  writeToExecutor,
  type FromExecutor,
  type ToExecutor,
} from './messages.js';

function cross<T>(write: (out: FrameWriter) => void, read: (frame: Frame) => T): T[] {
  const writer = new FrameWriter();
  write(writer);
  const messages: T[] = [];
  new FrameReader(1 << 20, (frame) => messages.push(read(frame))).push(writer.take() ?? Buffer.alloc(0));
  return messages;
}

const run = { seat: 3, nonce: 0xdeadbeef };
const usage = { cpuMs: 1.5, memoryMb: 2.25, resultBytes: 3, logLines: 4, logBytes: 5, hostCalls: 6 };

const toExecutor: ToExecutor[] = [
  { type: 'configure', settings: '{}' },
  { type: 'bundle', sha256: 'ab', code: 'ü' },
  { type: 'run', ...run, profileId: 7, profile: '{}', code: handlerCode(3, 2, 500), head: 'a\nb', content: 'c' },
  { type: 'answer', ...run, callId: 9, ok: true, a: 'x', b: '' },
  { type: 'answer', ...run, callId: 9, ok: false, a: 'CODE', b: 'message' },
  { type: 'cancel', ...run },
  { type: 'evict', prefix: 'plg_1' },
  { type: 'ping', sequence: 4 },
  { type: 'inspect', ...run, code: 'x', wallMs: 1000, memoryMb: 64 },
];

const fromExecutor: FromExecutor[] = [
  { type: 'ready', report: '{}' },
  { type: 'prelude', cache: 'AA==' },
  { type: 'pong', sequence: 4, isolates: 2, discards: 1, rssMb: 50.5 },
  { type: 'succeeded', ...run, hasValue: true, value: '1', usage },
  { type: 'answered', ...run, status: 200, headers: 'a\nb\n', bodyEncoding: 'utf8', body: 'x' },
  { type: 'chunk', ...run, isLast: false, data: 'AAEC' },
  { type: 'chunk', ...run, isLast: true, data: '' },
  { type: 'responded', ...run, status: 200, headers: 'a\nb\n', bodyEncoding: 'utf8', body: 'x', usage },
  { type: 'failed', ...run, code: 'TIMEOUT', message: 'm', stack: 's', retryAfterMs: 5, usage },
  { type: 'call', ...run, callId: 2, method: 'kv.get', args: '[]', text: '' },
  { type: 'call', ...run, callId: 3, method: 'http.request', args: '[null]', text: 'ü'.repeat(70_000) },
  { type: 'log', ...run, timeMs: 1, level: 2, message: 'm', fields: '{}' },
  { type: 'stuck', ...run, code: 'CPU_LIMIT' },
  { type: 'busy', seats: [1, 2] },
  { type: 'inspected', ...run, registrations: '[]', warnings: '[]' },
];

describe('messages', () => {
  it.each(toExecutor)('to an executor cross unchanged: $type', (message) => {
    expect(cross((out) => writeToExecutor(out, message), readToExecutor)).toEqual([message]);
  });

  it.each(fromExecutor)('from an executor cross unchanged: $type', (message) => {
    expect(cross((out) => writeFromExecutor(out, message), readFromExecutor)).toEqual([message]);
  });

  it('of an unknown type, or with other fields than their own, are refused', () => {
    const empty = (type: number, numbers: number) => (out: FrameWriter) => {
      out.open(type, numbers, 0);
      for (let left = numbers; left > 0; left -= 1) out.number(1);
      out.close();
    };
    expect(() => cross(empty(200, 0), readFromExecutor)).toThrow(WireError);
    expect(() => cross(empty(0, 1), readFromExecutor)).toThrow(WireError);
    expect(() => cross(empty(2, 0), readToExecutor)).toThrow(WireError);
  });

  it('that are longer than their fields are refused', () => {
    const writer = new FrameWriter();
    writeFromExecutor(writer, { type: 'busy', seats: [] });
    const bytes = Buffer.concat([writer.take() ?? Buffer.alloc(0), Buffer.of(0)]);
    bytes.writeUInt32LE(bytes.length - 4, 0);
    expect(() => new FrameReader(1 << 20, readFromExecutor).push(bytes)).toThrow(WireError);
  });
});

describe('a handler code', () => {
  it('holds kind, content and index', () => {
    const code = handlerCode(5, 3, 100_000);
    expect([code & 7, (code >>> 3) & 3, code >>> 5]).toEqual([5, 3, 100_000]);
  });
});
