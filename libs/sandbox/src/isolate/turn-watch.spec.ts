import { describe, expect, it } from 'vitest';
import { usualLimits } from '../testing/runs.js';
import type { Guest, TurnName } from './guest.js';
import { GuestRun } from './guest-run.js';
import { watchTurn, type TurnFindings } from './turn-watch.js';
import { WarmIsolate, type IsolateEvents } from './warm-isolate.js';

const graceMs = 250;

/** An isolate in a turn that does not end, and a look at it once clock and processor have gone so far. */
function isolateInTurn(turn: TurnName, owner: 'platform' | 'run') {
  const clock = { nowMs: 0, processMs: 0 };
  let disposed = 0;
  const guest = {
    cpuNs: () => 0,
    enterApart: () => new Promise<never>(() => undefined),
    dispose: () => (disposed += 1),
  };
  const events: IsolateEvents<GuestRun> = {
    onTurnEnd: () => undefined,
    onTurnFailure: () => undefined,
    now: () => clock.nowMs,
    processCpuMs: () => clock.processMs,
  };
  const isolate = new WarmIsolate('key', 'sha256', guest as unknown as Guest, events);
  isolate.state = 'ready';
  const limits = { ...usualLimits, wallMs: 3_600_000, cpuMs: 1000 };
  const profile = { isolateKey: 'key', sha256: 'sha256', limits, fixed: '{}' };
  const order = { seat: 7, nonce: 1, profileId: 1, code: 0, head: '', content: '' };
  const run = new GuestRun(1, profile, order, 0);
  if (owner === 'run') isolate.enter(run, turn, [0]);
  else isolate.enterQuietly(turn, [0]);
  const look = (nowMs: number, processMs: number) => {
    Object.assign(clock, { nowMs, processMs });
    const findings: TurnFindings = { busy: [], stuck: [] };
    watchTurn(isolate, nowMs, graceMs, findings);
    return { disposed, stuck: findings.stuck.map(({ code }) => code) };
  };
  return { look };
}

describe('the watch over turns', () => {
  it.each([
    ['the platform', 'profile', 'platform'],
    ['a run', 'invoke', 'run'],
  ] as const)('lets a turn of %s go on that others keep from the processor', (_whose, turn, owner) => {
    const { look } = isolateInTurn(turn, owner);
    expect(look(60_000, 999).disposed).toBe(0);
    expect(look(60_020, 1000).disposed).toBe(1);
  });

  it('calls a stopped turn stuck when it went on computing, not when nobody let it end', () => {
    const { look } = isolateInTurn('invoke', 'run');
    expect(look(1000, 1000)).toEqual({ disposed: 1, stuck: [] });
    expect(look(30_000, 1249).stuck).toEqual([]);
    expect(look(30_020, 1250).stuck).toEqual(['CPU_LIMIT']);
    expect(look(30_040, 1300).stuck).toEqual([]);
  });
});
