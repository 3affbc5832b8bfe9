import { builtinModules } from 'node:module';

const builtins = new Set(builtinModules.map((name) => name.replace(/^node:/, '')));

/** What takes a built-in module's place in a plugin. */
const instead: Record<string, string> = {
  assert: 'throw an Error yourself',
  async_hooks: 'pass ctx along',
  buffer: 'use Uint8Array, TextEncoder, TextDecoder, atob and btoa',
  child_process: 'a plugin starts no programs; call a service with ctx.http',
  cluster: 'a plugin starts no processes',
  console: 'use the global console, or ctx.log',
  crypto: 'use the global crypto (randomUUID, getRandomValues, subtle)',
  dgram: 'use ctx.http',
  dns: 'use ctx.http, which resolves names itself',
  events: 'use EventTarget, or bundle the npm package "events"',
  fs: "use ctx.files for the tenant's files, ctx.templates for templates/",
  'fs/promises': "use ctx.files for the tenant's files, ctx.templates for templates/",
  http: 'use ctx.http or fetch',
  http2: 'use ctx.http or fetch',
  https: 'use ctx.http or fetch',
  module: 'import statically',
  net: 'use ctx.http',
  os: 'a plugin knows nothing of the machine',
  path: 'use plain string functions, or bundle the npm package "path-browserify"',
  perf_hooks: 'use the global performance',
  process: 'use ctx.config and ctx.secrets; there is no process',
  punycode: 'use URL, which encodes names itself',
  querystring: 'use URLSearchParams',
  stream: 'use ReadableStream, WritableStream and TransformStream',
  'stream/web': 'use the globals ReadableStream, WritableStream and TransformStream',
  string_decoder: 'use TextDecoder with { stream: true }',
  timers: 'use the global setTimeout and setInterval',
  'timers/promises': 'await a promise around the global setTimeout',
  tls: 'use ctx.http',
  url: 'use the globals URL and URLSearchParams',
  util: 'use TextEncoder, TextDecoder and structuredClone',
  vm: 'a plugin is sandboxed already',
  worker_threads: 'use a job for long work',
  zlib: 'send and receive plain bodies; ctx.http inflates answers',
};

/** Whether an import names a module of Node. */
export function isNodeBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtins.has(specifier);
}

/** The sentence that refuses one and says what to use. */
export function builtinRefusal(specifier: string): string {
  const name = specifier.replace(/^node:/, '');
  const hint = instead[name] ?? instead[name.split('/')[0] ?? ''];
  return `"${specifier.slice(0, 80)}" is a module of Node, which plugins do not have${hint === undefined ? '; see the list of globals in the guide' : `; ${hint}`}.`;
}
