// More than anyone asked for.
import { job, route } from '@annex/sdk';

job('result_flood', () => 'x'.repeat(50_000_000));
job('result_of_many_strings', () => new Array(5_000_000).fill('some text'));
job('deep_result', () => {
  let value = [];
  for (let depth = 0; depth < 1_000_000; depth += 1) value = [value];
  return value;
});
route('/response_flood', () => new Response('x'.repeat(50_000_000)));
route('/stream_flood', () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)) })));
route('/binary_flood', () => new Uint8Array(20_000_000));
route('/header_flood', () => [{}, 200, Object.fromEntries(new Array(100_000).fill(0).map((_, index) => [`x-${index}`, 'y'.repeat(100)]))]);
job('log_flood', () => {
  for (;;) console.log('line');
});
job('caught_log_flood', () => {
  for (;;) {
    try {
      console.log('line');
    } catch {
      // Goes on.
    }
  }
});
job('one_giant_log_line', (ctx) => ctx.log.info('x'.repeat(10_000_000)));
job('giant_log_fields', (ctx) => ctx.log.info('x', { text: 'y'.repeat(10_000_000) }));
job('host_call_flood', async (ctx) => {
  const calls = [];
  for (let index = 0; index < 1000; index += 1) calls.push(ctx.kv.get(String(index)).catch((error) => error.code));
  const codes = await Promise.all(calls);
  return codes.filter((code) => code === 'RATE_LIMITED').length;
});
job('giant_host_call', (ctx) => ctx.kv.get('x'.repeat(40_000_000)).catch((error) => error.code));
job('timer_flood', async () => {
  let made = 0;
  try {
    for (;;) {
      setTimeout(() => {}, 1_000_000);
      made += 1;
    }
  } catch {
    return made <= 1000;
  }
});
job('timers_set_and_cleared', () => {
  for (;;) clearTimeout(setTimeout(() => {}, 1000));
});
job('interval_that_never_ends', () => new Promise(() => setInterval(() => {}, 0)));
job('unhandled_rejections', async () => {
  for (let index = 0; index < 1000; index += 1) void Promise.reject(new Error('nobody cares'));
  return 'done';
});
job('crypto_flood', async () => {
  const all = [];
  for (let index = 0; index < 20_000; index += 1) all.push(crypto.subtle.digest('SHA-256', new Uint8Array(16)).catch(() => 0));
  await Promise.all(all);
  return 'done';
});
