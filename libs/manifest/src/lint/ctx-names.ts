/** The names that `ctx` and its parts have, as `@annex/sdk` declares them. */
import { hostMethods } from '@annex/host-api';

/** Beside the host calls of the table. A part that is not named here holds whatever the tenant or the caller says. */
const beside: Record<string, readonly string[]> = {
  '': ['tenantId', 'user', 'config', 'request', 'params', 'query', 'waitUntil'],
  tenant: ['id', 'slug', 'name'],
  plugin: ['id', 'slug', 'version'],
  run: ['id', 'kind', 'name', 'attempt', 'signal', 'deadline'],
  permissions: ['has', 'list'],
  log: ['debug', 'info', 'warn', 'error'],
  secrets: ['ref'],
  http: ['get', 'head', 'delete', 'post', 'put', 'patch'],
};

/** Of every object; and what a promise or `JSON.stringify` looks for. */
const ofEverything = new Set([...Object.getOwnPropertyNames(Object.prototype), 'then', 'toJSON']);

const names = new Map<string, Set<string>>();
const add = (part: string, name: string): void => {
  names.set(part, (names.get(part) ?? new Set()).add(name));
};
for (const method of hostMethods) {
  const [part = '', name] = method.split('.');
  add('', part);
  if (name !== undefined) add(part, name);
}
for (const [part, list] of Object.entries(beside)) {
  if (part !== '') add('', part);
  for (const name of list) add(part, name);
}

/** What a part of `ctx` has (`''`: `ctx` itself), such as `get` of `kv`; `undefined`: its names are not fixed. */
export function namesOf(part: string): ReadonlySet<string> | undefined {
  return names.get(part);
}

/** Whether a part of `ctx` has a name. Of a part without fixed names every name counts. */
export function hasName(part: string, name: string): boolean {
  return names.get(part)?.has(name) !== false || ofEverything.has(name);
}
