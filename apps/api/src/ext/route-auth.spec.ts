import { routeHmacSchemes, routeTokenSchemes } from '@annex/manifest';
import { signatureSchemes, tokenSchemes } from '@annex/webhooks';
import { expect, it } from 'vitest';
import { ownsAuthorization } from './route-auth.js';

it('a route may be guarded in every way that is checked, and in no other', () => {
  expect(routeHmacSchemes).toEqual(signatureSchemes);
  expect(routeTokenSchemes).toEqual(tokenSchemes);
});

it('a bearer belongs to the route that asks for one', () => {
  expect(ownsAuthorization({ token: { secret: 'S' } })).toBe(true);
  expect(ownsAuthorization({ token: { secret: 'S', scheme: 'basic' } })).toBe(true);
  expect(ownsAuthorization({ token: { secret: 'S', header: 'Authorization' } })).toBe(true);
  expect(ownsAuthorization({ token: { secret: 'S', header: 'X-Token' } })).toBe(false);
  expect(ownsAuthorization({ token: { secret: 'S', scheme: 'gitlab' } })).toBe(false);
  for (const auth of ['member', 'public', { hmac: { secret: 'S' } }] as const)
    expect(ownsAuthorization(auth)).toBe(false);
});
