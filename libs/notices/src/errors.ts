import { defineErrors } from '@annex/kernel';

/** What can be wrong with a request about notices. */
export const noticeErrors = defineErrors('notices', {
  NOTICE_RULE_NOT_FOUND: { title: 'There is no such rule', status: 404, fault: 'caller' },
  NOTICE_RULE_INVALID: { title: 'The rule is not valid', status: 422, fault: 'caller' },
  NOTICE_RULE_LIMIT: { title: 'The tenant has as many rules as it may have', status: 409, fault: 'limit' },
});

/** Throws `NOTICE_RULE_INVALID` for a cursor of a page. */
export function refuseCursor(): never {
  throw noticeErrors.error(
    'NOTICE_RULE_INVALID',
    'The cursor is not one that this list answered. Leave it out to begin at the start.',
  );
}
