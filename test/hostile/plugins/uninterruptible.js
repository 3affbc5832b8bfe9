// Builtins that V8 does not interrupt: only ending the process does.
import { job } from '@annex/sdk';

job('index_of_a_long_array_like', () => [].indexOf.call({ length: 2 ** 53 - 1 }, 1));
job('includes_of_a_long_array_like', () => [].includes.call({ length: 2 ** 53 - 1 }, 1));
job('index_of_after_await', async (ctx) => {
  await ctx.kv.get('a');
  return [].indexOf.call({ length: 2 ** 53 - 1 }, 1);
});
job('sort_of_a_holey_array', () => {
  const array = [];
  array.length = 2 ** 32 - 1;
  return array.sort().length;
});
job('reverse_of_a_holey_array', () => {
  const array = [];
  array.length = 2 ** 32 - 1;
  return array.reverse().length;
});
job('bigint_squaring', () => {
  let value = 3n;
  for (;;) value *= value;
});
job('bigint_to_string', () => (7n ** 9_000_000n).toString().length);
job('join_of_a_long_array_like', () => [].join.call({ length: 2 ** 31 }, 'x').length);
job('error_with_looping_stack', () => {
  const error = new Error('x');
  Object.defineProperty(error, 'stack', { get: () => [].indexOf.call({ length: 2 ** 53 - 1 }, 1) });
  throw error;
});
