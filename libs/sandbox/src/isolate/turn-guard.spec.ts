import ivm from 'isolated-vm';
import { setFlagsFromString } from 'node:v8';
import { afterEach, describe, expect, it } from 'vitest';
import { TurnGuard } from './turn-guard.js';

// As executors have it: V8 may else forget that an isolate is to end.
setFlagsFromString('--no-concurrent-recompilation');

/** A guard, and isolates whose turns are waited for. */
function guarded(turn = 0) {
  const guard = new TurnGuard(ivm, turn);
  stops.push(() => guard.stop());
  const open = () => {
    const isolate = new ivm.Isolate({ memoryLimit: 16 });
    const context = isolate.createContextSync();
    const turn = isolate
      .compileScriptSync('(function (ms) { for (const until = Date.now() + ms; Date.now() < until; ); })')
      .runSync(context, { reference: true }) as ivm.Reference<(ms: number) => void>;
    return { isolate, turn, number: guard.admit(isolate) };
  };
  /** A turn that computes for `ms`. Answers how it ended. */
  const enter = ({ turn, number }: ReturnType<typeof open>, ms: number, limitMs: number): string => {
    guard.begin(number, limitMs);
    let said = 'ended';
    try {
      turn.applySync(undefined, [ms]);
    } catch (thrown) {
      said = String(thrown);
    }
    return guard.end() ? 'stopped' : said;
  };
  return { guard, open, enter };
}

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

describe('the guard over turns', () => {
  it('ends a turn that does not end, whatever isolates come and go, and whether it sleeps or not', async () => {
    const { open, enter } = guarded();
    const first = open();
    const second = open();
    expect(enter(first, 0, 60_000)).toBe('ended');
    expect(enter(second, Infinity, 20)).toBe('stopped');
    // Long enough for the guard to go to sleep; were it still awake, the same would hold.
    await new Promise((resolve) => setTimeout(resolve, 400));
    const third = open();
    expect(enter(third, Infinity, 20)).toBe('stopped');
    expect(enter(first, 0, 60_000)).toBe('ended');
    expect([first, second, third].map(({ isolate }) => isolate.isDisposed)).toEqual([false, true, true]);
  });

  it('counts the time of each turn by itself', () => {
    const { open, enter } = guarded();
    const isolate = open();
    const turns = Array.from({ length: 60 }, () => enter(isolate, 2, 5000));
    expect(turns.filter((end) => end !== 'ended')).toEqual([]);
  });

  it('gives the number of an isolate that is gone to another, and stops that one by it', () => {
    const { guard, open, enter } = guarded();
    const gone = open();
    gone.isolate.dispose();
    guard.dismiss(gone.number);
    const next = open();
    expect(next.number).toBe(gone.number);
    expect(enter(next, Infinity, 10)).toBe('stopped');
  });

  it('goes on with its numbers where they end', () => {
    const { open, enter } = guarded(2 ** 31 - 3);
    const isolate = open();
    expect([1, 2, 3].map(() => enter(isolate, 1, 60_000))).toEqual(['ended', 'ended', 'ended']);
    expect(enter(isolate, Infinity, 10)).toBe('stopped');
  });
});
