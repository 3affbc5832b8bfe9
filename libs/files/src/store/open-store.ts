import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import { DiskStore } from './disk-store.js';
import type { ObjectStore } from './object-store.js';

/** Where a `FILES_URL` points. */
export type StoreLocation =
  | { kind: 'disk'; folder: string }
  | { kind: 's3'; bucket: string; prefix: string; region: string | undefined; endpoint: string | undefined };

/**
 * Reads `file:///var/lib/annex`, `file:./files` (from the working folder) or
 * `s3://bucket/prefix?region=eu-central-1&endpoint=https://minio:9000`. Throws `RangeError` with what is wrong.
 */
export function readFilesUrl(text: string): StoreLocation {
  if (text.startsWith('file:')) {
    if (!text.startsWith('file:/'))
      return { kind: 'disk', folder: resolve(decodeURIComponent(text.slice('file:'.length))) };
    const url = URL.parse(text);
    if (url === null || (url.host !== '' && url.host !== 'localhost'))
      throw new RangeError('must name a folder of this machine, such as file:///var/lib/annex/files');
    return { kind: 'disk', folder: fileURLToPath(url) };
  }
  const url = URL.parse(text);
  if (url?.protocol !== 's3:') throw new RangeError('must begin with file: or s3:');
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.hostname))
    throw new RangeError('names no bucket: s3://bucket/prefix');
  if (url.username !== '' || url.password !== '')
    throw new RangeError('must hold no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '');
  if (!/^[\w./-]*$/.test(prefix) || prefix.split('/').some((part) => part === '..' || part === '.'))
    throw new RangeError('has a prefix with other characters than letters, digits, "_", "-", "." and "/"');
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'region' && name !== 'endpoint');
  if (unknown !== undefined) throw new RangeError(`has the parameter ${unknown}; it takes region and endpoint`);
  const endpoint = url.searchParams.get('endpoint') ?? undefined;
  if (endpoint !== undefined && !['http:', 'https:'].includes(URL.parse(endpoint)?.protocol ?? ''))
    throw new RangeError('has an endpoint that is no http or https URL');
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region: url.searchParams.get('region') ?? undefined,
    endpoint,
  };
}

export interface OpenStoreOptions {
  /** For S3, where the URL names none. Default `us-east-1`, which servers other than Amazon's take for any. */
  region?: string | undefined;
  /** For S3. Default: the AWS environment. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** Opens the store of a location. What S3 needs is loaded only where S3 is used. */
export async function openStore(
  location: StoreLocation,
  { region, credentials }: OpenStoreOptions = {},
): Promise<ObjectStore> {
  if (location.kind === 'disk') return new DiskStore(location.folder);
  const { S3Store } = await import('./s3-store.js');
  const { bucket, prefix, endpoint } = location;
  return new S3Store({
    bucket,
    prefix,
    region: location.region ?? region ?? 'us-east-1',
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
  });
}
