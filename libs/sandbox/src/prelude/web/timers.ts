import { sandboxLimits } from '@annex/limits/sandbox';
import type { PreludeHost } from '../host.js';
import {
  MapCtor,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  MapPrototypeSize,
  MathTrunc,
  apply,
} from './primordials.js';
import { DOMException } from './dom-exception.js';

const MAX_DELAY_MS = 2 ** 31 - 1;

interface Timer {
  callback: (...args: unknown[]) => unknown;
  args: unknown[];
  delayMs: number;
  repeats: boolean;
  /** Started by the platform itself. */
  isPlatforms: boolean;
}

const timers = new MapCtor<number, Timer>();
let lastId = 0;
let startTimer: PreludeHost['startTimer'] = () => undefined;
let clearHostTimer: PreludeHost['clearTimer'] = () => undefined;
let reportError: (error: unknown) => void = () => undefined;

/** Joins the timers to the host. Errors that callbacks throw go to `report`. */
export function connectTimers(host: PreludeHost, report: (error: unknown) => void): void {
  startTimer = host.startTimer;
  clearHostTimer = host.clearTimer;
  reportError = report;
}

function clampDelay(delay: unknown): number {
  const ms = MathTrunc(Number(delay));
  if (!(ms > 0)) return 0;
  return ms > MAX_DELAY_MS ? MAX_DELAY_MS : ms;
}

function start(timer: Timer): number {
  if (MapPrototypeSize(timers) >= sandboxLimits.timers)
    throw new DOMException(`Too many timers: at most ${sandboxLimits.timers} may be pending`, 'QuotaExceededError');
  const id = ++lastId;
  MapPrototypeSet(timers, id, timer);
  startTimer(id, timer.delayMs, timer.isPlatforms);
  return id;
}

function checkCallback(callback: unknown): Timer['callback'] {
  if (typeof callback !== 'function') throw new TypeError('The callback must be a function');
  return callback as Timer['callback'];
}

/** HTML §8.7; delays are clamped to 0..2^31-1 ms, strings are not code here. */
export function setTimeout(callback: unknown, delay: unknown = 0, ...args: unknown[]): number {
  return start({
    callback: checkCallback(callback),
    args,
    delayMs: clampDelay(delay),
    repeats: false,
    isPlatforms: false,
  });
}

/** HTML §8.7. */
export function setInterval(callback: unknown, delay: unknown = 0, ...args: unknown[]): number {
  return start({
    callback: checkCallback(callback),
    args,
    delayMs: clampDelay(delay),
    repeats: true,
    isPlatforms: false,
  });
}

/** Ends a timeout or an interval; any other value is ignored. */
export function clearTimeout(id: unknown = 0): void {
  const timerId = Number(id);
  if (MapPrototypeDelete(timers, timerId)) clearHostTimer(timerId);
}

/** Starts a timer of the platform itself, billed and capped like a plugin's. */
export function startInternalTimer(delayMs: number, callback: () => void): number {
  return start({ callback, args: [], delayMs: clampDelay(delayMs), repeats: false, isPlatforms: true });
}

/** Runs a timer's callback; unknown ids are ignored. Never throws: what the callback throws is reported. */
export function fireTimer(timerId: number): void {
  const timer = MapPrototypeGet(timers, timerId);
  if (timer === undefined) return;
  if (timer.repeats) startTimer(timerId, timer.delayMs, timer.isPlatforms);
  else MapPrototypeDelete(timers, timerId);
  try {
    apply(timer.callback, globalThis as unknown, timer.args);
  } catch (error) {
    reportError(error);
  }
}

/** Drops a timer that will never fire, because its run ended. */
export function forgetTimer(timerId: number): void {
  MapPrototypeDelete(timers, timerId);
}
