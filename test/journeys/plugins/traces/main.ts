import { route } from '@annex/sdk';
import { fail } from './lib/fail';
import deep from 'deep';
route('/console', () => {
  try {
    fail();
  } catch (error) {
    console.error(error);
    console.log('failed', { error });
  }
  return 1;
});
route('/fields', (ctx) => {
  try {
    fail();
  } catch (error) {
    ctx.log.error('failed', { nested: [{ error }] });
    ctx.log.info('after');
  }
  return 1;
});
route('/call', async (ctx) => {
  await ctx.kv.set('', 1);
});
route('/caught', async (ctx) => {
  try {
    await ctx.kv.get();
  } catch (error) {
    console.error(error);
  }
  return 1;
});
route('/arguments', async (ctx) => {
  await ctx.kv.set('a', { b: [1n] });
});
route('/fetch', async () => {
  await fetch('https://nobody.test/');
});
route('/forgotten', (ctx) => {
  ctx.kv.set('', 1);
  return 1;
});
route('/deep', () => deep());
route('/forged', () => {
  console.log('plugin.js:1:1 '.repeat(1000));
  return 1;
});
