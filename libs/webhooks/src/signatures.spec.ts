import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import type { HmacForm } from './hmac-forms.js';
import { verifyToken, type TokenScheme } from './tokens.js';
import {
  signatureHeaders,
  signingKey,
  standardSignature,
  verifySignature,
  type SignatureScheme,
} from './signatures.js';

const keyOf = (secret: string): Buffer => signingKey(secret) ?? Buffer.alloc(0);

/** The vector that the libraries of Standard Webhooks test themselves with. */
const published = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestampS: 1_614_265_330,
  body: Buffer.from('{"test": 2432232314}'),
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

describe('a delivery', () => {
  it('is signed as the published vector of Standard Webhooks says', () => {
    expect(standardSignature(keyOf(published.secret), published)).toBe(published.signature);
  });

  it('convinces the reference library with either key of a rotation, and carries the hex of its body', () => {
    const keys = [keyOf(published.secret), Buffer.from('the old one, as text')];
    const body = Buffer.from('{"a":"ü"}');
    const timestampS = Math.floor(Date.now() / 1000);
    const headers = Object.fromEntries(signatureHeaders(keys, { id: 'dlv_1', timestampS, body }));
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
    expect(new Webhook(published.secret).verify(body.toString(), headers)).toEqual({ a: 'ü' });
    expect(new Webhook('the old one, as text', { format: 'raw' }).verify(body.toString(), headers)).toEqual({ a: 'ü' });
    expect(() => new Webhook(published.secret).verify('{"a":"u"}', headers)).toThrow('No matching signature');
    expect(headers['x-signature']).toBe(
      `sha256=${createHmac('sha256', keyOf(published.secret)).update(body).digest('hex')}`,
    );
  });

  it('without a key carries its id and time only', () => {
    expect(signatureHeaders([], { id: 'dlv_1', timestampS: 5, body: Buffer.alloc(0) })).toEqual([
      ['webhook-id', 'dlv_1'],
      ['webhook-timestamp', '5'],
    ]);
  });
});

describe('a secret', () => {
  it.each([
    ['whsec_AAEC', '000102'],
    ['whsec_AAEC==', '000102'],
    ['whsec__-8', 'ffef'],
    ['plain text', Buffer.from('plain text').toString('hex')],
    ['WHSEC_AAEC', Buffer.from('WHSEC_AAEC').toString('hex')],
  ])('%j is the key %s', (secret, hex) => {
    expect(signingKey(secret)?.toString('hex')).toBe(hex);
  });

  it.each(['', 'whsec_', 'whsec_not base64!'])('%j is none', (secret) => {
    expect(signingKey(secret)).toBeUndefined();
  });
});

interface Given {
  scheme: SignatureScheme;
  secret: string;
  headers: Record<string, string>;
  body: string;
  nowMs?: number;
  signatureHeader?: string;
  url?: string;
  form?: Partial<HmacForm>;
  toleranceS?: number;
}
const check = ({ headers, body, nowMs = 0, ...rest }: Given): boolean =>
  verifySignature({ ...rest, nowMs, body: Buffer.from(body), header: (name) => headers[name] });

const github: Given = {
  scheme: 'github',
  secret: "It's a Secret to Everybody",
  headers: { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
  body: 'Hello, World!',
};
const slack: Given = {
  scheme: 'slack',
  secret: '8f742231b10e8888abcd99yyyzzz85a5',
  headers: {
    'x-slack-request-timestamp': '1531420618',
    'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  },
  body:
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channe' +
    'l_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=h' +
    'ttps%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigge' +
    'r_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  nowMs: 1_531_420_618_000,
};
const standard: Given = {
  scheme: 'standard-webhooks',
  secret: published.secret,
  headers: {
    'webhook-id': published.id,
    'webhook-timestamp': String(published.timestampS),
    'webhook-signature': `v1,AAAA v2,xyz ${published.signature}`,
  },
  body: published.body.toString(),
  nowMs: published.timestampS * 1000,
};
const stripeMac = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('hex');
const stripe: Given = {
  scheme: 'stripe',
  secret: 'whsec_test',
  headers: { 'stripe-signature': `t=1000,v1=${'0'.repeat(64)},v1=${stripeMac('whsec_test', '1000.{}')},v0=x` },
  body: '{}',
  nowMs: 1_000_000,
};
const sha256: Given = {
  scheme: 'sha256',
  secret: 'k',
  headers: { 'x-signature': `sha256=${stripeMac('k', 'body')}` },
  body: 'body',
};

/** From Svix's guide to verifying by hand (docs.svix.com/receiving/verifying-payloads/how-manual). */
const svix: Given = {
  scheme: 'svix',
  secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
  headers: {
    'svix-id': 'msg_loFOjxBNrRLzqYUf',
    'svix-timestamp': '1731705121',
    'svix-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  },
  body: '{"event_type":"ping","data":{"success":true}}',
  nowMs: 1_731_705_121_000,
};
/** From the tests of Square's own SDK. */
const square: Given = {
  scheme: 'square',
  secret: 'Ibxx_5AKakO-3qeNVR61Dw',
  headers: { 'x-square-hmacsha256-signature': 'GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=' },
  url: 'https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9',
  body:
    '{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification","event_id":"ac3ac95b-f97d-458c-a6' +
    'e6-18981597e05f","created_at":"2022-07-13T20:30:59.037339943Z","data":{"type":"webhooks","id":"bc368' +
    'e64-01aa-407e-b46e-3231809b1129"}}',
};
/** Made with Python's hmac module, as the guides of Trello and Shopify describe. */
const trello: Given = {
  scheme: 'trello',
  secret: 'trello-api-secret',
  headers: { 'x-trello-webhook': 'USNpLiOneyQR2qXtsX4q/ob/4d0=' },
  url: 'https://annex.example.com/hooks/demo/trello',
  body: '{"action":{"id":"51f9424bcd6e040f3c002412","type":"updateCard"},"note":"ü"}',
};
const shopify: Given = {
  scheme: 'shopify',
  secret: 'hush',
  headers: { 'x-shopify-hmac-sha256': '1rj85wkM2OcA1Li7Zb02RqpTdkiASe1UmNSQhV5uU4I=' },
  body: '{"id":820982911946154508,"email":"jon@example.com","total":"199.65"}',
};
const sha1Hex: Given = {
  scheme: 'hmac',
  secret: 'k',
  form: { algorithm: 'sha1', prefix: 'sha1=' },
  headers: { 'x-signature': 'sha1=a2282e7648e8caf7d224d6531dcd95c2808a5d89' },
  body: 'body',
};
const sha512: Given = {
  scheme: 'hmac',
  secret: 'k',
  signatureHeader: 'X-Mac',
  form: { algorithm: 'sha512', encoding: 'base64' },
  headers: { 'x-mac': 'TZSLiacRM+getZIrei7/ZJrcGgaM0pyN2WUJRvDnmXdRH1LgaTNhlBb3C+kbdWjCWKA3pdIs1ksAy8nKsfmBpg==' },
  body: 'body',
};

describe('a request', () => {
  it.each<[string, Given]>([
    ['GitHub’s published vector', github],
    ['Slack’s published vector', slack],
    ['the vector of Standard Webhooks among other signatures', standard],
    ['Stripe’s way, one of several', stripe],
    ['sha256 with its prefix', sha256],
    ['bare hex', { ...sha256, headers: { 'x-signature': stripeMac('k', 'body').toUpperCase() } }],
    ['Svix’s published vector', svix],
    ['Svix’s, by the scheme of the standard', { ...svix, scheme: 'standard-webhooks' }],
    ['the standard’s, by the scheme of Svix', { ...standard, scheme: 'svix' }],
    ['Square’s published vector, over address and body', square],
    ['Trello’s, over body and address', trello],
    ['Shopify’s, in base64', shopify],
    ['Meta’s, which is GitHub’s', { ...github, scheme: 'meta' }],
    ['sha1 with a prefix', sha1Hex],
    ['sha512 in base64', sha512],
    ['a header of its own', { ...sha256, signatureHeader: 'X-Own', headers: { 'x-own': stripeMac('k', 'body') } }],
    [
      'a "whsec_" secret taken as text',
      { ...sha256, secret: 'whsec_AAEC', headers: { 'x-signature': stripeMac('whsec_AAEC', 'body') } },
    ],
    [
      'a "whsec_" secret taken as base64',
      {
        ...sha256,
        secret: 'whsec_AAEC',
        headers: {
          'x-signature': createHmac('sha256', Buffer.from([0, 1, 2]))
            .update('body')
            .digest('hex'),
        },
      },
    ],
    ['a time within the tolerance', { ...slack, nowMs: (slack.nowMs ?? 0) + 299_000 }],
    ['a time within a wider tolerance', { ...slack, nowMs: (slack.nowMs ?? 0) + 3_000_000, toleranceS: 3600 }],
  ])('is believed: %s', (_name, given) => {
    expect(check(given)).toBe(true);
  });

  it.each<[string, Given]>([
    ['Square’s for another address', { ...square, url: `${square.url ?? ''}/` }],
    ['Trello’s for another address', { ...trello, url: 'https://annex.example.com/hooks/other/trello' }],
    ['Trello’s without an address', { ...trello, url: '' }],
    ['Shopify’s for another body', { ...shopify, body: shopify.body.replace('jon', 'ron') }],
    [
      'Shopify’s in hex',
      {
        ...shopify,
        headers: {
          'x-shopify-hmac-sha256': Buffer.from('1rj85wkM2OcA1Li7Zb02RqpTdkiASe1UmNSQhV5uU4I=', 'base64').toString(
            'hex',
          ),
        },
      },
    ],
    ['an old message of Svix', { ...svix, nowMs: 0 }],
    ['a shorter hash than was agreed on', { ...sha1Hex, form: { algorithm: 'sha256', prefix: 'sha1=' } }],
    [
      'no prefix where one was agreed on',
      { ...sha1Hex, headers: { 'x-signature': 'a2282e7648e8caf7d224d6531dcd95c2808a5d89' } },
    ],
    ['an empty secret', { ...sha1Hex, secret: '' }],
    ['another body', { ...github, body: 'Hello, World?' }],
    ['another secret', { ...github, secret: 'x' }],
    ['no signature', { ...github, headers: {} }],
    [
      'GitHub’s signature without its prefix',
      {
        ...github,
        headers: { 'x-hub-signature-256': '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
      },
    ],
    [
      'a signature that is too long',
      { ...github, headers: { 'x-hub-signature-256': `${github.headers['x-hub-signature-256'] ?? ''}00` } },
    ],
    ['a time that is too old', { ...slack, nowMs: (slack.nowMs ?? 0) + 301_000 }],
    ['a time that is yet to come', { ...slack, nowMs: (slack.nowMs ?? 0) - 301_000 }],
    [
      'another time than was signed',
      { ...slack, headers: { ...slack.headers, 'x-slack-request-timestamp': '1531420619' } },
    ],
    ['an old message of Standard Webhooks', { ...standard, nowMs: (standard.nowMs ?? 0) + 400_000 }],
    ['another id than was signed', { ...standard, headers: { ...standard.headers, 'webhook-id': 'msg_2' } }],
    ['no id', { ...standard, headers: { ...standard.headers, 'webhook-id': '' } }],
    ['an old event of Stripe', { ...stripe, nowMs: 2_000_000 }],
    [
      'a time of Stripe that is none',
      { ...stripe, headers: { 'stripe-signature': `t=NaN,v1=${stripeMac('whsec_test', 'NaN.{}')}` } },
    ],
  ])('is not believed: %s', (_name, given) => {
    expect(check(given)).toBe(false);
  });
});

describe('a secret that is sent along', () => {
  const basic = (text: string | Buffer): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const sent = (scheme: TokenScheme, secret: string, headers: Record<string, string>, tokenHeader?: string): boolean =>
    verifyToken({ scheme, secret, header: (name) => headers[name], tokenHeader });

  it.each<[TokenScheme, string, Record<string, string>, string?]>([
    ['bearer', 's3cret', { authorization: 'Bearer s3cret' }],
    ['bearer', 's3cret', { authorization: 'bearer  s3cret ' }],
    ['basic', 'alert:pass:word', { authorization: basic('alert:pass:word') }],
    ['basic', 'ü:ä', { authorization: basic('ü:ä') }],
    ['basic', 'ü:ä', { authorization: basic(Buffer.from('ü:ä', 'latin1')) }],
    ['token', 's3cret', { 'x-webhook-token': 's3cret' }],
    ['token', 's3cret', { 'x-own': 's3cret' }, 'X-Own'],
    ['gitlab', 's3cret', { 'x-gitlab-token': 's3cret' }],
  ])('is known: %s %s %j', (scheme, secret, headers, header) => {
    expect(sent(scheme, secret, headers, header)).toBe(true);
  });

  it.each<[TokenScheme, string, Record<string, string>, string?]>([
    ['bearer', 's3cret', { authorization: 's3cret' }],
    ['bearer', 's3cret', { authorization: 'Bearer s3cre' }],
    ['bearer', 's3cret', { authorization: 'Basic s3cret' }],
    ['bearer', 's3cret', {}],
    ['bearer', '', { authorization: 'Bearer ' }],
    ['basic', 'a:b', { authorization: basic('a:c') }],
    ['basic', 'a:b', { authorization: 'Basic !!' }],
    ['token', 's3cret', { 'x-gitlab-token': 's3cret' }],
    ['token', 's3cret', { 'x-webhook-token': 's3cret' }, 'X-Own'],
    ['gitlab', 's3cret', { 'x-gitlab-token': 's3cret ' }],
    ['gitlab', '', { 'x-gitlab-token': '' }],
  ])('is not: %s %s %j', (scheme, secret, headers, header) => {
    expect(sent(scheme, secret, headers, header)).toBe(false);
  });
});
