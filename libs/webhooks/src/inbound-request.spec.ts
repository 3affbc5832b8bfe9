import { describe, expect, it } from 'vitest';
import {
  readInbound,
  shownInboundHeaders,
  slackChallenge,
  type HookPreset,
  type InboundRequest,
} from './inbound-request.js';

const request = (body: string | Buffer, headers: Record<string, string> = {}): InboundRequest => ({
  method: 'POST',
  url: 'https://annex.test/hooks/a/b',
  query: {},
  body: Buffer.from(body),
  headers,
});

describe('what arrives is read', () => {
  it.each<[string, InboundRequest, unknown, string]>([
    ['JSON by its type', request('{"a":1}', { 'content-type': 'application/vnd.api+json' }), { a: 1 }, 'json'],
    ['JSON without a type', request('[1]'), [1], 'json'],
    ['text that is called JSON', request('{a', { 'content-type': 'application/json' }), '{a', 'text'],
    [
      'a form, names that come twice as lists',
      request('a=1&b=2&b=3&__proto__=x', { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }),
      JSON.parse('{"a":"1","b":["2","3"],"__proto__":"x"}'),
      'form',
    ],
    ['bytes', request(Buffer.from([0xff, 0xfe])), '//4=', 'base64'],
    ['nothing', request(''), null, 'none'],
  ])('%s', (_name, given, body, bodyEncoding) => {
    expect(readInbound('none', given)).toMatchObject({ body, bodyEncoding });
  });

  it.each<[HookPreset, InboundRequest, string | null, string | null]>([
    ['github', request('{}', { 'x-github-event': 'push', 'x-github-delivery': 'guid' }), 'push', 'guid'],
    [
      'stripe',
      request('{"id":"evt_1","type":"charge.succeeded"}', { 'stripe-signature': 't=1' }),
      'charge.succeeded',
      'evt_1',
    ],
    ['slack', request('{"type":"event_callback","event_id":"Ev1","event":{"type":"message"}}'), 'message', 'Ev1'],
    [
      'slack',
      request('command=%2Fgo', { 'content-type': 'application/x-www-form-urlencoded', 'x-slack-signature': 'v0=1' }),
      '/go',
      'v0=1',
    ],
    ['standard-webhooks', request('{"type":"a.b"}', { 'webhook-id': 'msg_1' }), 'a.b', 'msg_1'],
    ['sha256', request('{}'), null, null],
    ['svix', request('{"type":"email.sent"}', { 'svix-id': 'msg_2' }), 'email.sent', 'msg_2'],
    ['resend', request('{"type":"email.sent"}', { 'svix-id': 'msg_2' }), 'email.sent', 'msg_2'],
    ['standard-webhooks', request('{"type":"a.b"}', { 'svix-id': 'msg_3' }), 'a.b', 'msg_3'],
    [
      'shopify',
      request('{}', { 'x-shopify-topic': 'orders/create', 'x-shopify-webhook-id': 'w1' }),
      'orders/create',
      'w1',
    ],
    ['square', request('{"type":"payment.updated","event_id":"e1"}'), 'payment.updated', 'e1'],
    ['trello', request('{"action":{"id":"a1","type":"updateCard"}}'), 'updateCard', 'a1'],
    [
      'gitlab',
      request('{"object_kind":"push"}', { 'x-gitlab-event': 'Push Hook', 'idempotency-key': 'i1' }),
      'Push Hook',
      'i1',
    ],
    ['meta', request('{"object":"page"}'), 'page', null],
    ['microsoft-graph', request('{"value":[{"changeType":"created"},{"changeType":"created"}]}'), 'created', null],
    ['bearer', request('{"status":"firing"}'), null, null],
    ['none', request('{"a":1}', { 'ce-type': 'com.example.made', 'ce-id': 'c1' }), 'com.example.made', 'c1'],
  ])('%s names its event and delivery', (preset, given, eventType, deliveryId) => {
    expect(readInbound(preset, given)).toMatchObject({ eventType, deliveryId });
  });

  it('with every digit of a number, which is text where a double would lose some', () => {
    expect(readInbound('none', request('{"id":1610521604143693813,"n":7}'))).toMatchObject({
      body: { id: '1610521604143693813', n: 7 },
      bodyEncoding: 'json',
      numbersAsText: ['/id'],
    });
    expect(readInbound('none', request('{"id":7}')).numbersAsText).toEqual([]);
  });

  it('and a challenge of Slack is known by its type', () => {
    expect(slackChallenge(readInbound('slack', request('{"type":"url_verification","challenge":"c"}')))).toBe('c');
    expect(slackChallenge(readInbound('slack', request('{"challenge":"c"}')))).toBeUndefined();
  });
});

it('headers that prove or reveal are not handed on', () => {
  const headers = {
    'content-type': 'a/b',
    'x-github-event': 'push',
    'ce-type': 't',
    authorization: 'x',
    cookie: 'x',
    host: 'x',
    'x-hub-signature-256': 'x',
    'x-slack-signature': 'x',
    'stripe-signature': 'x',
    'x-api-key': 'x',
    'x-gitlab-token': 'x',
    'x-forwarded-for': 'x',
    'x-own': 'x',
  };
  expect(shownInboundHeaders({ ...request(''), headers }, 'X-Own')).toEqual({
    'content-type': 'a/b',
    'x-github-event': 'push',
    'ce-type': 't',
  });
});
