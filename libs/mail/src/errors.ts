import { defineErrors } from '@annex/kernel';

/** Errors of sending mail and of looking at it. */
export const mailErrors = defineErrors('mail', {
  MAIL_INVALID: { title: 'The mail cannot be sent as it is', status: 422, fault: 'plugin' },
  MAIL_ADDRESS_INVALID: { title: 'An address of the mail is not valid', status: 422, fault: 'plugin' },
  MAIL_TOO_LARGE: { title: 'The mail is larger than its limit', status: 413, fault: 'limit' },
  MAIL_TOO_MANY_RECIPIENTS: { title: 'The mail has more recipients than its limit', status: 422, fault: 'limit' },
  MAIL_KEPT_FULL: { title: 'No more mail can be kept', status: 413, fault: 'limit' },
  MAIL_REJECTED: { title: 'The mail server refused the mail', status: 422, fault: 'plugin' },
  MAIL_UNAVAILABLE: { title: 'The mail server cannot be used at the moment', status: 503, fault: 'platform' },
  MAIL_NOT_FOUND: { title: 'There is no such mail', status: 404, fault: 'caller' },
});
