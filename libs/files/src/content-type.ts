import { quote } from '@annex/kernel';
import { lookup } from 'mime-types';
import { fileErrors } from './errors.js';

/** A media type with parameters (RFC 9110 §8.3.1), as a header may carry it. */
const mediaType =
  /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[\x20\x21\x23-\x5b\x5d-\x7e]*"))*$/;

/**
 * The type that a file gets: the one given, else what its key's extension says, else bytes. Throws `FILE_TYPE_INVALID`.
 */
export function contentTypeOf(key: string, given: string | undefined): string {
  if (given === undefined || given === '') return lookup(key) || 'application/octet-stream';
  if (given.length <= 255 && mediaType.test(given)) return given;
  throw fileErrors.error(
    'FILE_TYPE_INVALID',
    `${quote(given)} is no content type. Write one such as text/csv, or none to go by the key’s extension.`,
    {
      errors: [
        { pointer: '/content_type', code: 'FILE_TYPE_INVALID', detail: 'must be a media type such as text/csv' },
      ],
    },
  );
}

/** Types that a browser shows without running anything in them. */
const shown = /^image\/(png|jpeg|gif|webp|avif)$/i;

/** Whether a file of this type may be shown in the browser; any other is offered for download. */
export function isShown(contentType: string): boolean {
  return shown.test(contentType.trim());
}
