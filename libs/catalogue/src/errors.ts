import { defineErrors } from '@annex/kernel';

/** What can be wrong with letting a package in, and with taking one from the catalogue. */
export const catalogueErrors = defineErrors('catalogue', {
  PACKAGE_UNSIGNED: { title: 'Only signed packages are let in here', status: 403, fault: 'policy' },
  PACKAGE_UNLISTED: { title: 'Only packages of the catalogue are let in here', status: 403, fault: 'policy' },
  PACKAGE_SWAPPED: { title: 'What was fetched is not what the catalogue lists', status: 502, fault: 'platform' },
  RELEASE_YANKED: { title: 'The release was taken back', status: 409, fault: 'policy' },
  CATALOGUE_OFF: { title: 'There is no catalogue here', status: 404, fault: 'caller' },
  CATALOGUE_ENTRY_NOT_FOUND: { title: 'The catalogue lists no such release', status: 404, fault: 'caller' },
  CATALOGUE_ROLLED_BACK: { title: 'The catalogue is older than one that was seen', status: 502, fault: 'platform' },
  CATALOGUE_UNAVAILABLE: { title: 'The catalogue cannot be reached', status: 503, fault: 'platform' },
  PUBLISHERS_UNAVAILABLE: { title: 'The list of publishers cannot be reached', status: 503, fault: 'platform' },
  CURSOR_INVALID: { title: 'The cursor does not come from this list', status: 422, fault: 'caller' },
});
