/** A clock that stands still until a test moves it, for code in the sandbox as well. */
import { createHash } from 'node:crypto';
import type { InstallationSnapshot } from '@annex/execution';

/** The time of a plugin under test; `openPlugin` makes one with the option `clock`. */
export interface TestClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves to an instant. Plugin code is loaded anew before it runs again, so what it kept in variables is gone. */
  set(time: Date | string | number): void;
  /** Moves on by milliseconds. */
  advance(ms: number): void;
}

/** Throws `RangeError` for a time that is none. */
export function createTestClock(start: Date | string | number): TestClock {
  let nowMs = millisecondsOf(start);
  return {
    now: () => nowMs,
    set(time) {
      nowMs = millisecondsOf(time);
    },
    advance(ms) {
      nowMs = millisecondsOf(nowMs + ms);
    },
  };
}

function millisecondsOf(time: Date | string | number): number {
  const ms = new Date(time).getTime();
  if (Number.isNaN(ms))
    throw new RangeError(`${JSON.stringify(time)} is no time; write one such as 2026-01-31T09:00:00Z.`);
  return ms;
}

/** A plugin whose code sees that time in `Date` and `Temporal.Now`. Timers and deadlines are real. */
export function snapshotAt(snapshot: InstallationSnapshot, nowMs: number): InstallationSnapshot {
  const isolateKey = `${snapshot.isolateKey}/${nowMs}`;
  const bundleSha256 = createHash('sha256').update(`${snapshot.bundleSha256} ${nowMs}`).digest('hex');
  const loadBundle: InstallationSnapshot['loadBundle'] = async () => {
    const { code } = await snapshot.loadBundle();
    return { code: withClock(code, nowMs), sha256: bundleSha256 };
  };
  const loadSourceMap: InstallationSnapshot['loadSourceMap'] = async () => {
    const text = await snapshot.loadSourceMap();
    if (text === undefined) return undefined;
    const map = JSON.parse(text) as { mappings: string };
    // Everything stands a line further down.
    return JSON.stringify({ ...map, mappings: `;${map.mappings}` });
  };
  return { ...snapshot, isolateKey, bundleSha256, loadBundle, loadSourceMap };
}

/** Code is strict where its first statement says so, and here that is no longer its own first one. */
function withClock(code: string, nowMs: number): string {
  const [directive = ''] = /^(['"])use strict\1;?/.exec(code) ?? [];
  return `${directive}(${setClock})(${nowMs});\n${code}`;
}

/** Runs in the sandbox, as text: it must not need anything from outside of itself. */
const setClock = `(nowMs) => {
  const RealDate = Date;
  const Fake = new Proxy(RealDate, {
    apply: () => new RealDate(nowMs).toString(),
    construct: (target, args, as) =>
      Reflect.construct(target, args.length === 0 ? [nowMs] : args, as === Fake ? target : as),
    get: (target, name) => (name === 'now' ? () => nowMs : Reflect.get(target, name)),
  });
  RealDate.prototype.constructor = Fake;
  globalThis.Date = Fake;
  if (typeof Temporal === 'undefined') return;
  const at = Temporal.Instant.fromEpochMilliseconds(nowMs);
  const zoned = (zone = Temporal.Now.timeZoneId()) => at.toZonedDateTimeISO(zone);
  const faked = {
    instant: () => at,
    zonedDateTimeISO: zoned,
    plainDateTimeISO: (zone) => zoned(zone).toPlainDateTime(),
    plainDateISO: (zone) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone) => zoned(zone).toPlainTime(),
  };
  for (const name in faked) Object.defineProperty(Temporal.Now, name, { value: faked[name], configurable: true });
}`.replace(/\n\s*/g, ' ');
