import { describe, expect, it } from 'vitest';
import { readInbound, shownInboundHeaders, slackChallenge, type HookPreset, type InboundRequest } from './inbound-request.js';

const request = (body: string | Buffer, headers: Record<string, string> = {}): InboundRequest => ({ body: Buffer.from(body), headers });

describe('what arrives is read', () => {
  it.each<[string, InboundRequest, unknown, string]>([
    ['JSON by its type', request('{"a":1}', { 'content-type': 'application/vnd.api+json' }), { a: 1 }, 'json'],
    ['JSON without a type', request('[1]'), [1], 'json'],
    ['text that is called JSON', request('{a', { 'content-type': 'application/json' }), '{a', 'text'],
    ['a form, names that come twice as lists', request('a=1&b=2&b=3&__proto__=x', { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }), JSON.parse('{"a":"1","b":["2","3"],"__proto__":"x"}'), 'form'],
    ['bytes', request(Buffer.from([0xff, 0xfe])), '//4=', 'base64'],
    ['nothing', request(''), null, 'none'],
  ])('%s', (_name, given, body, bodyEncoding) => {
    expect(readInbound('none', given)).toMatchObject({ body, bodyEncoding });
  });

  it.each<[HookPreset, InboundRequest, string | null, string | null]>([
    ['github', request('{}', { 'x-github-event': 'push', 'x-github-delivery': 'guid' }), 'push', 'guid'],
    ['stripe', request('{"id":"evt_1","type":"charge.succeeded"}', { 'stripe-signature': 't=1' }), 'charge.succeeded', 'evt_1'],
    ['slack', request('{"type":"event_callback","event_id":"Ev1","event":{"type":"message"}}'), 'message', 'Ev1'],
    ['slack', request('command=%2Fgo', { 'content-type': 'application/x-www-form-urlencoded', 'x-slack-signature': 'v0=1' }), '/go', 'v0=1'],
    ['standard-webhooks', request('{"type":"a.b"}', { 'webhook-id': 'msg_1' }), 'a.b', 'msg_1'],
    ['sha256', request('{}'), null, null],
  ])('%s names its event and delivery', (preset, given, eventType, deliveryId) => {
    expect(readInbound(preset, given)).toMatchObject({ eventType, deliveryId });
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
  expect(shownInboundHeaders({ headers, body: Buffer.alloc(0) }, 'X-Own')).toEqual({ 'content-type': 'a/b', 'x-github-event': 'push', 'ce-type': 't' });
});
