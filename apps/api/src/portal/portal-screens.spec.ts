import { expect, it } from 'vitest';
import { isPortalCall, portalCalls } from './portal-screens.js';

it.each([
  [['runs'], 'GET', '/api/runs/:id', true],
  [['runs'], 'POST', '/api/runs/:id/cancel', true],
  [['runs'], 'GET', '/api/plugins/:id', true],
  [['runs'], 'DELETE', '/api/plugins/:id', false],
  [['runs'], 'GET', '/api/runsabouts', false],
  [['jobs'], 'POST', '/api/plugins/:id/jobs/:job/run-now', true],
  [['jobs'], 'POST', '/api/plugins/:id/enable', false],
  [['plugins'], 'GET', '/api/plugins/:id/secrets', false],
  [['audit'], 'GET', '/api/audit', true],
  [['audit'], 'GET', '/api/audit/platform', false],
  [[], 'GET', '/api/tenant', true],
  [[], 'PATCH', '/api/tenant', false],
  [['tokens', '__proto__', 'toString'], 'POST', '/api/tokens', false],
] as const)('a portal with %j lets %s %s pass: %s', (screens, method, route, passes) => {
  expect(isPortalCall(portalCalls(screens), method, route)).toBe(passes);
});
