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
  /** `text`: of the arguments, beside which it stands; '' for none. */
  | ({ type: 'call'; callId: number; method: string; args: string; text: string } & RunAddress)
  | ({ type: 'log'; timeMs: number; level: number; message: string; fields: string } & RunAddress)
  /** The run whose turn does not end although it was told to: only a kill helps. */
  | ({ type: 'stuck'; code: string } & RunAddress)
  /** Runs whose turn has gone on for a while. */
  | { type: 'busy'; seats: number[] }
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
      out.open(code, 4, 3);
      address(out, m);
      out.number(m.profileId);
      out.number(m.code);
      out.text(m.profile);
      out.text(m.head);
      out.text(m.content);
      break;
    case 'answer':
      out.open(code, 4, 2);
      address(out, m);
      out.number(m.callId);
      out.number(m.ok ? 1 : 0);
      out.text(m.a);
      out.text(m.b);
      break;
    case 'bundle':
      out.open(code, 0, 2);
      out.text(m.sha256);
      out.text(m.code);
      break;
    case 'cancel':
      out.open(code, 2, 0);
      address(out, m);
      break;
    case 'credit':
      out.open(code, 3, 0);
      address(out, m);
      out.number(m.bytes);
      break;
    case 'configure':
      out.open(code, 0, 1);
      out.text(m.settings);
      break;
    case 'evict':
      out.open(code, 0, 1);
      out.text(m.prefix);
      break;
    case 'ping':
      out.open(code, 1, 0);
      out.number(m.sequence);
      break;
    case 'inspect':
      out.open(code, 4, 1);
      address(out, m);
      out.number(m.wallMs);
      out.number(m.memoryMb);
      out.text(m.code);
      break;
    default:
      return assertNever(m);
  }
  out.close();
}

/** Throws {@link WireError} on anything that is not exactly one message. */
export function readToExecutor(frame: Frame): ToExecutor {
  const message = fieldsToExecutor(frame);
  frame.close();
  return message;
}

/** Fields are read in the order in which they stand here. */
function fieldsToExecutor(f: Frame): ToExecutor {
  const type = toExecutor[f.type];
  switch (type) {
    case 'run':
      f.expect(4, 3);
      return {
        type,
        seat: f.number(),
        nonce: f.number(),
        profileId: f.number(),
        code: f.number(),
        profile: f.text(),
        head: f.text(),
        content: f.text(),
      };
    case 'answer':
      f.expect(4, 2);
      return {
        type,
        seat: f.number(),
        nonce: f.number(),
        callId: f.number(),
        ok: f.number() === 1,
        a: f.text(),
        b: f.text(),
      };
    case 'bundle':
      f.expect(0, 2);
      return { type, sha256: f.text(), code: f.text() };
    case 'cancel':
      f.expect(2, 0);
      return { type, seat: f.number(), nonce: f.number() };
    case 'credit':
      f.expect(3, 0);
      return { type, seat: f.number(), nonce: f.number(), bytes: f.number() };
    case 'configure':
      f.expect(0, 1);
      return { type, settings: f.text() };
    case 'evict':
      f.expect(0, 1);
      return { type, prefix: f.text() };
    case 'ping':
      f.expect(1, 0);
      return { type, sequence: f.number() };
    case 'inspect':
      f.expect(4, 1);
      return {
        type,
        seat: f.number(),
        nonce: f.number(),
        wallMs: f.number(),
        memoryMb: f.number(),
        code: f.text(),
      };
    case undefined:
      throw new WireError(`unknown message ${f.type}`);
    default:
      return assertNever(type);
  }
}

export function writeFromExecutor(out: FrameWriter, m: FromExecutor): void {
  const code = fromCodes[m.type];
  switch (m.type) {
    case 'responded':
    case 'answered':
    case 'chunk':
    case 'succeeded':
    case 'failed':
      writeAnswer(out, code, m);
      break;
    case 'call':
      out.open(code, 3, 3);
      address(out, m);
      out.number(m.callId);
      out.text(m.method);
      out.text(m.args);
      out.text(m.text);
      break;
    case 'log':
      out.open(code, 4, 2);
      address(out, m);
      out.number(m.timeMs);
      out.number(m.level);
      out.text(m.message);
      out.text(m.fields);
      break;
    case 'busy':
      out.open(code, Math.min(m.seats.length, maxBusy), 0);
      for (let index = 0; index < m.seats.length && index < maxBusy; index += 1) out.number(m.seats[index] ?? 0);
      break;
    case 'stuck':
      out.open(code, 2, 1);
      address(out, m);
      out.text(m.code);
      break;
    case 'pong':
      out.open(code, 4, 0);
      out.number(m.sequence);
      out.number(m.isolates);
      out.number(m.discards);
      out.number(m.rssMb);
      break;
    case 'inspected':
      out.open(code, 2, 2);
      address(out, m);
      out.text(m.registrations);
      out.text(m.warnings);
      break;
    case 'ready':
      out.open(code, 0, 1);
      out.text(m.report);
      break;
    case 'prelude':
      out.open(code, 0, 1);
      out.text(m.cache);
      break;
    default:
      return assertNever(m);
  }
  out.close();
}

type AnswerType = 'responded' | 'answered' | 'chunk' | 'succeeded' | 'failed';

type Answer = Extract<FromExecutor, { type: AnswerType }>;

/** Writes what a run's handler answered, up to the frame's end. */
function writeAnswer(out: FrameWriter, code: number, m: Answer): void {
  switch (m.type) {
    case 'responded':
      out.open(code, 9, 3);
      address(out, m);
      out.number(m.status);
      usageNumbers(out, m.usage);
      out.text(m.headers);
      out.text(m.bodyEncoding);
      out.text(m.body);
      break;
    case 'answered':
      out.open(code, 3, 3);
      address(out, m);
      out.number(m.status);
      out.text(m.headers);
      out.text(m.bodyEncoding);
      out.text(m.body);
      break;
    case 'chunk':
      out.open(code, 3, 1);
      address(out, m);
      out.number(m.isLast ? 1 : 0);
      out.text(m.data);
      break;
    case 'succeeded':
      out.open(code, 9, 1);
      address(out, m);
      out.number(m.hasValue ? 1 : 0);
      usageNumbers(out, m.usage);
      out.text(m.value);
      break;
    case 'failed':
      out.open(code, 9, 3);
      address(out, m);
      out.number(m.retryAfterMs);
      usageNumbers(out, m.usage);
      out.text(m.code);
      out.text(m.message);
      out.text(m.stack);
      break;
    default:
      assertNever(m);
  }
}

/** Throws {@link WireError} on anything that is not exactly one message. */
export function readFromExecutor(frame: Frame): FromExecutor {
  const message = fieldsFromExecutor(frame);
  frame.close();
  return message;
}

function fieldsFromExecutor(f: Frame): FromExecutor {
  const type = fromExecutor[f.type];
  switch (type) {
    case 'responded':
    case 'answered':
    case 'chunk':
    case 'succeeded':
    case 'failed':
      return readAnswer(type, f);
    case 'call':
      f.expect(3, 3);
      return {
        type,
        seat: f.number(),
        nonce: f.number(),
        callId: f.number(),
        method: f.text(),
        args: f.text(),
        text: f.text(),
      };
    case 'log':
      f.expect(4, 2);
      return {
        type,
        seat: f.number(),
        nonce: f.number(),
        timeMs: f.number(),
        level: f.number(),
        message: f.text(),
        fields: f.text(),
      };
    case 'busy':
      f.expect(f.numbers, 0);
      return { type, seats: Array.from({ length: f.numbers }, () => f.number()) };
    case 'stuck':
      f.expect(2, 1);
      return { type, seat: f.number(), nonce: f.number(), code: f.text() };
    case 'pong':
      f.expect(4, 0);
      return { type, sequence: f.number(), isolates: f.number(), discards: f.number(), rssMb: f.number() };
    case 'inspected':
      f.expect(2, 2);
      return { type, seat: f.number(), nonce: f.number(), registrations: f.text(), warnings: f.text() };
    case 'ready':
      f.expect(0, 1);
      return { type, report: f.text() };
    case 'prelude':
      f.expect(0, 1);
      return { type, cache: f.text() };
    case undefined:
      throw new WireError(`unknown message ${f.type}`);
    default:
      return assertNever(type);
  }
}

/** Reads what a run's handler answered. Its usage stands behind its numbers, so that comes before its texts. */
function readAnswer(type: AnswerType, f: Frame): FromExecutor {
  f.expect(type === 'answered' || type === 'chunk' ? 3 : 9, type === 'chunk' || type === 'succeeded' ? 1 : 3);
  const seat = f.number();
  const nonce = f.number();
  const third = f.number();
  switch (type) {
    case 'responded': {
      const usage = usageFrom(f);
      return { type, seat, nonce, status: third, headers: f.text(), bodyEncoding: f.text(), body: f.text(), usage };
    }
    case 'answered':
      return { type, seat, nonce, status: third, headers: f.text(), bodyEncoding: f.text(), body: f.text() };
    case 'chunk':
      return { type, seat, nonce, isLast: third === 1, data: f.text() };
    case 'succeeded': {
      const usage = usageFrom(f);
      return { type, seat, nonce, hasValue: third === 1, value: f.text(), usage };
    }
    case 'failed': {
      const usage = usageFrom(f);
      return { type, seat, nonce, retryAfterMs: third, code: f.text(), message: f.text(), stack: f.text(), usage };
    }
    default:
      return assertNever(type);
  }
}

/** The first two numbers of every message about a run. */
function address(out: FrameWriter, { seat, nonce }: RunAddress): void {
  out.number(seat);
  out.number(nonce);
}

/** The last six numbers of every message that ends a run. */
function usageNumbers(out: FrameWriter, usage: GuestUsage): void {
  out.number(usage.cpuMs);
  out.number(usage.memoryMb);
  out.number(usage.resultBytes);
  out.number(usage.logLines);
  out.number(usage.logBytes);
  out.number(usage.hostCalls);
}

function usageFrom(f: Frame): GuestUsage {
  return {
    cpuMs: f.number(),
    memoryMb: f.number(),
    resultBytes: f.number(),
    logLines: f.number(),
    logBytes: f.number(),
    hostCalls: f.number(),
  };
}
