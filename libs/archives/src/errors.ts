import { defineErrors } from '@annex/kernel';

export const archiveErrors = defineErrors('archives', {
  ARCHIVE_INVALID: { title: 'This is no whole archive of a tenant', status: 422, fault: 'caller' },
  ARCHIVE_VERSION: { title: 'The archive is of another version', status: 409, fault: 'caller' },
  ARCHIVE_PASSPHRASE: { title: 'The passphrase does not open the archive', status: 422, fault: 'caller' },
  ARCHIVE_COLLIDES: { title: 'Something of the archive is here already', status: 409, fault: 'caller' },
  ARCHIVES_BUSY: { title: 'Other archives are under way', status: 429, fault: 'limit' },
  ARCHIVE_TOO_LARGE: { title: 'The archive is larger than its limit', status: 413, fault: 'limit' },
});

/** Says of an archive what is wrong with it. */
export function invalidArchive(what: string, cause?: unknown): Error {
  return archiveErrors.error(
    'ARCHIVE_INVALID',
    `${what} Nothing was kept. Export the tenant again, and import the file as it was written.`,
    cause === undefined ? {} : { cause },
  );
}
