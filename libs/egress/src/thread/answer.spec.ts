import { KiB, MiB } from '@annex/kernel';
import { answerLimits } from '@annex/limits';
import { describe, expect, it } from 'vitest';
import { AnswerTaker } from './answer.js';
import type { HopOrder } from './hop.js';
import { maxSocketBytes } from './limits.js';

const take = (wanted: Partial<HopOrder> = {}): AnswerTaker =>
  new AnswerTaker({ method: 'GET', maxBytes: 10 * MiB, overflow: 'fail', stopAtRedirect: true, ...wanted });
type Controller = Parameters<AnswerTaker['onResponseStart']>[0];
const controller = (fields: Record<string, string> = {}): Controller =>
  ({
    rawHeaders: Object.entries(fields)
      .flat()
      .map((part) => Buffer.from(part, 'latin1')),
  }) as unknown as Controller;
const ended = async (taker: AnswerTaker): Promise<unknown> =>
  Promise.race([
    taker.taken.catch((thrown: unknown) => thrown),
    new Promise((resolve) => setImmediate(resolve, 'still reading')),
  ]);
/** Feeds until the taker has had enough, and answers how often. */
async function feedUntilEnough(taker: AnswerTaker, feed: (time: number) => void, most: number): Promise<number> {
  for (let time = 1; time <= most; time += 1) {
    feed(time);
    if (time % 64 === 0 || time < 64) if ((await ended(taker)) !== 'still reading') return time;
  }
  return most;
}

describe('an answer is read no further', () => {
  it('than its pieces may be many, however little each holds', async () => {
    const taker = take();
    taker.onResponseStart(controller(), 200);
    const fed = await feedUntilEnough(taker, () => taker.onResponseData(controller(), Buffer.from('x')), 10 * MiB);
    expect(fed).toBeLessThanOrEqual(answerLimits.pieces + 64);
    expect(await ended(taker)).toMatchObject({ code: 'HTTP_LIMIT', detail: expect.stringContaining('131072 pieces') });
  });

  it('than its bytes on the wire may be many, though nothing of them is body', async () => {
    const taker = take();
    taker.onResponseStart(controller({ 'transfer-encoding': 'chunked' }), 200);
    const fed = await feedUntilEnough(taker, (time) => taker.read(time * 64 * KiB), 10_000);
    expect(fed * 64 * KiB).toBeLessThanOrEqual(maxSocketBytes(10 * MiB) + 64 * 64 * KiB);
    expect(maxSocketBytes(10 * MiB)).toBeLessThanOrEqual(13 * MiB);
    expect(await ended(taker)).toMatchObject({ code: 'HTTP_LIMIT' });
  });

  it('than sixteen informational answers, or than headers may be large before the one that counts', async () => {
    const notices = take();
    expect(await feedUntilEnough(notices, () => notices.onResponseStart(controller(), 103), 1_000)).toBe(17);
    const bytes = take();
    expect(await feedUntilEnough(bytes, (time) => bytes.read(time * 16 * KiB), 1_000)).toBe(17);
    const drops = take();
    expect(await feedUntilEnough(drops, (time) => drops.read(time), 100_000)).toBeLessThanOrEqual(
      answerLimits.readsBeforeHeaders + 64,
    );
    for (const taker of [notices, bytes, drops]) expect(await ended(taker)).toMatchObject({ code: 'HTTP_LIMIT' });
  });
});

describe('an answer that may be cut', () => {
  const cut = (): AnswerTaker => take({ maxBytes: 8, overflow: 'cut' });

  it.each<[string, (taker: AnswerTaker) => void]>([
    ['is larger than it may be', (taker) => taker.onResponseData(controller(), Buffer.from('and more'))],
    ['breaks off', (taker) => taker.onResponseError(undefined, new Error('reset'))],
    ['is late', (taker) => taker.fail(new Error('late'))],
    ['comes in too many pieces', (taker) => taker.read(Number.MAX_SAFE_INTEGER)],
  ])('keeps what was read when it %s', async (_what, then) => {
    const taker = cut();
    taker.onResponseStart(controller({ 'content-length': '99999999' }), 200);
    taker.onResponseData(controller(), Buffer.from('abcd'));
    then(taker);
    expect(await ended(taker)).toMatchObject({ status: 200, cut: true });
    expect(Buffer.from((await taker.taken).body).toString()).toMatch(/^abcd(and )?$/);
  });

  it('fails as long as there is no status', async () => {
    const taker = cut();
    taker.onResponseStart(controller(), 103);
    taker.fail(new Error('late'));
    expect(await ended(taker)).toMatchObject({ message: 'late' });
  });

  it('is whole when it ended', async () => {
    const taker = cut();
    taker.onResponseStart(controller(), 204);
    taker.onResponseEnd();
    expect(await ended(taker)).toMatchObject({ status: 204, cut: false });
  });
});
