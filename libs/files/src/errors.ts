import { defineErrors } from '@annex/kernel';

/** Errors of tenants' files, for the API and for `ctx.files`. */
export const fileErrors = defineErrors('files', {
  FILE_NOT_FOUND: { title: 'There is no such file', status: 404, fault: 'caller' },
  FILE_KEY_INVALID: { title: 'The key cannot name a file', status: 422, fault: 'caller' },
  FILE_TYPE_INVALID: { title: 'The content type is not valid', status: 422, fault: 'caller' },
  FILE_TOO_LARGE: { title: 'The file is larger than its limit', status: 413, fault: 'limit' },
  FILE_CHANGED: { title: 'The file is not as the request expects it', status: 412, fault: 'caller' },
  FILE_LINK_INVALID: { title: 'The link does not open a file', status: 403, fault: 'caller' },
  UPLOAD_ABORTED: { title: 'The upload did not arrive completely', status: 400, fault: 'caller' },
  STORAGE_UNAVAILABLE: { title: 'The file store cannot be used at the moment', status: 503, fault: 'platform' },
});
