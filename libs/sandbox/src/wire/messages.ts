/**
 * The messages between the parent and an executor, as tagged unions, and how each is laid out in a frame. A run is addressed by a slot
 * (a small number) and a nonce that cannot be guessed; whoever does not know both reaches nothing.
 */
import { assertNever } from '@annex/kernel';
import type { SandboxLimits, SandboxUsage } from '../sandbox.js';
import { WireError, type FrameFields, type FrameWriter } from './frames.js';

/** Addresses one run of one executor. */
export interface RunAddress {
  slot: number;
  nonce: number;
}

export interface RunMessage extends RunAddress {
  type: 'run';
  isolateKey: string;
  sha256: string;
  kind: number;
  index: number;
  /** Names `settings`; the text is '' when the executor was sent it before under the same isolate key. */
  settingsId: number;
  settings: string;
  runText: string;
  /** JSON of method, url, headers, params and query; '' unless a route. */
  request: string;
  /** '' for no body, else `utf8` or `base64`. */
  bodyEncoding: string;
  body: string;
  payload: string | undefined;
  limits: SandboxLimits;
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
  | { type: 'pong'; sequence: number; isolates: number; discards: number; rssMb: number }
  | ({ type: 'succeeded'; hasValue: boolean; value: string; usage: SandboxUsage } & RunAddress)
  | ({ type: 'responded'; status: number; headers: string; bodyEncoding: string; body: string; usage: SandboxUsage } & RunAddress)
  | ({ type: 'failed'; code: string; message: string; stack: string; retryAfterMs: number; usage: SandboxUsage } & RunAddress)
  | ({ type: 'call'; callId: number; method: string; args: string } & RunAddress)
  | ({ type: 'log'; timeMs: number; level: number; message: string; fields: string } & RunAddress)
  /** The run whose turn does not end although it was told to: only a kill helps. */
  | ({ type: 'stuck'; code: string } & RunAddress)
  /** Runs whose turn has gone on for a while. */
  | { type: 'busy'; slots: number[] }
  /** `registrations`: JSON list. */
  | ({ type: 'inspected'; registrations: string; warnings: string } & RunAddress);

const toExecutor = ['configure', 'bundle', 'run', 'answer', 'cancel', 'evict', 'ping', 'inspect'] as const;
const fromExecutor = ['ready', 'pong', 'succeeded', 'responded', 'failed', 'call', 'log', 'stuck', 'busy', 'inspected'] as const;

function address(out: FrameWriter, { slot, nonce }: RunAddress): void {
  out.u32(slot);
  out.u32(nonce);
}

const limitNames = ['wallMs', 'cpuMs', 'memoryMb', 'resultBytes', 'logLines', 'logBytes', 'hostCalls', 'hostCallsAtOnce'] as const;
const usageNames = ['wallMs', 'cpuMs', 'memoryMb', 'resultBytes', 'logLines', 'logBytes', 'hostCalls'] as const;

export function writeToExecutor(out: FrameWriter, message: ToExecutor): void {
  out.begin(toExecutor.indexOf(message.type));
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
      out.text(message.isolateKey);
      out.text(message.sha256);
      out.u8(message.kind);
      out.u32(message.index);
      out.u32(message.settingsId);
      out.text(message.settings);
      out.text(message.runText);
      out.text(message.request);
      out.text(message.bodyEncoding);
      out.text(message.body);
      out.u8(message.payload === undefined ? 0 : 1);
      out.text(message.payload ?? '');
      for (const name of limitNames) out.f64(message.limits[name]);
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
    case 'run': {
      const start = {
        type,
        slot: f.u32(),
        nonce: f.u32(),
        isolateKey: f.text(),
        sha256: f.text(),
        kind: f.u8(),
        index: f.u32(),
        settingsId: f.u32(),
        settings: f.text(),
        runText: f.text(),
        request: f.text(),
        bodyEncoding: f.text(),
        body: f.text(),
      };
      const hasPayload = f.u8() === 1;
      const payload = f.text();
      const limits = {
        wallMs: f.f64(),
        cpuMs: f.f64(),
        memoryMb: f.f64(),
        resultBytes: f.f64(),
        logLines: f.f64(),
        logBytes: f.f64(),
        hostCalls: f.f64(),
        hostCallsAtOnce: f.f64(),
      };
      return { ...start, payload: hasPayload ? payload : undefined, limits };
    }
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
  out.begin(fromExecutor.indexOf(message.type));
  switch (message.type) {
    case 'ready':
      out.text(message.report);
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

function usage(out: FrameWriter, value: SandboxUsage): void {
  for (const name of usageNames) out.f64(value[name]);
}

function readUsage(f: FrameFields): SandboxUsage {
  const wallMs = f.f64();
  const cpuMs = f.f64();
  const memoryMb = f.f64();
  const resultBytes = f.f64();
  const logLines = f.f64();
  const logBytes = f.f64();
  return { wallMs, cpuMs, memoryMb, resultBytes, logLines, logBytes, hostCalls: f.f64() };
}
