import { job } from '@annex/sdk';
job('fail', (ctx) => {
  console.log('a line that stays');
  throw new Error('failed');
});
