/**
 * The messages between the parent and an executor, as tagged unions, and how each is laid out in a frame. A run is addressed by a slot
 * (a small number) and a nonce that cannot be guessed; whoever does not know both reaches nothing.
 */
import { assertNever } from '@annex/kernel';
import type { SandboxLimits, SandboxUsage } from '../sandbox.js';
import { WireError, type FrameFields, type FrameWriter } from './frames.js';

/** What the executor counted; the time by the clock is the parent's. */
export type GuestUsage = Omit<SandboxUsage, 'wallMs'>;

/** Addresses one run of one executor. */
export interface RunAddress {
  slot: number;
  nonce: number;
}

/** What a run brings along: nothing, a request body as text or base64, or the JSON text of a payload. */
export const contentKinds = ['none', 'utf8', 'base64', 'payload'] as const;

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
  | ({ type: 'responded'; status: number; headers: string; bodyEncoding: string; body: string; usage: GuestUsage } & RunAddress)
  | ({ type: 'failed'; code: string; message: string; stack: string; retryAfterMs: number; usage: GuestUsage } & RunAddress)
  | ({ type: 'call'; callId: number; method: string; args: string } & RunAddress)
  | ({ type: 'log'; timeMs: number; level: number; message: string; fields: string } & RunAddress)
  /** The run whose turn does not end although it was told to: only a kill helps. */
  | ({ type: 'stuck'; code: string } & RunAddress)
  /** Runs whose turn has gone on for a while. */
  | { type: 'busy'; slots: number[] }
  /** `registrations`: JSON list. */
  | ({ type: 'inspected'; registrations: string; warnings: string } & RunAddress);

const toExecutor = ['configure', 'bundle', 'run', 'answer', 'cancel', 'evict', 'ping', 'inspect'] as const;
const fromExecutor = ['ready', 'prelude', 'pong', 'succeeded', 'responded', 'failed', 'call', 'log', 'stuck', 'busy', 'inspected'] as const;

const toExecutorCodes = codesOf(toExecutor);
const fromExecutorCodes = codesOf(fromExecutor);

function codesOf<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name, code) => [name, code])) as Record<Name, number>;
}

function address(out: FrameWriter, { slot, nonce }: RunAddress): void {
  out.u32(slot);
  out.u32(nonce);
}


export function writeToExecutor(out: FrameWriter, message: ToExecutor): void {
  out.begin(toExecutorCodes[message.type]);
  switch (message.type) {
    case 'configure':
      out.text(message.settings);
      break;
    case 'bundle':
      out.text(message.sha256);
      out.text(message.code);
      break;
    case 'run':
      address(out, message);
      out.u32(message.profileId);
      out.u32(message.code);
      out.text(message.profile);
      out.text(message.head);
      out.text(message.content);
      break;
    case 'answer':
      address(out, message);
      out.u32(message.callId);
      out.u8(message.ok ? 1 : 0);
      out.text(message.a);
      out.text(message.b);
      break;
    case 'cancel':
      address(out, message);
      break;
    case 'evict':
      out.text(message.prefix);
      break;
    case 'ping':
      out.u32(message.sequence);
      break;
    case 'inspect':
      address(out, message);
      out.text(message.code);
      out.f64(message.wallMs);
      out.f64(message.memoryMb);
      break;
    default:
      assertNever(message);
  }
  out.end();
}

/** Throws {@link WireError} on anything that is not exactly one message. */
export function readToExecutor(code: number, f: FrameFields): ToExecutor {
  const message = parseToExecutor(code, f);
  f.done();
  return message;
}

function parseToExecutor(code: number, f: FrameFields): ToExecutor {
  const type = toExecutor[code];
  switch (type) {
    case 'configure':
      return { type, settings: f.text() };
    case 'bundle':
      return { type, sha256: f.text(), code: f.text() };
    case 'run':
      return { type, slot: f.u32(), nonce: f.u32(), profileId: f.u32(), code: f.u32(), profile: f.text(), head: f.text(), content: f.text() };
    case 'answer':
      return { type, slot: f.u32(), nonce: f.u32(), callId: f.u32(), ok: f.u8() === 1, a: f.text(), b: f.text() };
    case 'cancel':
      return { type, slot: f.u32(), nonce: f.u32() };
    case 'evict':
      return { type, prefix: f.text() };
    case 'ping':
      return { type, sequence: f.u32() };
    case 'inspect':
      return { type, slot: f.u32(), nonce: f.u32(), code: f.text(), wallMs: f.f64(), memoryMb: f.f64() };
    case undefined:
      throw new WireError(`unknown message ${code}`);
    default:
      return assertNever(type);
  }
}

export function writeFromExecutor(out: FrameWriter, message: FromExecutor): void {
  out.begin(fromExecutorCodes[message.type]);
  switch (message.type) {
    case 'ready':
      out.text(message.report);
      break;
    case 'prelude':
      out.text(message.cache);
      break;
    case 'pong':
      out.u32(message.sequence);
      out.u32(message.isolates);
      out.u32(message.discards);
      out.f64(message.rssMb);
      break;
    case 'succeeded':
      address(out, message);
      out.u8(message.hasValue ? 1 : 0);
      out.text(message.value);
      usage(out, message.usage);
      break;
    case 'responded':
      address(out, message);
      out.u32(message.status);
      out.text(message.headers);
      out.text(message.bodyEncoding);
      out.text(message.body);
      usage(out, message.usage);
      break;
    case 'failed':
      address(out, message);
      out.text(message.code);
      out.text(message.message);
      out.text(message.stack);
      out.f64(message.retryAfterMs);
      usage(out, message.usage);
      break;
    case 'call':
      address(out, message);
      out.u32(message.callId);
      out.text(message.method);
      out.text(message.args);
      break;
    case 'log':
      address(out, message);
      out.f64(message.timeMs);
      out.u8(message.level);
      out.text(message.message);
      out.text(message.fields);
      break;
    case 'stuck':
      address(out, message);
      out.text(message.code);
      break;
    case 'busy':
      out.u32(message.slots.length);
      for (const slot of message.slots) out.u32(slot);
      break;
    case 'inspected':
      address(out, message);
      out.text(message.registrations);
      out.text(message.warnings);
      break;
    default:
      assertNever(message);
  }
  out.end();
}

/** Throws {@link WireError} on anything that is not exactly one message. */
export function readFromExecutor(code: number, f: FrameFields): FromExecutor {
  const message = parseFromExecutor(code, f);
  f.done();
  return message;
}

function parseFromExecutor(code: number, f: FrameFields): FromExecutor {
  const type = fromExecutor[code];
  switch (type) {
    case 'ready':
      return { type, report: f.text() };
    case 'prelude':
      return { type, cache: f.text() };
    case 'pong':
      return { type, sequence: f.u32(), isolates: f.u32(), discards: f.u32(), rssMb: f.f64() };
    case 'succeeded':
      return { type, slot: f.u32(), nonce: f.u32(), hasValue: f.u8() === 1, value: f.text(), usage: readUsage(f) };
    case 'responded':
      return {
        type,
        slot: f.u32(),
        nonce: f.u32(),
        status: f.u32(),
        headers: f.text(),
        bodyEncoding: f.text(),
        body: f.text(),
        usage: readUsage(f),
      };
    case 'failed':
      return {
        type,
        slot: f.u32(),
        nonce: f.u32(),
        code: f.text(),
        message: f.text(),
        stack: f.text(),
        retryAfterMs: f.f64(),
        usage: readUsage(f),
      };
    case 'call':
      return { type, slot: f.u32(), nonce: f.u32(), callId: f.u32(), method: f.text(), args: f.text() };
    case 'log':
      return { type, slot: f.u32(), nonce: f.u32(), timeMs: f.f64(), level: f.u8(), message: f.text(), fields: f.text() };
    case 'stuck':
      return { type, slot: f.u32(), nonce: f.u32(), code: f.text() };
    case 'busy': {
      const count = f.u32();
      if (count > 1024) throw new WireError(`${count} busy runs in one message`);
      return { type, slots: Array.from({ length: count }, () => f.u32()) };
    }
    case 'inspected':
      return { type, slot: f.u32(), nonce: f.u32(), registrations: f.text(), warnings: f.text() };
    case undefined:
      throw new WireError(`unknown message ${code}`);
    default:
      return assertNever(type);
  }
}

function usage(out: FrameWriter, value: GuestUsage): void {
  out.f64(value.cpuMs);
  out.f64(value.memoryMb);
  out.u32(value.resultBytes);
  out.u32(value.logLines);
  out.u32(value.logBytes);
  out.u32(value.hostCalls);
}

function readUsage(f: FrameFields): GuestUsage {
  return { cpuMs: f.f64(), memoryMb: f.f64(), resultBytes: f.u32(), logLines: f.u32(), logBytes: f.u32(), hostCalls: f.u32() };
}
