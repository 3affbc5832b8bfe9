import type { BrokerSession, HostCallAnswer } from '@annex/broker';
import { recordingLimits } from '@annex/limits';
import { createMasker } from '@annex/vault';
import { describe, expect, it } from 'vitest';
import { CallRecording } from './call-recording.js';

function record(answerOf: (method: string) => HostCallAnswer | Promise<HostCallAnswer>, room = { held: 0 }) {
  let now = 1_000;
  const session = {
    call: async ({ method }: { method: string }) => answerOf(method),
    usage: () => ({}),
    close: () => undefined,
  } as unknown as BrokerSession;
  const recording = new CallRecording({ clock: { now: () => (now += 5) }, startedAtMs: 1_000, room });
  const noted = recording.around(session);
  const call = (method: string, args: string, text?: string) =>
    noted.call({ method, args, ...(text !== undefined && { text }) });
  return { recording, noted, call, room };
}
const ok = (value: unknown): HostCallAnswer => ({ ok: true, value: JSON.stringify(value) });

describe('a recording', () => {
  it('keeps a request with its body, without what signs it in', async () => {
    const headers = [
      ['Authorization', 'Bearer abc'],
      ['x-api-key', 'k'],
      ['Set-Cookie', 's=1'],
      ['accept', 'text/plain'],
    ];
    const { recording, call } = record(() => ok({ status: 200, headers, body: { encoding: 'utf8', data: 'hi' } }));
    await call('http.request', JSON.stringify([{ url: 'https://a.test/', headers, body: { data: null } }]), 'a body');
    const hidden = [
      ['Authorization', '***'],
      ['x-api-key', '***'],
      ['Set-Cookie', '***'],
      ['accept', 'text/plain'],
    ];
    expect(recording.calls(undefined)).toEqual([
      {
        method: 'http.request',
        args: [{ url: 'https://a.test/', headers: hidden, body: { data: 'a body' } }],
        answer: { status: 200, headers: hidden, body: { encoding: 'utf8', data: 'hi' } },
        at_ms: 5,
        took_ms: 5,
      },
    ]);
  });

  it('masks what the code learnt later in the same run, in errors and names too', async () => {
    const { recording, call } = record(() => ({ ok: false, code: 'X', message: 'no hunter22 here' }));
    await call('kv.get', '["hunter22"]');
    expect(recording.calls(createMasker(['hunter22']))).toMatchObject([
      { args: ['***'], error: { code: 'X', message: 'no *** here' } },
    ]);
  });

  it('survives whatever plugin code sends', async () => {
    const deep = `["k",${'['.repeat(100_000)}${']'.repeat(100_000)}]`.slice(0, 60_000);
    const nested = `["k",${'['.repeat(20_000)}${']'.repeat(20_000)}]`;
    const { recording, call } = record((method) => (method === 'deep' ? { ok: true, value: nested } : ok(1)));
    for (const args of ['', '{', 'null', '{"length":1}', deep, nested, '[{"__proto__":{"headers":[["cookie"]]}}]'])
      await call('x'.repeat(1_000_000), args);
    await call('deep', '[]');
    const calls = recording.calls(createMasker(['none-of-it']));
    expect(calls.map(({ args }) => args !== null)).toEqual([false, false, false, false, false, false, true, true]);
    expect(calls.map(({ method }) => method.length)).toEqual([...Array<number>(7).fill(100), 4]);
    expect(calls[7]).toMatchObject({ omitted: expect.stringContaining('answer') });
  });

  it('ends with its run: its room is free, and a late answer is nobody’s', async () => {
    const late = Promise.withResolvers<HostCallAnswer>();
    const { recording, noted, call, room } = record(() => late.promise);
    const waiting = call('kv.get', '["a"]');
    expect(room.held).toBeGreaterThan(0);
    noted.close();
    noted.close();
    expect(room.held).toBe(0);
    late.resolve(ok('late'));
    await waiting;
    expect(recording.calls(undefined)).toMatchObject([{ took_ms: null, omitted: expect.stringContaining('ended') }]);
    expect(room.held).toBe(0);
  });

  it('holds so much of a run, and so much of all', async () => {
    const large = JSON.stringify(['x'.repeat(recordingLimits.callBytes - 100)]);
    const { recording, call, room } = record(() => ok(null));
    for (let n = 0; n < 20; n += 1) await call('kv.set', large);
    expect(room.held).toBeLessThanOrEqual(recordingLimits.runBytes);
    const kept = recording.calls(undefined).map(({ args }) => args !== null);
    expect(kept).toEqual([...Array<boolean>(7).fill(true), ...Array<boolean>(13).fill(false)]);
    const full = record(() => ok(null), { held: recordingLimits.heldBytes });
    await full.call('kv.get', '["a"]');
    expect([full.recording.calls(undefined), full.recording.leftOut]).toEqual([[], 1]);
  });
});
