import { describe, expect, it } from 'vitest';
import { hasEnded, initialRunStatuses, runMoves, runOperations, runStatuses, type RunStatus } from './run-status.js';

const reachableFrom = (statuses: readonly RunStatus[]): Set<RunStatus> => {
  const reached = new Set(statuses);
  for (const from of reached) for (const { to } of runMoves.filter((move) => move.from === from)) reached.add(to);
  return reached;
};

describe('the status of a run', () => {
  it('can reach every status from where runs begin', () => {
    expect([...reachableFrom(initialRunStatuses)].sort()).toEqual([...runStatuses].sort());
  });

  it('can always come to an end', () => {
    for (const status of runStatuses) expect([...reachableFrom([status])].some(hasEnded), status).toBe(true);
  });

  it('stays once the run has ended', () => {
    expect(runMoves.filter(({ from }) => hasEnded(from))).toEqual([]);
  });

  it('names each move once, with what makes it', () => {
    expect(new Set(runMoves.map(({ from, to }) => `${from} ${to}`)).size).toBe(runMoves.length);
    for (const { from, to, by, when } of runMoves) expect(from !== to && by.length > 0 && when.length > 10).toBe(true);
    expect(new Set(runMoves.flatMap(({ by }) => by))).toEqual(new Set(runOperations));
  });
});
