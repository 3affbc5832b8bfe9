import { job, route } from '@annex/sdk';
job('third', (ctx) => {
  if (ctx.run.attempt < 3) throw new Error('not yet');
  return 'done';
});
job('never', () => {
  throw new Error('never');
});
job('fail', () => {
  throw new Error('failed');
});
route('/ping', () => ({}));
