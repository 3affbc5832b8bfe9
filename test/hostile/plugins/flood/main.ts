import { route } from '@annex/sdk';
const until = async (work) => {
  for (let n = 0; n < 5000; n += 1) {
    try {
      await work(n);
    } catch (error) {
      return { n, code: error.code };
    }
  }
  return 'never';
};
route('/emit', (ctx) => until(() => ctx.emit('flood.drop', {})));
const tried = (work, n) =>
  work(n).then(
    () => undefined,
    (error) => ({ n, code: error.code }),
  );
// Twenty at once: a thousand one after another may take a busy machine longer than a route may take.
const untilAtOnce = async (work) => {
  for (let n = 0; n < 5000; n += 20) {
    const ends = await Promise.all(Array.from({ length: 20 }, (_, more) => tried(work, n + more)));
    const first = ends.find(Boolean);
    if (first) return first;
  }
  return 'never';
};
route('/kv', (ctx) => untilAtOnce((n) => ctx.kv.get('k' + n)));
route('/large-value', (ctx) => until(() => ctx.kv.set('k', 'x'.repeat(129 * 1024))));
route('/large-event', (ctx) => until(() => ctx.emit('flood.large', 'x'.repeat(257 * 1024))));
route('/uncaught', async (ctx) => {
  for (;;) await ctx.emit('flood.drop', {});
});
