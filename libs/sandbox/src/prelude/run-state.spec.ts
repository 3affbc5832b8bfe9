import { describe, expect, it } from 'vitest';
import { emission } from './emissions.js';
import { RunState } from './run-state.js';

const ceilings = {
  resultBytes: 1000,
  logLines: 10,
  logBytes: 1000,
  hostCalls: 3,
  hostCallsAtOnce: 2,
  streams: false,
};

describe('a run in its isolate', () => {
  it('makes ten thousand calls that the executor answers, and is refused the next', async () => {
    const sent: number[] = [];
    const run = new RunState(1, ceilings, () => (kind, _run, callId) => {
      if (kind === emission.executorCall) sent.push(callId);
    });
    for (let call = 1; call <= 10_000; call += 1) {
      const answer = run.executorCall('compression.write', '[{}]');
      run.deliver(sent.at(-1) ?? 0, true, '{}', '');
      await answer;
    }
    await expect(run.executorCall('compression.write', '[{}]')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      message: expect.stringContaining('this run has made 10000 such calls, the limit is 10000') as string,
    });
    expect(sent).toHaveLength(10_000);
    // Calls of the host have a limit of their own.
    void run.hostCall('kv.get', '[]');
    expect(run.hostCalls).toBe(1);
  });
});
