/**
 * Signatures of webhooks, made and checked. Standard Webhooks 1.0 (https://www.standardwebhooks.com), and the ways of
 * GitHub (docs.github.com, "Validating webhook deliveries"), Stripe (docs.stripe.com/webhooks, "Verify manually") and
 * Slack (api.slack.com, "Verifying requests from Slack"); those that are one HMAC in one header stand in
 * `hmac-forms.ts`. Everything is over the exact bytes; comparisons take the same time wherever they fail.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { hookLimits } from '@annex/limits';
import { headerForms, matchesForm, plainForm, type HmacForm } from './hmac-forms.js';

/**
 * How a request is signed. `sha256`: `sha256=<hex>` or bare hex in a header, over the body alone. `hmac`: as {@link
 * SignedRequest.form} says.
 * `svix`: Standard Webhooks under the names `svix-…`; both names are taken under either.
 */
export const signatureSchemes = [
  'sha256',
  'github',
  'stripe',
  'slack',
  'standard-webhooks',
  'svix',
  'meta',
  'shopify',
  'trello',
  'square',
  'hmac',
] as const;
export type SignatureScheme = (typeof signatureSchemes)[number];

/**
 * The key that a secret stands for: base64 behind `whsec_`, any other its UTF-8 bytes. `undefined`: what follows
 * `whsec_` is not base64, or nothing.
 */
export function signingKey(secret: string): Buffer | undefined {
  if (!secret.startsWith('whsec_')) return secret === '' ? undefined : Buffer.from(secret, 'utf8');
  const text = secret.slice('whsec_'.length).replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/_-]+$/.test(text)) return undefined;
  const key = Buffer.from(text.replaceAll('-', '+').replaceAll('_', '/'), 'base64');
  return key.length === 0 ? undefined : key;
}

/** What is signed. */
export interface Signable {
  /** Goes into `webhook-id`. */
  id: string;
  /** Unix time of the attempt, in whole seconds. */
  timestampS: number;
  body: Uint8Array;
}

/** `v1,<base64>` over `<id>.<timestamp>.<body>` (Standard Webhooks, "Signature scheme"). */
export function standardSignature(key: Buffer, { id, timestampS, body }: Signable): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampS}.`).update(body).digest('base64')}`;
}

/**
 * The fields that tell a receiver what a delivery is and whose. `keys`: the present one first; further ones still sign
 * for a while after a rotation. Without keys nothing is signed. `X-Signature` is made with the present key.
 */
export function signatureHeaders(keys: readonly Buffer[], signable: Signable): [string, string][] {
  const headers: [string, string][] = [
    ['webhook-id', signable.id],
    ['webhook-timestamp', String(signable.timestampS)],
  ];
  const [present] = keys;
  if (!present) return headers;
  headers.push(['webhook-signature', keys.map((key) => standardSignature(key, signable)).join(' ')]);
  headers.push(['x-signature', `sha256=${createHmac('sha256', present).update(signable.body).digest('hex')}`]);
  return headers;
}

/** A request whose signature is to be checked. */
export interface SignedRequest {
  scheme: SignatureScheme;
  secret: string;
  /** A header's first value by its lower-case name. */
  header: (name: string) => string | undefined;
  body: Uint8Array;
  nowMs: number;
  /** Where the signature stands. Default: where the scheme says. */
  signatureHeader?: string | undefined;
  /** Seconds, either way, for schemes that sign a time. Default {@link hookLimits.toleranceS}. */
  toleranceS?: number | undefined;
  /** The address that the sender was given, for schemes that sign it. Default: none. */
  url?: string | undefined;
  /** How `hmac` signs. Default: the hex of an HMAC-SHA256 over the body in `X-Signature`. */
  form?: Partial<HmacForm> | undefined;
}

/** Whether the request was signed with the secret, lately where the scheme signs a time. */
export function verifySignature({
  scheme,
  secret,
  header,
  body,
  nowMs,
  signatureHeader,
  toleranceS = hookLimits.toleranceS,
  url = '',
  form,
}: SignedRequest): boolean {
  const given = (fallback: string): string =>
    (header((signatureHeader ?? fallback).toLowerCase()) ?? '').slice(0, 4096);
  const isRecent = (seconds: number): boolean => Math.abs(nowMs / 1000 - seconds) <= toleranceS;
  switch (scheme) {
    case 'sha256':
      // Senders differ in whether a "whsec_" is part of the key; both keys come out of the same secret.
      return [Buffer.from(secret, 'utf8'), signingKey(secret)].some(
        (key) => key !== undefined && key.length > 0 && matchesHex(given('x-signature'), key, body),
      );
    case 'github':
    case 'meta':
    case 'shopify':
    case 'trello':
    case 'square':
      return matchesForm(headerForms[scheme], given(headerForms[scheme].header), {
        key: Buffer.from(secret, 'utf8'),
        body,
        url,
      });
    case 'hmac':
      return matchesForm({ ...plainForm, ...form }, given(plainForm.header), {
        key: Buffer.from(secret, 'utf8'),
        body,
        url,
      });
    case 'stripe':
      return matchesStripe(given('stripe-signature'), secret, body, isRecent);
    case 'slack': {
      const time = header('x-slack-request-timestamp') ?? '';
      const hex = /^v0=([0-9a-f]{64})$/i.exec(given('x-slack-signature'))?.[1];
      return (
        hex !== undefined &&
        /^\d{1,12}$/.test(time) &&
        isRecent(Number(time)) &&
        equal(Buffer.from(hex, 'hex'), createHmac('sha256', secret).update(`v0:${time}:`).update(body).digest())
      );
    }
    case 'standard-webhooks':
    case 'svix': {
      const family = familyOf(header, scheme);
      const id = header(`${family}-id`);
      const time = header(`${family}-timestamp`) ?? '';
      const key = signingKey(secret);
      if (!id || !key || !/^\d{1,12}$/.test(time) || !isRecent(Number(time))) return false;
      const expected = Buffer.from(standardSignature(key, { id, timestampS: Number(time), body }));
      return given(`${family}-signature`)
        .split(' ')
        .some((signature) => equal(Buffer.from(signature), expected));
    }
    default:
      return false;
  }
}

/** The names under which a request carries Standard Webhooks: `webhook-…`, or `svix-…` as senders do that use Svix. */
export function familyOf(header: SignedRequest['header'], scheme: 'standard-webhooks' | 'svix'): 'webhook' | 'svix' {
  const [first, second] = scheme === 'svix' ? (['svix', 'webhook'] as const) : (['webhook', 'svix'] as const);
  return header(`${first}-id`) === undefined && header(`${second}-id`) !== undefined ? second : first;
}

/** `sha256=<hex>`, or bare hex. */
function matchesHex(signature: string, key: Buffer, body: Uint8Array): boolean {
  const hex = /^(sha256=)?([0-9a-f]{64})$/i.exec(signature);
  if (!hex) return false;
  return equal(Buffer.from(hex[2] ?? '', 'hex'), createHmac('sha256', key).update(body).digest());
}

/** `t=<seconds>,v1=<hex>[,v1=<hex>…]` over `<t>.<body>`. */
function matchesStripe(
  signature: string,
  secret: string,
  body: Uint8Array,
  isRecent: (seconds: number) => boolean,
): boolean {
  const parts = signature.split(',').map((part) => part.trim().split('='));
  const time = parts.find(([key]) => key === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(time) || !isRecent(Number(time))) return false;
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  return parts.some(
    ([key, value]) =>
      key === 'v1' && /^[0-9a-f]{64}$/i.test(value ?? '') && equal(Buffer.from(value ?? '', 'hex'), expected),
  );
}

function equal(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
