import { hook, NonRetryable } from '@annex/sdk';
hook<{ ok?: boolean }>('ask.*', (ctx, event) => {
  if (!event.data.ok) throw new NonRetryable('broken');
  return 'fine';
});
