import { describe, expect, it } from 'vitest';
import { usualLimits } from '../testing/runs.js';
import type { Guest, TurnArgs, TurnFailure, TurnName, TurnResult } from './guest.js';
import { GuestRun } from './guest-run.js';
import { WarmIsolate, type IsolateEvents } from './warm-isolate.js';

/** An isolate whose turns take as much processor time as a spec says, and end when it says. */
class FakeGuest {
  cpuMsByTurn = 1;
  isGone = false;
  /** Time by the clock in which another process had the processor, and which is counted for now. */
  countedTooMuchMs = 0;
  /** What other threads of the process use during a turn. */
  elsewhereMs = 0;
  /** Called while a turn that is waited for goes on. */
  onEnter: () => void = () => undefined;
  readonly limits: number[] = [];
  apart = 0;
  ending = Promise.resolve<TurnResult>({});
  #cpuNs = 0;

  cpuNs(): number | undefined {
    return this.isGone ? undefined : this.#cpuNs + this.countedTooMuchMs * 1e6;
  }

  enter(_turn: TurnName, _args: TurnArgs, limitMs: number): TurnResult {
    this.limits.push(limitMs);
    this.onEnter();
    this.#cpuNs += this.cpuMsByTurn * 1e6;
    return {};
  }

  enterApart(...given: [turn: TurnName, args: TurnArgs]): Promise<TurnResult> {
    // It takes no timeout: isolated-vm would start a thread for it.
    expect(given).toHaveLength(2);
    this.apart += 1;
    this.#cpuNs += this.cpuMsByTurn * 1e6;
    return this.ending;
  }
}

const routeKind = 0;

function isolateOf(guest: FakeGuest) {
  const clock = { nowMs: 0, processMs: 0 };
  const said: (TurnFailure | 'ended')[] = [];
  const events: IsolateEvents<GuestRun> = {
    onTurnEnd: () => void said.push('ended'),
    onTurnFailure: (_isolate, _run, failed) => void said.push(failed),
    now: () => clock.nowMs,
    processCpuMs: () => clock.processMs,
  };
  const isolate = new WarmIsolate('key', 'sha256', guest as unknown as Guest, events);
  isolate.state = 'ready';
  const limits = { ...usualLimits, wallMs: 5000, cpuMs: 1000 };
  const profile = { isolateKey: 'key', sha256: 'sha256', limits, fixed: '{}' };
  const order = { seat: 1, nonce: 1, profileId: 1, code: routeKind, head: '', content: '' };
  const run = new GuestRun(1, profile, order, 0);
  const turn = async (): Promise<void> => {
    isolate.enter(run, 'deliver', [0]);
    clock.processMs += guest.cpuMsByTurn + guest.elsewhereMs;
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return { isolate, run, clock, said, turn };
}

describe('an isolate', () => {
  it('is waited for as long as its run has left, once it has been quick', async () => {
    const guest = new FakeGuest();
    const { run, clock, said, turn } = isolateOf(guest);
    for (let index = 0; index < 990; index += 1) {
      await turn();
      clock.nowMs += 1;
    }
    expect(said).toEqual(Array.from({ length: 990 }, () => 'ended'));
    expect(run.cpuMs).toBe(990);
    expect(guest.apart).toBe(8);
    expect(guest.limits).toHaveLength(982);
    expect([guest.limits[0], guest.limits.at(-1)]).toEqual([(1000 - 8) * 2 + 20, (1000 - 989) * 2 + 20]);
  });

  it('that is gone after a turn that was waited for bills the run for that turn alone', async () => {
    const guest = new FakeGuest();
    const { run, clock, turn } = isolateOf(guest);
    for (let index = 0; index < 8; index += 1) await turn();
    clock.nowMs += 1000;
    guest.onEnter = () => {
      guest.isGone = true;
      clock.nowMs += 5;
    };
    await turn();
    expect([guest.limits.length, run.cpuMs]).toEqual([1, 13]);
  });

  it('that is gone bills a run for no time in which others had the processor', async () => {
    const guest = new FakeGuest();
    const { promise, resolve } = Promise.withResolvers<TurnResult>();
    guest.ending = promise;
    const { run, clock, turn } = isolateOf(guest);
    await turn();
    guest.isGone = true;
    clock.nowMs += 3_600_000;
    clock.processMs += 20;
    resolve({ failed: 'disposed' });
    await new Promise<void>((done) => setImmediate(done));
    expect(run.cpuMs).toBe(21);
  });

  it('bills a turn that was counted by the clock as what the process used', async () => {
    const guest = new FakeGuest();
    const { run, turn } = isolateOf(guest);
    guest.countedTooMuchMs = 400;
    guest.elsewhereMs = 4;
    await turn();
    expect(run.cpuMs).toBe(5);
    guest.countedTooMuchMs = 0;
    for (let index = 2; index <= 6; index += 1) await turn();
    expect(run.cpuMs).toBe(6);
  });

  it('is not used again when a turn was stopped as it ended by itself', async () => {
    const guest = new FakeGuest();
    const { promise, resolve } = Promise.withResolvers<TurnResult>();
    guest.ending = promise;
    const { isolate, said, turn } = isolateOf(guest);
    await turn();
    isolate.stop = { code: 'CPU_LIMIT', at: 0, processCpuMs: 0, isReported: false };
    resolve({});
    await new Promise<void>((done) => setImmediate(done));
    expect(said).toEqual(['disposed']);
  });
});
