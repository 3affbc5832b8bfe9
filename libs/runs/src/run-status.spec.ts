import { describe, expect, it } from 'vitest';
import {
  canMove,
  hasEnded,
  initialRunStatuses,
  isDeadLetter,
  runMoves,
  runStatuses,
  type RunStatus,
} from './run-status.js';

describe('the status of a run', () => {
  it('can reach every status from where runs begin', () => {
    const reached = new Set<RunStatus>(initialRunStatuses);
    for (const from of reached) for (const { to } of runMoves.filter((move) => move.from === from)) reached.add(to);
    expect([...reached].sort()).toEqual([...runStatuses].sort());
  });

  it('can always come to an end', () => {
    for (const status of runStatuses) {
      const reached = new Set<RunStatus>([status]);
      for (const from of reached) for (const { to } of runMoves.filter((move) => move.from === from)) reached.add(to);
      expect([...reached].some(hasEnded), status).toBe(true);
    }
  });

  it('stays once the run has ended, except that a dead letter can be replayed', () => {
    for (const from of runStatuses.filter(hasEnded)) {
      for (const to of runStatuses)
        expect(canMove(from, to), `${from} to ${to}`).toBe(from === 'failed' && to === 'queued');
    }
  });

  it('names each move once, with its reason', () => {
    expect(new Set(runMoves.map(({ from, to }) => `${from} ${to}`)).size).toBe(runMoves.length);
    for (const { when, from, to } of runMoves) expect(when.length > 10 && from !== to).toBe(true);
  });

  it('makes failed background work a dead letter, but not a failed route', () => {
    expect(isDeadLetter({ kind: 'event', status: 'failed' })).toBe(true);
    expect(isDeadLetter({ kind: 'route', status: 'failed' })).toBe(false);
    expect(isDeadLetter({ kind: 'event', status: 'cancelled' })).toBe(false);
  });
});
