/** Every finding of the checker, made once: a checker that could not fail would prove nothing. */
import { expect, it } from 'vitest';
import { judge, judgeTicks, type History, type RunRecord } from './checker.js';
import type { Send } from './sink.js';

const run = (id: string, more: Partial<RunRecord> = {}): RunRecord => ({
  id,
  name: 'work',
  status: 'succeeded',
  claims: 1,
  attempts: [{ fromMs: 100, toMs: 200 }],
  ...more,
});
const send = (key: string, more: Partial<Send> = {}): Send => ({
  key,
  stage: 'first',
  run: `run of ${key}`,
  attempt: 1,
  atMs: 150,
  ...more,
});

/** Two pieces of work, done as they should be. */
const sound: History = {
  operations: [
    { key: 'a', kind: 'event', isAcknowledged: true },
    { key: 'b', kind: 'job', isAcknowledged: true },
  ],
  effects: new Map([
    ['a', 1],
    ['b', 1],
  ]),
  sends: [send('a'), send('b')],
  stages: ['first'],
  runs: [run('run of a'), run('run of b')],
  faults: [],
};
const nothingWrong = { lost: [], duplicatedEffects: [], unexpectedEffects: [], unexplainedSends: [], unfinished: [] };

/** A run that a worker lost at 200 and another one did again. */
const twice = run('run of a', {
  claims: 2,
  attempts: [
    { fromMs: 100, toMs: 200, error: 'EXECUTOR_LOST' },
    { fromMs: 210, toMs: 300 },
  ],
});
const sentTwice = {
  ...sound,
  runs: [twice, run('run of b')],
  sends: [send('a'), send('a', { attempt: 2 }), send('b')],
};
const killed = { name: 'kill', fromMs: 150, toMs: 180 };

it('finds nothing wrong where nothing is', () => {
  expect(judge(sound)).toEqual({ ...nothingWrong, attempted: 2, acknowledged: 2, recovered: 0, explainedSends: 0 });
});

it('finds acknowledged work without an effect, and with one that did not reach the sink', () => {
  expect(judge({ ...sound, effects: new Map([['a', 1]]) }).lost).toEqual(['b: no effect']);
  expect(judge({ ...sound, sends: [send('a')] }).lost).toEqual(['b: nothing sent by first']);
});

it('takes work that was never acknowledged as it is, done or not', () => {
  const operations = [...sound.operations, { key: 'c', kind: 'event' as const, isAcknowledged: false }];
  expect(judge({ ...sound, operations })).toMatchObject({
    ...nothingWrong,
    attempted: 3,
    acknowledged: 2,
    recovered: 0,
  });
  expect(judge({ ...sound, operations, effects: new Map([...sound.effects, ['c', 1]]) })).toMatchObject({
    ...nothingWrong,
    recovered: 1,
  });
});

it('finds effects that were committed twice, acknowledged or not, and those of nobody’s work', () => {
  const operations = [...sound.operations, { key: 'c', kind: 'event' as const, isAcknowledged: false }];
  expect(
    judge({
      ...sound,
      operations,
      effects: new Map([
        ['a', 2],
        ['b', 1],
        ['c', 3],
      ]),
    }).duplicatedEffects,
  ).toEqual(['a: 2 times', 'c: 3 times']);
  expect(judge({ ...sound, effects: new Map([...sound.effects, ['x', 1]]) }).unexpectedEffects).toEqual(['x']);
});

it('explains a second send by a claim that was lost to a fault, and by nothing else', () => {
  expect(judge({ ...sentTwice, faults: [killed] })).toMatchObject({ ...nothingWrong, explainedSends: 1 });
  const unexplained = { unexplainedSends: ['first of a: 2 times by run of a, which lost 0 claims to faults'] };
  // No fault; a fault that was over long before; no claim was lost.
  expect(judge(sentTwice)).toMatchObject(unexplained);
  expect(judge({ ...sentTwice, faults: [{ name: 'kill', fromMs: -90_000, toMs: -80_000 }] })).toMatchObject(
    unexplained,
  );
  expect(judge({ ...sentTwice, runs: [run('run of a'), run('run of b')], faults: [killed] })).toMatchObject(
    unexplained,
  );
});

it('finds more sends than claims were lost, two of one attempt, and those of a second run', () => {
  const faults = [killed];
  const count = (sends: Send[], runs = sentTwice.runs): number =>
    judge({ ...sentTwice, sends: [...sends, send('b')], runs, faults }).unexplainedSends.length;
  expect(count([send('a'), send('a', { attempt: 2 }), send('a', { attempt: 3 })])).toBe(1);
  expect(count([send('a'), send('a')])).toBe(1);
  expect(count([send('a'), send('a', { run: 'another' })], [...sentTwice.runs, run('another')])).toBe(1);
  expect(count([send('a'), send('b', { run: 'nobody’s' })])).toBe(2);
});

it('explains a second send of one attempt by a claim that was handed back', () => {
  const back = run('run of a', { claims: 2 });
  expect(
    judge({
      ...sound,
      runs: [back, run('run of b')],
      sends: [send('a'), send('a'), send('b')],
      faults: [{ name: 'drain', fromMs: 0, toMs: 1 }],
    }),
  ).toMatchObject({ ...nothingWrong, explainedSends: 1 });
});

it('finds runs that have not ended or ended badly', () => {
  expect(
    judge({ ...sound, runs: [run('run of a', { status: 'running' }), run('run of b', { status: 'failed' })] })
      .unfinished,
  ).toEqual(['work run of a: running', 'work run of b: failed']);
});

it('finds ticks that are missing, were decided twice, or became what their policy does not allow', () => {
  const rules = new Map([['s', { everyMs: 1000, skips: ['OVERLAP'] }]]);
  const tick = (atMs: number, status = 'succeeded', code?: string) => ({ schedule: 's', atMs, status, code });
  expect(judgeTicks([tick(2000), tick(1000), tick(3000, 'skipped', 'OVERLAP')], rules)).toEqual([]);
  expect(judgeTicks([tick(1000), tick(4000)], rules)).toEqual([
    's 1970-01-01T00:00:04.000Z: 2 ticks before it are missing',
  ]);
  expect(judgeTicks([tick(1000), tick(1000)], rules)).toEqual(['s 1970-01-01T00:00:01.000Z: decided twice']);
  const stretch = (ticks: number, untilMs: number) => ({
    ...tick(1000, 'skipped', 'OVERLAP'),
    stretch: { ticks, untilMs },
  });
  expect(judgeTicks([stretch(3, 3000), tick(4000)], rules)).toEqual([]);
  expect(judgeTicks([stretch(3, 3000), tick(3000)], rules)).toEqual(['s 1970-01-01T00:00:03.000Z: decided twice']);
  expect(judgeTicks([stretch(2, 3000), tick(4000)], rules)).toHaveLength(1);
  expect(judgeTicks([stretch(3, 3000), tick(5000)], rules)).toEqual([
    's 1970-01-01T00:00:05.000Z: 1 ticks before it are missing',
  ]);
  expect(judgeTicks([tick(1000, 'skipped', 'MISSED'), tick(2000, 'queued')], rules)).toHaveLength(2);
  expect(judgeTicks([], rules)).toEqual(['s: no tick at all']);
  expect(judgeTicks([{ ...tick(1000), schedule: 'x' }, tick(1000)], rules)).toEqual(['x: nobody knows this schedule']);
});
