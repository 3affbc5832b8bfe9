import { defineErrors } from '@annex/kernel';

/** What can be wrong with a request about mappings and alerts. */
export const mappingErrors = defineErrors('mappings', {
  MAPPING_NOT_FOUND: { title: 'No such mapping', status: 404, fault: 'caller' },
  MAPPING_INVALID: { title: 'The mapping is not valid', status: 422, fault: 'caller' },
  MAPPING_CHANGED: { title: 'The mapping is not the one that the request expects', status: 412, fault: 'caller' },
  MAPPING_OF_PACKAGE: { title: 'The mapping belongs to a package', status: 409, fault: 'caller' },
  MAPPING_NEEDS_ADMIN: { title: 'Only an admin may write such a mapping', status: 403, fault: 'policy' },
  MAPPING_LIMIT: { title: 'The tenant has as many mappings or rules as it may have', status: 409, fault: 'limit' },
  CURSOR_INVALID: { title: 'The cursor does not come from this list', status: 422, fault: 'caller' },
  ALERT_NOT_FOUND: { title: 'No such alert', status: 404, fault: 'caller' },
  ALERT_ENDED: { title: 'The alert does not fire any more', status: 409, fault: 'caller' },
});

/** Throws `CURSOR_INVALID`. */
export function refuseCursor(): never {
  const detail = 'is none that this list answered; leave it out to begin at the start.';
  throw mappingErrors.error('CURSOR_INVALID', `The cursor: ${detail}`, {
    errors: [{ pointer: '/cursor', code: 'CURSOR', detail }],
  });
}
