/**
 * The messages between the parent and an executor, as tagged unions, and which numbers and texts of a frame each is
 * made of. A run is addressed by a seat (a small number) and a nonce that cannot be guessed; whoever does not know both
 * reaches nothing.
 */
import { assertNever } from '@annex/kernel';
import type { SandboxLimits, SandboxUsage } from '../sandbox.js';
import { WireError, type Frame, type FrameWriter } from './frames.js';

/** What the executor counted; the time by the clock is the parent's. */
export type GuestUsage = Omit<SandboxUsage, 'wallMs'>;

/** Addresses one run of one executor. */
export interface RunAddress {
  seat: number;
  nonce: number;
}

export interface RunMessage extends RunAddress {
  type: 'run';
  /** Names everything that stays the same from run to run ({@link Profile}). */
  profileId: number;
  /** The profile as JSON; '' when the executor was sent it before. */
  profile: string;
  /** Handler kind, content kind and handler index in one number, see {@link handlerCode}. */
  code: number;
  /** JSON of user and run, then for a route a line feed and JSON of method, url, headers, params and query. */
  head: string;
  content: string;
}

/** What the runs of one handler kind of one installation and release have in common. */
export interface Profile {
  isolateKey: string;
  sha256: string;
  limits: SandboxLimits;
  /** JSON of tenant, plugin, permissions, config and secrets. */
  fixed: string;
}

/** Packs what says which handler runs with what: both sides read it with shifts. */
export function handlerCode(kind: number, content: number, index: number): number {
  return (kind | (content << 3) | (index << 5)) >>> 0;
}

export type ToExecutor =
  | { type: 'configure'; settings: string }
  | { type: 'bundle'; sha256: string; code: string }
  | RunMessage
  | ({ type: 'answer'; callId: number; ok: boolean; a: string; b: string } & RunAddress)
  | ({ type: 'cancel' } & RunAddress)
  /** The reader of a stream took so many bytes; as many more may be sent. */
  | ({ type: 'credit'; bytes: number } & RunAddress)
  | { type: 'evict'; prefix: string }
  | { type: 'ping'; sequence: number }
  | ({ type: 'inspect'; code: string; wallMs: number; memoryMb: number } & RunAddress);

export type FromExecutor =
  /** `report`: JSON of what the executor found out about its own confinement. */
  | { type: 'ready'; report: string }
  /** The prelude's code cache, base64; believed only from an executor that no plugin code has entered. */
  | { type: 'prelude'; cache: string }
  | { type: 'pong'; sequence: number; isolates: number; discards: number; rssMb: number }
  | ({ type: 'succeeded'; hasValue: boolean; value: string; usage: GuestUsage } & RunAddress)
  /**
   * The handler's answer, while what it started goes on: the run's end comes as `succeeded` without a value, or
   * `failed`. Its body encoding may be
   * `stream`: then the body comes as chunks. Status 0: no route's, the body is the value if the encoding is `value`,
   * else there is none.
   */
  | ({ type: 'answered'; status: number; headers: string; bodyEncoding: string; body: string } & RunAddress)
  | ({
      type: 'responded';
      status: number;
      headers: string;
      bodyEncoding: string;
      body: string;
      usage: GuestUsage;
    } & RunAddress)
  | ({
      type: 'failed';
      code: string;
      message: string;
      stack: string;
      retryAfterMs: number;
      usage: GuestUsage;
    } & RunAddress)
  /** A part of a streamed body, in base64; the last one may be empty. */
  | ({ type: 'chunk'; isLast: boolean; data: string } & RunAddress)
  | ({ type: 'call'; callId: number; method: string; args: string } & RunAddress)
  | ({ type: 'log'; timeMs: number; level: number; message: string; fields: string } & RunAddress)
  /** The run whose turn does not end although it was told to: only a kill helps. */
  | ({ type: 'stuck'; code: string } & RunAddress)
  /** Runs whose turn has gone on for a while. */
  | { type: 'busy'; seats: number[] }
  /** It has read what it was sent and has nothing else to say of it yet. */
  | { type: 'heard' }
  /** `registrations`: JSON list. */
  | ({ type: 'inspected'; registrations: string; warnings: string } & RunAddress);

const toExecutor = ['configure', 'bundle', 'run', 'answer', 'cancel', 'evict', 'ping', 'inspect', 'credit'] as const;
const fromExecutor = [
  'ready',
  'prelude',
  'pong',
  'succeeded',
  'responded',
  'failed',
  'call',
  'log',
  'stuck',
  'busy',
  'inspected',
  'heard',
  'answered',
  'chunk',
] as const;
const toCodes = codesOf(toExecutor);
const fromCodes = codesOf(fromExecutor);
const maxBusy = 64;

function codesOf<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name, code) => [name, code])) as Record<Name, number>;
}

export function writeToExecutor(out: FrameWriter, m: ToExecutor): void {
  const code = toCodes[m.type];
  switch (m.type) {
    case 'run':
      out.write(code, [m.seat, m.nonce, m.profileId, m.code], [m.profile, m.head, m.content]);
      return;
    case 'answer':
      out.write(code, [m.seat, m.nonce, m.callId, m.ok ? 1 : 0], [m.a, m.b]);
      return;
    case 'bundle':
      out.write(code, [], [m.sha256, m.code]);
      return;
    case 'cancel':
      out.write(code, [m.seat, m.nonce], []);
      return;
    case 'credit':
      out.write(code, [m.seat, m.nonce, m.bytes], []);
      return;
    case 'configure':
      out.write(code, [], [m.settings]);
      return;
    case 'evict':
      out.write(code, [], [m.prefix]);
      return;
    case 'ping':
      out.write(code, [m.sequence], []);
      return;
    case 'inspect':
      out.write(code, [m.seat, m.nonce, m.wallMs, m.memoryMb], [m.code]);
      return;
    default:
      assertNever(m);
  }
}

/** Throws {@link WireError} on anything that is not exactly one message. */
export function readToExecutor({ type: code, numbers: n, texts: t }: Frame): ToExecutor {
  const type = toExecutor[code];
  switch (type) {
    case 'run':
      expect(n, 4, t, 3);
      return {
        type,
        seat: at(n, 0),
        nonce: at(n, 1),
        profileId: at(n, 2),
        code: at(n, 3),
        profile: text(t, 0),
        head: text(t, 1),
        content: text(t, 2),
      };
    case 'answer':
      expect(n, 4, t, 2);
      return {
        type,
        seat: at(n, 0),
        nonce: at(n, 1),
        callId: at(n, 2),
        ok: at(n, 3) === 1,
        a: text(t, 0),
        b: text(t, 1),
      };
    case 'bundle':
      expect(n, 0, t, 2);
      return { type, sha256: text(t, 0), code: text(t, 1) };
    case 'cancel':
      expect(n, 2, t, 0);
      return { type, seat: at(n, 0), nonce: at(n, 1) };
    case 'credit':
      expect(n, 3, t, 0);
      return { type, seat: at(n, 0), nonce: at(n, 1), bytes: at(n, 2) };
    case 'configure':
      expect(n, 0, t, 1);
      return { type, settings: text(t, 0) };
    case 'evict':
      expect(n, 0, t, 1);
      return { type, prefix: text(t, 0) };
    case 'ping':
      expect(n, 1, t, 0);
      return { type, sequence: at(n, 0) };
    case 'inspect':
      expect(n, 4, t, 1);
      return { type, seat: at(n, 0), nonce: at(n, 1), wallMs: at(n, 2), memoryMb: at(n, 3), code: text(t, 0) };
    case undefined:
      throw new WireError(`unknown message ${code}`);
    default:
      return assertNever(type);
  }
}

export function writeFromExecutor(out: FrameWriter, m: FromExecutor): void {
  const code = fromCodes[m.type];
  switch (m.type) {
    case 'responded':
      out.write(code, [m.seat, m.nonce, m.status, ...usageNumbers(m.usage)], [m.headers, m.bodyEncoding, m.body]);
      return;
    case 'answered':
      out.write(code, [m.seat, m.nonce, m.status], [m.headers, m.bodyEncoding, m.body]);
      return;
    case 'chunk':
      out.write(code, [m.seat, m.nonce, m.isLast ? 1 : 0], [m.data]);
      return;
    case 'succeeded':
      out.write(code, [m.seat, m.nonce, m.hasValue ? 1 : 0, ...usageNumbers(m.usage)], [m.value]);
      return;
    case 'failed':
      out.write(code, [m.seat, m.nonce, m.retryAfterMs, ...usageNumbers(m.usage)], [m.code, m.message, m.stack]);
      return;
    case 'call':
      out.write(code, [m.seat, m.nonce, m.callId], [m.method, m.args]);
      return;
    case 'log':
      out.write(code, [m.seat, m.nonce, m.timeMs, m.level], [m.message, m.fields]);
      return;
    case 'busy':
      out.write(code, m.seats.slice(0, maxBusy), []);
      return;
    case 'stuck':
      out.write(code, [m.seat, m.nonce], [m.code]);
      return;
    case 'heard':
      out.write(code, [], []);
      return;
    case 'pong':
      out.write(code, [m.sequence, m.isolates, m.discards, m.rssMb], []);
      return;
    case 'inspected':
      out.write(code, [m.seat, m.nonce], [m.registrations, m.warnings]);
      return;
    case 'ready':
      out.write(code, [], [m.report]);
      return;
    case 'prelude':
      out.write(code, [], [m.cache]);
      return;
    default:
      assertNever(m);
  }
}

type AnswerType = 'responded' | 'answered' | 'chunk' | 'succeeded' | 'failed';

/** Throws {@link WireError} on anything that is not exactly one message. */
export function readFromExecutor({ type: code, numbers: n, texts: t }: Frame): FromExecutor {
  const type = fromExecutor[code];
  switch (type) {
    case 'responded':
    case 'answered':
    case 'chunk':
    case 'succeeded':
    case 'failed':
      return readAnswer(type, n, t);
    case 'call':
      expect(n, 3, t, 2);
      return { type, seat: at(n, 0), nonce: at(n, 1), callId: at(n, 2), method: text(t, 0), args: text(t, 1) };
    case 'log':
      expect(n, 4, t, 2);
      return {
        type,
        seat: at(n, 0),
        nonce: at(n, 1),
        timeMs: at(n, 2),
        level: at(n, 3),
        message: text(t, 0),
        fields: text(t, 1),
      };
    case 'busy':
      return { type, seats: n };
    case 'heard':
      expect(n, 0, t, 0);
      return { type };
    case 'stuck':
      expect(n, 2, t, 1);
      return { type, seat: at(n, 0), nonce: at(n, 1), code: text(t, 0) };
    case 'pong':
      expect(n, 4, t, 0);
      return { type, sequence: at(n, 0), isolates: at(n, 1), discards: at(n, 2), rssMb: at(n, 3) };
    case 'inspected':
      expect(n, 2, t, 2);
      return { type, seat: at(n, 0), nonce: at(n, 1), registrations: text(t, 0), warnings: text(t, 1) };
    case 'ready':
      expect(n, 0, t, 1);
      return { type, report: text(t, 0) };
    case 'prelude':
      expect(n, 0, t, 1);
      return { type, cache: text(t, 0) };
    case undefined:
      throw new WireError(`unknown message ${code}`);
    default:
      return assertNever(type);
  }
}

/** Reads what a run's handler answered. */
function readAnswer(type: AnswerType, n: number[], t: string[]): FromExecutor {
  switch (type) {
    case 'responded':
      expect(n, 9, t, 3);
      return {
        type,
        seat: at(n, 0),
        nonce: at(n, 1),
        status: at(n, 2),
        headers: text(t, 0),
        bodyEncoding: text(t, 1),
        body: text(t, 2),
        usage: usageFrom(n),
      };
    case 'answered':
      expect(n, 3, t, 3);
      return {
        type,
        seat: at(n, 0),
        nonce: at(n, 1),
        status: at(n, 2),
        headers: text(t, 0),
        bodyEncoding: text(t, 1),
        body: text(t, 2),
      };
    case 'chunk':
      expect(n, 3, t, 1);
      return { type, seat: at(n, 0), nonce: at(n, 1), isLast: at(n, 2) === 1, data: text(t, 0) };
    case 'succeeded':
      expect(n, 9, t, 1);
      return {
        type,
        seat: at(n, 0),
        nonce: at(n, 1),
        hasValue: at(n, 2) === 1,
        value: text(t, 0),
        usage: usageFrom(n),
      };
    case 'failed':
      expect(n, 9, t, 3);
      return {
        type,
        seat: at(n, 0),
        nonce: at(n, 1),
        retryAfterMs: at(n, 2),
        code: text(t, 0),
        message: text(t, 1),
        stack: text(t, 2),
        usage: usageFrom(n),
      };
    default:
      return assertNever(type);
  }
}

function expect(numbers: number[], numberCount: number, texts: string[], textCount: number): void {
  if (numbers.length !== numberCount || texts.length !== textCount)
    throw new WireError('a message with other fields than its own');
}

function at(numbers: number[], index: number): number {
  return numbers[index] ?? 0;
}

function text(texts: string[], index: number): string {
  return texts[index] ?? '';
}

/** The last six numbers of every message that ends a run. */
function usageNumbers({ cpuMs, memoryMb, resultBytes, logLines, logBytes, hostCalls }: GuestUsage): number[] {
  return [cpuMs, memoryMb, resultBytes, logLines, logBytes, hostCalls];
}

function usageFrom(n: number[]): GuestUsage {
  return {
    cpuMs: at(n, 3),
    memoryMb: at(n, 4),
    resultBytes: at(n, 5),
    logLines: at(n, 6),
    logBytes: at(n, 7),
    hostCalls: at(n, 8),
  };
}
