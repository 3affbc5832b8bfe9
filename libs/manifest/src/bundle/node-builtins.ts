import { builtinModules } from 'node:module';

const builtins = new Set(builtinModules.map((name) => name.replace(/^node:/, '')));

/** Those that plugin code has: `src/node-api` holds one file for each. */
export const givenModules = [
  'assert',
  'assert/strict',
  'buffer',
  'console',
  'constants',
  'crypto',
  'diagnostics_channel',
  'events',
  'os',
  'path',
  'path/posix',
  'perf_hooks',
  'process',
  'punycode',
  'querystring',
  'stream',
  'stream/consumers',
  'stream/promises',
  'stream/web',
  'string_decoder',
  'timers',
  'timers/promises',
  'tty',
  'url',
  'util',
  'util/types',
] as const;
const given = new Set<string>(givenModules);

/**
 * Those that packages import at the top for a part of them that few use, such as reading an attachment from a path. The
 * rest of such a package works, so what they import fails when it is used.
 */
const optional = new Set(['async_hooks', 'fs', 'fs/promises', 'module', 'readline', 'v8', 'vm', 'zlib']);

/** What takes the place of one that it has not. */
const instead: Record<string, string> = {
  async_hooks: 'pass ctx along',
  child_process: 'a plugin starts no programs; call a service with ctx.http',
  cluster: 'a plugin starts no processes',
  dgram: 'use ctx.http',
  dns: 'use ctx.http, which resolves names itself',
  fs: "use ctx.files for the tenant's files, ctx.templates for templates/",
  'fs/promises': "use ctx.files for the tenant's files, ctx.templates for templates/",
  http: 'use ctx.http or fetch',
  http2: 'use ctx.http or fetch',
  https: 'use ctx.http or fetch',
  module: 'import statically',
  net: 'use ctx.http',
  tls: 'use ctx.http',
  vm: 'a plugin is sandboxed already',
  worker_threads: 'use a job for long work',
  zlib: 'send and receive plain bodies; ctx.http inflates answers',
};

/** Whether an import names a module of Node. */
export function isNodeBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtins.has(specifier);
}

/** The name without `node:` of a module that plugin code has, by any of its spellings; else `undefined`. */
export function givenModule(specifier: string): string | undefined {
  const name = specifier.replace(/^node:|\/$/g, '');
  return given.has(name) ? name : undefined;
}

/** Whether packages may import it as long as they do not use it. */
export function isOptionalModule(specifier: string): boolean {
  return optional.has(specifier.replace(/^node:/, ''));
}

/** The sentence that refuses one and says what to use. */
export function builtinRefusal(specifier: string): string {
  const name = specifier.replace(/^node:/, '');
  const hint = instead[name] ?? instead[name.split('/')[0] ?? ''];
  return (
    `"${specifier.slice(0, 80)}" is a module of Node, which plugins do not ` +
    `have${hint === undefined ? '; see the list of globals in the guide' : `; ${hint}`}.`
  );
}
