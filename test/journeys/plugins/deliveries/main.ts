import { hook, job, NonRetryable, RetryAfter } from '@annex/sdk';
job('never', () => {
  throw new NonRetryable('the address is gone');
});
job('later', (ctx) => {
  if (ctx.run.attempt === 1) throw new RetryAfter(300, 'busy');
  return ctx.run.attempt;
});
job('at', (ctx) => {
  if (ctx.run.attempt === 1) throw new RetryAfter(new Date(Date.now() + 300));
  return ctx.run.attempt;
});
job('far', () => {
  throw new RetryAfter(3_600_000, 'in an hour');
});
job('spent', () => {
  throw new RetryAfter(10);
});
