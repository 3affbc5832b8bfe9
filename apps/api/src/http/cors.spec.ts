import { describe, expect, it } from 'vitest';
import { allowsOrigin, corsHeaders, isPreflight, joinVary, preflightHeaders, type CorsPolicy } from './cors.js';

const app = 'https://app.example.com';
const policy: CorsPolicy = {
  origins: [app, 'https://*.shop.example'],
  methods: ['GET', 'POST'],
  requestHeaders: ['authorization', 'content-type'],
  exposedHeaders: ['x-request-id'],
};
const asked = {
  origin: app,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization, x-other',
};

describe('an answer', () => {
  it('names the origin that asked, says that it depends on it, and which headers may be read', () => {
    expect(corsHeaders(policy, { headers: { origin: app } })).toEqual({
      vary: 'Origin',
      'access-control-allow-origin': app,
      'access-control-expose-headers': 'x-request-id',
    });
  });

  it.each([
    undefined,
    'https://evil.example',
    'null',
    `${app}.evil.example`,
    'http://app.example.com',
    `${app}, ${app}`,
  ])('to %s names no origin', (origin) => {
    expect(corsHeaders(policy, { headers: { origin } })).toEqual({ vary: 'Origin' });
  });

  it('for anybody is the same for everybody, unless cookies may come', () => {
    expect(corsHeaders({ ...policy, origins: '*', exposedHeaders: [] }, { headers: { origin: app } })).toEqual({
      'access-control-allow-origin': '*',
    });
    expect(
      corsHeaders({ ...policy, origins: '*', credentials: true, exposedHeaders: [] }, { headers: { origin: app } }),
    ).toEqual({ vary: 'Origin', 'access-control-allow-origin': app, 'access-control-allow-credentials': 'true' });
  });
});

describe('a preflight', () => {
  it('is an OPTIONS request that names an origin and a method', () => {
    expect(isPreflight({ method: 'OPTIONS', headers: asked })).toBe(true);
    expect(isPreflight({ method: 'OPTIONS', headers: { origin: app } })).toBe(false);
    expect(isPreflight({ method: 'POST', headers: asked })).toBe(false);
  });

  it('is told the methods and headers that may be sent', () => {
    expect(preflightHeaders(policy, { headers: asked })).toEqual({
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      'access-control-allow-origin': app,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
    });
  });

  it('is told nothing when the origin is not named', () => {
    expect(preflightHeaders(policy, { headers: { ...asked, origin: 'https://evil.example' } })).toEqual({
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
  });

  it.each([
    ['a, x-b', 'a, x-b'],
    ['a\r\nx: y', undefined],
    ['a,,b', undefined],
    ['a'.repeat(3000), undefined],
  ])('that may send any header gets %j back only if these are names', (names, allowed) => {
    expect(
      preflightHeaders(
        { ...policy, requestHeaders: '*' },
        { headers: { ...asked, 'access-control-request-headers': names } },
      )['access-control-allow-headers'],
    ).toBe(allowed);
  });
});

it.each([
  ['https://a.shop.example', true],
  ['https://a.b.shop.example', true],
  ['https://shop.example', false],
  ['https://.shop.example', false],
  ['https://evil.example/.shop.example', false],
  ['https://evilshop.example', false],
  ['http://a.shop.example', false],
])('a star stands for the hosts below: %s', (origin, allowed) => {
  expect(allowsOrigin(policy.origins, origin)).toBe(allowed);
});

it('names in Vary are joined, each once', () => {
  expect(joinVary('Origin, Accept', 'origin, Authorization')).toBe('Origin, Accept, Authorization');
  expect(joinVary(undefined, 'Origin')).toBe('Origin');
});
