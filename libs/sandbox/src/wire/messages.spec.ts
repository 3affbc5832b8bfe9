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
  { type: 'call', ...run, callId: 2, method: 'kv.get', args: '[]' },
  { type: 'log', ...run, timeMs: 1, level: 2, message: 'm', fields: '{}' },
  { type: 'stuck', ...run, code: 'CPU_LIMIT' },
  { type: 'busy', seats: [1, 2] },
  { type: 'heard' },
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
    expect(() => readFromExecutor({ type: 200, numbers: [], texts: [] })).toThrow(WireError);
    expect(() => readFromExecutor({ type: 0, numbers: [1], texts: [] })).toThrow(WireError);
    expect(() => readToExecutor({ type: 2, numbers: [], texts: [] })).toThrow(WireError);
  });
});

describe('a handler code', () => {
  it('holds kind, content and index', () => {
    const code = handlerCode(5, 3, 100_000);
    expect([code & 7, (code >>> 3) & 3, code >>> 5]).toEqual([5, 3, 100_000]);
  });
});
