import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '@annex/kernel';
import type { Registration } from '../registration.js';
import { checkManifest } from '../schema/read-manifest.js';
import { checkAgreement } from './agreement.js';

const route = (path: string, more: Partial<Extract<Registration, { kind: 'route' }>> = {}): Registration => ({
  kind: 'route',
  path,
  methods: ['GET'],
  auth: 'member',
  roles: null,
  ...more,
});
const hook = (name: string): Registration => ({ kind: 'event', name });
const job = (name: string, schedule?: string): Registration => ({
  kind: 'job',
  name,
  ...(schedule !== undefined && { schedule }),
});
const filter = (name: string): Registration => ({
  kind: 'filter',
  name,
  priority: 0,
  timeoutMs: 1000,
  onError: 'pass',
});
const health = (name: string): Registration => ({ kind: 'health', name });

function faults(source: JsonObject, ...registrations: Registration[]): string[] {
  const reading = checkManifest({ slug: 'x', name: 'X', version: '1.0.0', entry: 'main.ts', ...source });
  if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
  return checkAgreement(reading.manifest, registrations).map(
    (fault) => `${fault.pointer} ${fault.code} ${fault.detail}`,
  );
}

describe('handlers and manifest agree when', () => {
  it.each<[string, JsonObject, Registration[]]>([
    ['there is neither', {}, []],
    [
      'every name is on both sides',
      { events: ['a.b', 'c.*'], jobs: [{ name: 'j' }], filters: ['f'], health: {}, routes: true },
      [hook('a.b'), hook('c.*'), job('j'), filter('f'), health('db'), health('api'), route('/')],
    ],
    ['a hook is narrower than its declaration', { events: ['build.*'] }, [hook('build.completed')]],
    ['a wildcard hook is narrower than its declaration', { events: ['build.**'] }, [hook('build.*')]],
    ['two hooks handle one event', { events: ['a'] }, [hook('a'), hook('a')]],
    [
      'a decorator repeats the schedule',
      { jobs: [{ name: 'j', schedule: '0 2 * * *' }, { name: 'k' }] },
      [job('j', ' 0 2  * * *'), job('k')],
    ],
    [
      'lifecycle handlers are there',
      {},
      [
        { kind: 'lifecycle', name: 'install' },
        { kind: 'lifecycle', name: 'shutdown' },
      ],
    ],
    ['health is there undeclared', {}, [health('health')]],
    [
      'one path has two methods',
      { routes: true },
      [route('/a', { methods: ['GET', 'POST'] }), route('/a', { methods: ['PUT'] })],
    ],
    [
      'a secret signs',
      { routes: true, secrets: ['KEY'] },
      [route('/a', { auth: { hmac: { secret: 'KEY', header: 'X-Signature', scheme: 'github' } } })],
    ],
  ])('%s', (_when, source, registrations) => {
    expect(faults(source, ...registrations)).toEqual([]);
  });
});

describe('a disagreement is reported when', () => {
  it.each<[string, JsonObject, Registration[], string]>([
    [
      'a hook is not declared',
      { events: ['user.made'] },
      [hook('user.made'), hook('user.mode')],
      '/handlers/1 HANDLER_UNDECLARED hook("user.mode") is not declared; add "user.mode" to "events". Did you mean ' +
        '"user.made"?',
    ],
    [
      'a hook is wider than its declaration',
      { events: ['a.b'] },
      [hook('a.*'), hook('a.b')],
      '/handlers/0 HANDLER_UNDECLARED',
    ],
    [
      'a hook of many is wider than a declaration of one',
      { events: ['a.*'] },
      [hook('a.**'), hook('a.*')],
      '/handlers/0 HANDLER_UNDECLARED',
    ],
    [
      'an event has no hook',
      { events: ['a.b', 'a.c'] },
      [hook('a.b')],
      '/events/1 HANDLER_MISSING no hook handles "a.c"',
    ],
    ['a hook has no name of an event', {}, [hook('A B')], '/handlers/0 HANDLER_NAME'],
    ['a job is not declared', {}, [job('daily')], '/handlers/0 HANDLER_UNDECLARED job("daily")'],
    ['a job has no handler', { jobs: [{ name: 'a' }, { name: 'daily' }] }, [job('a')], '/jobs/1/name HANDLER_MISSING'],
    ['a job is there twice', { jobs: [{ name: 'a' }] }, [job('a'), job('a')], '/handlers/1 HANDLER_TWICE'],
    ['a filter is not declared', {}, [filter('f')], '/handlers/0 HANDLER_UNDECLARED filter("f")'],
    ['a filter has no handler', { filters: ['f'] }, [], '/filters/0 HANDLER_MISSING'],
    ['routes are not declared', {}, [route('/')], '/routes HANDLER_UNDECLARED'],
    ['there is no route', { routes: true }, [], '/routes HANDLER_MISSING'],
    [
      'two routes are one',
      { routes: true },
      [route('/a/:x'), route('/a/<y>')],
      '/handlers/1 ROUTE_CONFLICT route("/a/<y>") takes the same GET requests as route("/a/:x")',
    ],
    ['a path is none', { routes: true }, [route('a')], '/handlers/0 ROUTE_PATH'],
    ['a path hides static files', { routes: true }, [route('/static/x')], '/handlers/0 ROUTE_PATH'],
    ['a method is none', { routes: true }, [route('/', { methods: ['GTE'] })], 'Did you mean "GET"?'],
    ['there are no methods', { routes: true }, [route('/', { methods: [] })], 'ROUTE_METHOD'],
    ['a role is none', { routes: true }, [route('/', { roles: ['admn'] })], 'Did you mean "admin"?'],
    [
      'there are too many routes',
      { routes: true },
      Array.from({ length: 501 }, (_, index) => route(`/${index}`)),
      '/routes ROUTE_COUNT',
    ],
    ['health is declared only', { health: {} }, [], '/health HANDLER_MISSING'],
    [
      'a lifecycle handler is there twice',
      {},
      [
        { kind: 'lifecycle', name: 'install' },
        { kind: 'lifecycle', name: 'install' },
      ],
      '/handlers/1 HANDLER_TWICE',
    ],
  ])('%s', (_when, source, registrations, expected) => {
    expect(faults(source, ...registrations)).toEqual([expect.stringContaining(expected)]);
  });

  it.each<[Json, string]>([
    ['pubic', 'Did you mean "public"?'],
    [null, 'has an auth that is none'],
    [{ hmac: {} }, 'without "secret"'],
    [{ hmac: { secret: 'KEI' } }, 'Did you mean "KEY"?'],
    [{ hmac: { secret: 'KEY', scheme: 'md5' } }, 'write one of sha256'],
    [{ hmac: { secret: 'KEY', header: 'a b' } }, 'not the name of a header'],
    [{ hmac: { secret: 'KEY', headr: 'X' } }, 'Did you mean "header"?'],
    [{ hmac: { secret: 'KEY' }, more: 1 }, 'has an auth that is none'],
  ])('the auth of a route is %j', (auth, expected) => {
    expect(faults({ routes: true, secrets: ['KEY'] }, route('/', { auth }))).toEqual([
      expect.stringContaining(expected),
    ]);
  });
});

describe('a schedule in a decorator', () => {
  it('that is not the one of the manifest is refused with both', () => {
    const jobs: Json[] = [{ name: 'other', schedule: '0 2 * * *' }, { name: 'none' }];
    expect(faults({ jobs }, job('other', '0 3 * * *'), job('none', '@daily'))).toEqual([
      '/handlers/0 JOB_SCHEDULE job("other") says the schedule "0 3 * * *", and plugin.json says "0 2 * * *"; write ' +
        'the one that is right there, and leave it out of the decorator.',
      '/handlers/1 JOB_SCHEDULE job("none") says the schedule "@daily", and plugin.json has none for it; write the ' +
        'one that is right there, and leave it out of the decorator.',
    ]);
  });
});
