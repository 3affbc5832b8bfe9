import { describe, expect, it } from 'vitest';
import { KnownRoutes } from './known-routes.js';

const routes = new KnownRoutes();
routes.add({ url: '/api/users', method: 'GET' });
routes.add({ url: '/api/users', method: ['POST', 'HEAD'] });
routes.add({ url: '/api/users/:id', method: 'DELETE' });
routes.add({ url: '/api/files/*', method: 'PUT' });
routes.add({ url: '/schemas/plugin.json', method: 'GET' });

describe('a path that is there', () => {
  it.each([
    ['/api/users', ['GET', 'HEAD', 'POST']],
    ['/api/users/', ['GET', 'HEAD', 'POST']],
    ['/api/users/usr_1', ['DELETE']],
    ['/api/files/a/b.txt', ['PUT']],
    ['/schemas/plugin.json', ['GET']],
    ['/schemas/pluginxjson', []],
    ['/api/users/usr_1/more', []],
    ['/api', []],
  ])('takes its methods: %s', (path, methods) => {
    expect(routes.methodsOf(path)).toEqual(methods);
  });

  it('says so to another method; one that is not there says nothing', () => {
    expect(routes.wrongMethod({ method: 'PATCH', url: '/api/users?limit=1' })).toMatchObject({
      code: 'METHOD_NOT_ALLOWED',
      headers: { allow: 'GET, HEAD, POST' },
    });
    expect(routes.wrongMethod({ method: 'PATCH', url: '/api/nothing' })).toBeUndefined();
  });
});
