import { defineErrors } from '@annex/kernel';

/** Errors of the table itself; what a single call may fail with is the handler's. */
export const hostApiErrors = defineErrors('host-api', {
  NOT_AVAILABLE: {
    title: 'This host call is not served by this installation of Annex',
    status: 501,
    fault: 'platform',
  },
});
