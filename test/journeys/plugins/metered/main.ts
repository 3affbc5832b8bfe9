import { job, route } from '@annex/sdk';
job('fail', () => {
  throw new Error('no');
});
job('hold', () => new Promise(() => {}));
route('/r', () => 1);
