import { defineErrors } from '@annex/kernel';

/** What can be wrong with a request about mappings and alerts. */
export const mappingErrors = defineErrors('mappings', {
  MAPPING_NOT_FOUND: { title: 'No such mapping', status: 404, fault: 'caller' },
  MAPPING_INVALID: { title: 'The mapping is not valid', status: 422, fault: 'caller' },
  MAPPING_OF_PACKAGE: { title: 'The mapping belongs to a package', status: 409, fault: 'caller' },
  MAPPING_LIMIT: { title: 'The tenant has as many mappings or rules as it may have', status: 409, fault: 'limit' },
  ALERT_NOT_FOUND: { title: 'No such alert', status: 404, fault: 'caller' },
  ALERT_ENDED: { title: 'The alert does not fire any more', status: 409, fault: 'caller' },
});
