// Memory by every way we know; in V8's heap and beside it.
import { job } from '@annex/sdk';

const kept = [];

job('arrays', () => {
  for (;;) kept.push(new Array(10_000).fill(kept.length));
});
job('objects', () => {
  for (;;) kept.push({ a: kept.length, b: { c: {} } });
});
job('long_strings', () => {
  for (let index = 0; ; index += 1) kept.push(String(index).padEnd(1_000_000, 'x').split('').join('y'));
});
job('doubling_string', () => {
  let text = 'x';
  for (;;) text += text;
});
job('array_buffers', () => {
  for (;;) kept.push(new Uint8Array(10_000_000).fill(1));
});
job('many_small_buffers', () => {
  for (;;) kept.push(new ArrayBuffer(64));
});
job('closures', () => {
  let next = () => 0;
  for (;;) {
    const previous = next;
    next = () => previous;
    kept.push(next);
  }
});
job('concat', () => {
  let array = [1, 2, 3];
  for (;;) array = array.concat(array);
});
job('fill_a_giant_array', () => new Array(2 ** 32 - 1).fill(0).length);
job('spread_a_giant_array', () => [...new Array(500_000_000)].length);
job('maps_and_sets', () => {
  const map = new Map();
  for (let index = 0; ; index += 1) map.set({ index }, new Set([index]));
});
job('symbols_and_code', () => {
  for (let index = 0; ; index += 1) kept.push(new Function(`return ${index}${'+1'.repeat(1000)}`));
});
job('promises', async () => {
  for (;;) kept.push(new Promise(() => {}));
});
job('intl_segments', () => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
  for (;;) kept.push(segmenter.segment('many words '.repeat(1000))[Symbol.iterator]());
});
job('intl_formatters', () => {
  for (;;) kept.push(new Intl.DateTimeFormat('de'), new Intl.NumberFormat('ar'), new Intl.Collator('zh'));
});
job('regexp_results', () => {
  const text = 'ab'.repeat(100_000);
  for (;;) kept.push([...text.matchAll(/a/g)]);
});
job('json_parse', () => {
  for (;;) kept.push(JSON.parse(`[${'{},'.repeat(100_000)}{}]`));
});
job('structured_clone', () => {
  let value = { list: new Array(1000).fill(1) };
  for (;;) {
    value = structuredClone({ a: value, b: value });
    kept.push(value);
  }
});
job('text_encoder', () => {
  for (;;) kept.push(new TextEncoder().encode('x'.repeat(1_000_000)));
});
job('blobs', () => {
  for (;;) kept.push(new Blob(['x'.repeat(1_000_000)]));
});
job('random_bytes', () => {
  for (;;) kept.push(crypto.getRandomValues(new Uint8Array(65_536)));
});
job('deep_recursion', () => {
  const down = (depth) => down(depth + 1) + 1;
  return down(0);
});
job('memory_after_await', async (ctx) => {
  await ctx.kv.get('a');
  for (;;) kept.push(new Array(10_000).fill(kept.length));
});
job('memory_in_a_getter_of_the_result', () => ({
  get value() {
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  },
}));
