/**
 * Whose signatures count: a JWK Set (RFC 7517) of Ed25519 keys (RFC 8037). Beside what the RFCs say a key may have
 * `publisher`, `slugs`, `signs` and `revoked`; everything else in it is ignored.
 */
import type { webcrypto } from 'node:crypto';
import { messageOf, quote } from '@annex/kernel';
import { publisherLimits } from '@annex/limits';
import { importJWK } from 'jose';
import { z } from 'zod';
import { signingErrors } from './errors.js';

/** What a key may vouch for. */
export type Signs = 'packages' | 'catalogue';

/** One key that is listed. */
export interface PublisherKey {
  kid: string;
  /** Who it belongs to, as people are shown. */
  publisher: string;
  /** Slugs that it may sign; one that ends in `*` stands for all that begin so. `undefined`: every slug. */
  slugs: readonly string[] | undefined;
  signs: readonly Signs[];
  /** Why it counts no more; `undefined`: it does count. */
  revoked: string | undefined;
  key: webcrypto.CryptoKey;
}

const text = (max: number) => z.string().min(1).max(max);
const key = z.looseObject({
  kty: z.literal('OKP', { error: 'must be OKP: only Ed25519 keys sign packages' }),
  crv: z.literal('Ed25519', { error: 'must be Ed25519' }),
  x: z.string().regex(/^[\w-]{43}$/, { error: 'must be 32 bytes in base64url' }),
  kid: text(200),
  publisher: text(200).optional(),
  slugs: z.array(text(64)).max(1000).optional(),
  signs: z
    .array(z.enum(['packages', 'catalogue']))
    .min(1)
    .optional(),
  revoked: z.union([z.boolean(), text(500)]).optional(),
  d: z.never({ error: 'is the private part; publish the public key only' }).optional(),
});
const keySet = z.looseObject({ keys: z.array(key).max(publisherLimits.keys) });

/** Keys that are listed, and those that were and are no more. */
export class Publishers {
  readonly #keys: ReadonlyMap<string, PublisherKey>;
  readonly #former: ReadonlySet<string>;

  constructor(keys: readonly PublisherKey[], former: Iterable<string> = []) {
    this.#keys = new Map(keys.map((each) => [each.kid, each]));
    this.#former = new Set([...former].filter((kid) => !this.#keys.has(kid)));
  }

  /** Every key that is listed, revoked ones too, in the list's order. */
  get keys(): PublisherKey[] {
    return [...this.#keys.values()];
  }

  /** The ids of {@link keys}. */
  get kids(): string[] {
    return [...this.#keys.keys()];
  }

  /** Keys that were listed once. */
  get former(): string[] {
    return [...this.#former];
  }

  /** The same keys, with more that are known to have been listed. */
  withFormer(kids: Iterable<string>): Publishers {
    return new Publishers([...this.#keys.values()], [...this.#former, ...kids]);
  }

  /** A key that may vouch for this. Throws `PUBLISHER_UNKNOWN`, `KEY_REVOKED`, `PUBLISHER_REFUSED`. */
  require(kid: string, signs: Signs): PublisherKey {
    const found = this.#keys.get(kid);
    if (this.#former.has(kid) || found?.revoked !== undefined)
      throw signingErrors.error(
        'KEY_REVOKED',
        `The key ${quote(kid, 60)} ` +
          `${found ? `of ${found.publisher} was revoked: ${found.revoked}` : 'is no longer among the publishers'}. ` +
          'Have it signed with a key that counts.',
      );
    if (!found)
      throw signingErrors.error(
        'PUBLISHER_UNKNOWN',
        `The key ${quote(kid, 60)} belongs to nobody among the publishers. The operator adds its public part to ` +
          `ANNEX_PUBLISHERS.`,
      );
    if (!found.signs.includes(signs))
      throw signingErrors.error(
        'PUBLISHER_REFUSED',
        `The key ${quote(kid, 60)} of ${found.publisher} may sign ${found.signs.join(' and ')} only, and this is ` +
          `for ${signs}.`,
      );
    return found;
  }
}

/** Whether a key may sign a slug. */
export function coversSlug({ slugs }: Pick<PublisherKey, 'slugs'>, slug: string): boolean {
  return slugs?.some((one) => (one.endsWith('*') ? slug.startsWith(one.slice(0, -1)) : slug === one)) ?? true;
}

/** Reads a JWK Set. Throws `PUBLISHERS_INVALID` with every fault. */
export async function readPublishers(json: string): Promise<Publishers> {
  const { keys } = parse(json);
  const kids = keys.map(({ kid }) => kid);
  const twice = kids.find((kid, at) => kids.indexOf(kid) !== at);
  if (twice !== undefined) throw refuse(`two keys have the kid ${quote(twice, 60)}`);
  return new Publishers(
    await Promise.all(
      keys.map(async ({ kty, crv, x, kid, publisher = kid, slugs, signs, revoked }): Promise<PublisherKey> => ({
        kid,
        publisher,
        slugs,
        signs: signs ?? ['packages', 'catalogue'],
        revoked: revoked === true ? 'no reason was given' : revoked === false ? undefined : revoked,
        key: await readKey({ kty, crv, x }, kid),
      })),
    ),
  );
}

function parse(json: string): z.infer<typeof keySet> {
  if (Buffer.byteLength(json) > publisherLimits.bytes) throw refuse(`it is larger than ${publisherLimits.bytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (thrown) {
    throw refuse(`it is not JSON: ${messageOf(thrown).slice(0, 200)}`);
  }
  const read = keySet.safeParse(value);
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => `/${path.map(String).join('/')}: ${message}`);
  throw refuse(faults.slice(0, 20).join('; ').slice(0, 1000));
}

async function readKey(jwk: { kty: string; crv: string; x: string }, kid: string): Promise<webcrypto.CryptoKey> {
  try {
    return (await importJWK(jwk, 'EdDSA')) as webcrypto.CryptoKey;
  } catch (thrown) {
    throw refuse(`the key ${quote(kid, 60)} is none: ${messageOf(thrown).slice(0, 200)}`);
  }
}

function refuse(why: string): Error {
  return signingErrors.error(
    'PUBLISHERS_INVALID',
    `The list of publishers is no JWK Set of Ed25519 keys: ${why}. "annex keygen" writes one.`,
  );
}
