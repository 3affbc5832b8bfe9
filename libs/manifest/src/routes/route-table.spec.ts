import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRoutePath, routeShape } from './route-path.js';
import { compileRoutes } from './route-table.js';

const route = (path: string, ...methods: string[]) => ({ path, methods: methods.length === 0 ? ['GET'] : methods });
const table = compileRoutes([
  route('/'),
  route('/users'),
  route('/users', 'POST'),
  route('/users/:user_id'),
  route('/users/me'),
  route('/users/<user_id>/posts/:post'),
  route('/users/me/settings', 'PUT'),
  route('/files/*path', 'GET', 'DELETE'),
  route('/files/index'),
  route('/caf%C3%A9'),
  route('/any/*', 'OPTIONS'),
]);

/** `path {params}` of the route found, `405 methods`, or `404`. */
function found(method: string, path: string): string {
  const match = table.match(method, path);
  if (match === null) return '404';
  if (match.methodNotAllowed !== undefined) return `405 ${match.methodNotAllowed.join(' ')}`;
  return `${match.route.path} ${JSON.stringify(match.params)}`;
}

describe('a request', () => {
  it.each([
    ['GET', '/', '/ {}'],
    ['GET', '', '/ {}'],
    ['GET', '/users', '/users {}'],
    ['POST', '/users', '/users {}'],
    ['GET', '/users/', '/users {}'],
    ['HEAD', '/users', '/users {}'],
    ['DELETE', '/users', '405 GET HEAD POST'],
    ['OPTIONS', '/users', '405 GET HEAD POST'],
    ['OPTIONS', '/any/x/y', '/any/* {"rest":"x/y"}'],
    ['GET', '/users/7', '/users/:user_id {"user_id":"7"}'],
    ['GET', '/users/me', '/users/me {}'],
    ['GET', '/users/a%20b', '/users/:user_id {"user_id":"a b"}'],
    ['GET', '/users/a%2Fb', '/users/:user_id {"user_id":"a/b"}'],
    ['GET', '/users/%2e%2e', '/users/:user_id {"user_id":".."}'],
    ['GET', '/users/%252e', '/users/:user_id {"user_id":"%2e"}'],
    ['GET', '/users/%', '404'],
    ['GET', '/users/%ff', '404'],
    ['GET', '/users/me/posts/3', '/users/<user_id>/posts/:post {"user_id":"me","post":"3"}'],
    ['PUT', '/users/me/settings', '/users/me/settings {}'],
    ['PUT', '/users/you/settings', '404'],
    ['GET', '/files/a/b/c.txt', '/files/*path {"path":"a/b/c.txt"}'],
    ['GET', '/files/index', '/files/index {}'],
    ['DELETE', '/files/index', '/files/*path {"path":"index"}'],
    ['GET', '/files', '404'],
    ['GET', '/files/', '404'],
    ['GET', '/caf%C3%A9', '/caf%C3%A9 {}'],
    ['GET', '/nothing', '404'],
    ['GET', '/users//posts/3', '404'],
    ['GET', 'users', '404'],
    ['GET', '/' + 'a/'.repeat(200), '404'],
  ])('%s %s meets %s', (method, path, expected) => {
    expect(found(method, path)).toBe(expected);
  });

  it('meets the route that its own values were put into', () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
          .filter((text) => text.isWellFormed() && text !== 'me'),
        (value) => {
          expect(found('GET', `/users/${encodeURIComponent(value)}`)).toBe(
            `/users/:user_id ${JSON.stringify({ user_id: value })}`,
          );
        },
      ),
    );
  });

  it('is answered in bounded time by routes made to be slow', () => {
    const names = (letter: string) => Array.from({ length: 15 }, (_, index) => `${letter}${index}`);
    const slow = compileRoutes([
      route(`/${names(':a').join('/')}/x`),
      route(`/${names(':b').join('/')}/y`),
      route('/*rest', 'POST'),
    ]);
    for (let round = 0; round < 10_000; round += 1)
      expect(slow.match('GET', `/${'a/'.repeat(15)}z`)).toEqual({ methodNotAllowed: ['POST'] });
  });

  it('gets parameters that have no prototype to tamper with', () => {
    const match = compileRoutes([route('/:constructor')]).match('GET', '/x');
    expect(match?.route && Object.getPrototypeOf(match.params)).toBeNull();
  });
});

describe("a route's path", () => {
  it.each([
    ['users', 'must begin with "/"'],
    ['/a//b', 'empty segment'],
    ['/a/../b', '".."'],
    ['/*rest/x', 'comes last'],
    ['/:a/:a', 'two parameters'],
    ['/:', 'letters, digits'],
    ['/:a-b', 'letters, digits'],
    ['/<>', 'letters, digits'],
    ['/x:y', 'whole segment'],
    ['/a?b', 'ctx.query'],
    ['/a b', 'cannot stand'],
    ['/%zz', 'percent-encoding'],
    [`/${'a'.repeat(600)}`, 'at most 512'],
    ['/a'.repeat(40), 'at most 32'],
  ])('may not be %s', (path, reason) => {
    const reading = parseRoutePath(path);
    expect(reading.ok ? '' : reading.detail).toContain(reason);
  });

  it('has the same shape as another exactly when both mean the same requests', () => {
    const shape = (path: string): string => {
      const reading = parseRoutePath(path);
      return reading.ok ? routeShape(reading.segments) : 'none';
    };
    expect(shape('/a/:x')).toBe(shape('/a/<y>/'));
    expect(shape('/a/:x')).not.toBe(shape('/a/*x'));
    expect(shape('/')).toBe('/');
    expect(shape('/%41')).toBe(shape('/A'));
  });
});
