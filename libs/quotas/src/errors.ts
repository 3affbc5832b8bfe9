import { defineErrors } from '@annex/kernel';

/** What a change that would pass a quota fails with. */
export const quotaErrors = defineErrors('quotas', {
  QUOTA_EXCEEDED: { title: 'The tenant has used up a quota', status: 413, fault: 'limit' },
});
