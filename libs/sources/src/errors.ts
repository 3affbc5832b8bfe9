import { defineErrors } from '@annex/kernel';

/** What can be wrong with a request about sources. How polls end stands in libs/runs. */
export const sourceErrors = defineErrors('sources', {
  SOURCE_NOT_FOUND: { title: 'There is no such source', status: 404, fault: 'caller' },
  SOURCE_INVALID: { title: 'The source is not valid', status: 422, fault: 'caller' },
  SOURCE_OF_PACKAGE: { title: 'The source belongs to a package', status: 409, fault: 'caller' },
  SOURCE_BROKE: { title: 'The connection of the source broke', status: 502, fault: 'caller' },
  SOURCE_LIMIT: { title: 'The tenant has as many sources as it may have', status: 409, fault: 'limit' },
});

/** Throws `SOURCE_INVALID` for a cursor of a page. */
export function refuseCursor(): never {
  throw sourceErrors.error(
    'SOURCE_INVALID',
    'The cursor is not one that this list answered. Leave it out to begin at the start.',
  );
}
