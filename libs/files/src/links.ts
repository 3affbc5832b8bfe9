/**
 * Links that open one file for anybody until they run out. They are signed and not stored: a link says the tenant, the
 * key and the moment, and nobody without the platform's key can write one.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';

/** What a link opens. */
export interface FileLink {
  tenantId: Id<'tenant'>;
  key: string;
  /** Milliseconds since the epoch. */
  expiresAtMs: number;
}

/** Longest token that is looked at, in characters: a key of 1,024 bytes has fewer. */
const maxTokenLength = 2048;

export class FileLinks {
  readonly #key: Buffer;
  readonly #oldKeys: readonly Buffer[];

  /**
   * `secret`: the platform's own; a key for this purpose alone is derived from it (RFC 5869). `oldSecrets`: those
   * before it, whose links still open.
   */
  constructor(secret: string, oldSecrets: readonly string[] = []) {
    const keyOf = (each: string): Buffer => Buffer.from(hkdfSync('sha256', each, '', 'annex file links', 32));
    this.#key = keyOf(secret);
    this.#oldKeys = oldSecrets.map(keyOf);
  }

  /** The token of a link: `<payload>.<signature>`, base64url. */
  write({ tenantId, key, expiresAtMs }: FileLink): string {
    const payload = Buffer.from(JSON.stringify([uuidFromId(tenantId), key, Math.floor(expiresAtMs / 1000)])).toString(
      'base64url',
    );
    return `${payload}.${sign(payload, this.#key)}`;
  }

  /** What a token opens, run out or not; `undefined` when it is not one of ours. */
  read(token: string): FileLink | undefined {
    if (token.length > maxTokenLength) return undefined;
    const [payload, signature, ...rest] = token.split('.');
    if (payload === undefined || signature === undefined || rest.length > 0) return undefined;
    const given = Buffer.from(signature);
    const isOurs = [this.#key, ...this.#oldKeys].some((key) => {
      const expected = Buffer.from(sign(payload, key));
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
    if (!isOurs) return undefined;
    const [uuid, key, expiresAtS] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [
      string,
      string,
      number,
    ];
    return { tenantId: idFromUuid('tenant', uuid), key, expiresAtMs: expiresAtS * 1000 };
  }
}

function sign(payload: string, key: Buffer): string {
  return createHmac('sha256', key).update(payload).digest('base64url');
}
