import { job } from '@annex/sdk';
job('hang', () => new Promise(() => {}));
job('fail', () => {
  throw new TypeError('the very reason');
});
job('twice', (ctx) => {
  console.log('try', ctx.run.attempt);
  throw new Error('again');
});
