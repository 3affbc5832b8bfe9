/**
 * Signatures that are one HMAC in one header. Senders differ in the hash, in how the value is written, in what is
 * signed beside the body; so each is a row of a table, and a sender that is not in it can be described by the same
 * words.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const hmacAlgorithms = ['sha256', 'sha1', 'sha512'] as const;
export const hmacEncodings = ['hex', 'base64'] as const;
/** `url`: the address that the sender was given. */
export const hmacContents = ['body', 'url+body', 'body+url'] as const;

/** How one HMAC is written and what it is over. */
export interface HmacForm {
  algorithm: (typeof hmacAlgorithms)[number];
  encoding: (typeof hmacEncodings)[number];
  /** What stands before the value, such as `sha256=`. */
  prefix: string;
  signs: (typeof hmacContents)[number];
}

/** A form, and the header that it stands in; lower-case. */
export type HeaderForm = HmacForm & { header: string };

const ofGithub: HeaderForm = {
  header: 'x-hub-signature-256',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: 'sha256=',
  signs: 'body',
};

/** Whose signatures are one HMAC in one header. */
export const headerForms = {
  /** docs.github.com, "Validating webhook deliveries". */
  github: ofGithub,
  /** developers.facebook.com, "Graph API Webhooks: Validating payloads". */
  meta: ofGithub,
  /** shopify.dev, "Verify webhook deliveries". */
  shopify: { header: 'x-shopify-hmac-sha256', algorithm: 'sha256', encoding: 'base64', prefix: '', signs: 'body' },
  /** developer.atlassian.com, "Trello webhooks: Webhook signatures". */
  trello: { header: 'x-trello-webhook', algorithm: 'sha1', encoding: 'base64', prefix: '', signs: 'body+url' },
  /** developer.squareup.com, "Validate webhook notifications". */
  square: {
    header: 'x-square-hmacsha256-signature',
    algorithm: 'sha256',
    encoding: 'base64',
    prefix: '',
    signs: 'url+body',
  },
} as const satisfies Record<string, HeaderForm>;

/** The form of a sender that is in no table, where it says nothing else. */
export const plainForm: HeaderForm = {
  header: 'x-signature',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: '',
  signs: 'body',
};

const digestBytes: Record<HmacForm['algorithm'], number> = { sha1: 20, sha256: 32, sha512: 64 };

/**
 * Whether a header's value is the HMAC of a request. `url`: the address that the sender was given, for forms that sign
 * it.
 */
export function matchesForm(
  { algorithm, encoding, prefix, signs }: HmacForm,
  given: string,
  { key, body, url }: { key: Uint8Array; body: Uint8Array; url: string },
): boolean {
  if (key.length === 0 || !given.startsWith(prefix)) return false;
  const value = decode(given.slice(prefix.length), encoding);
  if (value?.length !== digestBytes[algorithm]) return false;
  const hmac = createHmac(algorithm, key);
  if (signs === 'url+body') hmac.update(url);
  hmac.update(body);
  if (signs === 'body+url') hmac.update(url);
  return timingSafeEqual(value, hmac.digest());
}

function decode(text: string, encoding: HmacForm['encoding']): Buffer | undefined {
  if (encoding === 'hex')
    return /^[0-9a-f]+$/i.test(text) && text.length % 2 === 0 ? Buffer.from(text, 'hex') : undefined;
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}
