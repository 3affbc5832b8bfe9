import { defineErrors } from '@annex/kernel';

/** What can be wrong with a request about views. */
export const savedViewErrors = defineErrors('saved-views', {
  VIEW_NOT_FOUND: { title: 'There is no such view', status: 404, fault: 'caller' },
  VIEW_INVALID: { title: 'The view is not valid', status: 422, fault: 'caller' },
  VIEW_LIMIT: { title: 'The list has as many views as it may have', status: 409, fault: 'limit' },
});
