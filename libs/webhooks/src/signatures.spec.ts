import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { signatureHeaders, signingKey, standardSignature, verifySignature, type SignatureScheme } from './signatures.js';

const keyOf = (secret: string): Buffer => signingKey(secret) ?? Buffer.alloc(0);

/** The vector that the libraries of Standard Webhooks test themselves with. */
const published = { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampS: 1_614_265_330, body: Buffer.from('{"test": 2432232314}'), signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' };

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
    expect(headers['x-signature']).toBe(`sha256=${createHmac('sha256', keyOf(published.secret)).update(body).digest('hex')}`);
  });

  it('without a key carries its id and time only', () => {
    expect(signatureHeaders([], { id: 'dlv_1', timestampS: 5, body: Buffer.alloc(0) })).toEqual([['webhook-id', 'dlv_1'], ['webhook-timestamp', '5']]);
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
  toleranceS?: number;
}
const check = ({ headers, body, nowMs = 0, ...rest }: Given): boolean => verifySignature({ ...rest, nowMs, body: Buffer.from(body), header: (name) => headers[name] });

const github: Given = {
  scheme: 'github',
  secret: "It's a Secret to Everybody",
  headers: { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
  body: 'Hello, World!',
};
const slack: Given = {
  scheme: 'slack',
  secret: '8f742231b10e8888abcd99yyyzzz85a5',
  headers: { 'x-slack-request-timestamp': '1531420618', 'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503' },
  body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  nowMs: 1_531_420_618_000,
};
const standard: Given = {
  scheme: 'standard-webhooks',
  secret: published.secret,
  headers: { 'webhook-id': published.id, 'webhook-timestamp': String(published.timestampS), 'webhook-signature': `v1,AAAA v2,xyz ${published.signature}` },
  body: published.body.toString(),
  nowMs: published.timestampS * 1000,
};
const stripeMac = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('hex');
const stripe: Given = { scheme: 'stripe', secret: 'whsec_test', headers: { 'stripe-signature': `t=1000,v1=${'0'.repeat(64)},v1=${stripeMac('whsec_test', '1000.{}')},v0=x` }, body: '{}', nowMs: 1_000_000 };
const sha256: Given = { scheme: 'sha256', secret: 'k', headers: { 'x-signature': `sha256=${stripeMac('k', 'body')}` }, body: 'body' };

describe('a request', () => {
  it.each<[string, Given]>([
    ['GitHub’s published vector', github],
    ['Slack’s published vector', slack],
    ['the vector of Standard Webhooks among other signatures', standard],
    ['Stripe’s way, one of several', stripe],
    ['sha256 with its prefix', sha256],
    ['bare hex', { ...sha256, headers: { 'x-signature': stripeMac('k', 'body').toUpperCase() } }],
    ['a header of its own', { ...sha256, signatureHeader: 'X-Own', headers: { 'x-own': stripeMac('k', 'body') } }],
    ['a "whsec_" secret taken as text', { ...sha256, secret: 'whsec_AAEC', headers: { 'x-signature': stripeMac('whsec_AAEC', 'body') } }],
    ['a "whsec_" secret taken as base64', { ...sha256, secret: 'whsec_AAEC', headers: { 'x-signature': createHmac('sha256', Buffer.from([0, 1, 2])).update('body').digest('hex') } }],
    ['a time within the tolerance', { ...slack, nowMs: (slack.nowMs ?? 0) + 299_000 }],
    ['a time within a wider tolerance', { ...slack, nowMs: (slack.nowMs ?? 0) + 3_000_000, toleranceS: 3600 }],
  ])('is believed: %s', (_name, given) => {
    expect(check(given)).toBe(true);
  });

  it.each<[string, Given]>([
    ['another body', { ...github, body: 'Hello, World?' }],
    ['another secret', { ...github, secret: 'x' }],
    ['no signature', { ...github, headers: {} }],
    ['GitHub’s signature without its prefix', { ...github, headers: { 'x-hub-signature-256': '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' } }],
    ['a signature that is too long', { ...github, headers: { 'x-hub-signature-256': `${github.headers['x-hub-signature-256'] ?? ''}00` } }],
    ['a time that is too old', { ...slack, nowMs: (slack.nowMs ?? 0) + 301_000 }],
    ['a time that is yet to come', { ...slack, nowMs: (slack.nowMs ?? 0) - 301_000 }],
    ['another time than was signed', { ...slack, headers: { ...slack.headers, 'x-slack-request-timestamp': '1531420619' } }],
    ['an old message of Standard Webhooks', { ...standard, nowMs: (standard.nowMs ?? 0) + 400_000 }],
    ['another id than was signed', { ...standard, headers: { ...standard.headers, 'webhook-id': 'msg_2' } }],
    ['no id', { ...standard, headers: { ...standard.headers, 'webhook-id': '' } }],
    ['an old event of Stripe', { ...stripe, nowMs: 2_000_000 }],
    ['a time of Stripe that is none', { ...stripe, headers: { 'stripe-signature': `t=NaN,v1=${stripeMac('whsec_test', 'NaN.{}')}` } }],
  ])('is not believed: %s', (_name, given) => {
    expect(check(given)).toBe(false);
  });
});
