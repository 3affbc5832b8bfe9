/** What an editor knows of `annex` in Python: made of the table of host calls, and of what `plugin.json` names. */
import { hostCalls, hostMethods, type HostMethod } from '@annex/host-api';
import type { Manifest } from '@annex/manifest';
import { pythonMembers, pythonModule } from './python-members.js';

/** Parameters after `self`, and what comes of the call. */
type Signature = readonly [parameters: string, result: string];

const kv: Record<'get' | 'set' | 'delete' | 'list' | 'incr', Signature> = {
  get: ['key: str, default: Any = None, *, version: bool = False', 'Any'],
  set: ['key: str, value: Json, *, ttl: float | None = None, if_version: int | None = None', 'int | None'],
  delete: ['key: str', 'bool'],
  list: ['prefix: str | None = None, *, limit: int | None = None, cursor: str | None = None', 'Page'],
  incr: ['key: str, by: float | None = None, *, ttl: float | None = None', 'float'],
};

const table = 'table: str, filter: dict[str, Any] | None = None';

/** How each host call is written in Python. */
const signatures: Record<HostMethod, Signature> = {
  'secrets.get': ['name: SecretName, default: str | None = None', 'Any'],
  'secrets.has': ['name: SecretName', 'bool'],
  'http.request': [
    'method: str, url: str, *, params: Query = None, query: Query = None, data: Any = None, body: Any = None, ' +
      'json: Any = None, headers: Mapping[str, Any] | None = None, timeout: float | None = None, ' +
      'allow_redirects: bool = True',
    'Response',
  ],
  'db.query': [
    `${table}, *, filters: dict[str, Any] | None = None, where: dict[str, Any] | None = None, ` +
      'limit: int | None = None, offset: int | None = None, order_by: str | list[str] | None = None',
    'list[Record]',
  ],
  'db.getById': ['table: str, id: str', 'Record | None'],
  'db.count': [`${table}, *, filters: dict[str, Any] | None = None`, 'int'],
  'db.insert': ['table: str, row: Mapping[str, Any]', 'Record'],
  'db.update': ['table: str, id: str, changes: Mapping[str, Any]', 'Record | None'],
  'db.delete': ['table: str, id: str', 'bool'],
  'files.list': ['prefix: str | None = None, *, limit: int | None = None, cursor: str | None = None', 'Page'],
  'files.read': ['key: str', 'bytes'],
  'files.stat': ['key: str', 'Record | None'],
  'files.url': ['key: str, *, expires_s: int | None = None', 'str'],
  'files.upload': ['key: str, data: str | bytes, *, content_type: str | None = None', 'Record'],
  'files.delete': ['key: str', 'bool'],
  'kv.get': kv.get,
  'kv.set': kv.set,
  'kv.delete': kv.delete,
  'kv.list': kv.list,
  'kv.incr': kv.incr,
  'shared.get': kv.get,
  'shared.set': kv.set,
  'shared.delete': kv.delete,
  'shared.list': kv.list,
  'shared.incr': kv.incr,
  'email.send': [
    'message: str | Mapping[str, Any] | None = None, subject: str | None = None, text: str | None = None, ' +
      '**parts: Any',
    'Record',
  ],
  'webhooks.send': ['name: WebhookName, payload: Json = None', 'Record'],
  'agents.send': ['name: AgentName, data: Json = None', 'Record'],
  'llm.run': ['prompt: str | list[dict[str, str]], **options: Any', 'Record'],
  'templates.render': ['name: str, data: Mapping[str, Any] | None = None, **more: Any', 'str'],
  'analytics.track': ['name: str, properties: Mapping[str, Any] | None = None, **more: Any', 'None'],
  emit: ['type: str, data: Json = None, **options: Any', 'Record'],
  'jobs.runNow': ['name: JobName, payload: Json = None', 'Record'],
  'plugins.call': [
    'slug: DependencyName, path: str, *, method: str | None = None, params: Query = None, query: Query = None, ' +
      'data: Any = None, body: Any = None, json: Any = None, headers: Mapping[str, Any] | None = None, ' +
      'timeout: float | None = None',
    'Response',
  ],
};

/** How Python writes a name of the table: `runNow` is `run_now`. */
export function pythonName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * The text of `annex/__init__.pyi`. The same manifest gives the same text.
 * @param names of webhooks and agents of the package
 */
export function pythonStub(
  manifest: Manifest,
  names: { webhooks: readonly string[]; agents: readonly string[] },
): string {
  const { secrets, jobs, dependencies } = manifest;
  return [
    '# Written by "annex typegen" out of plugin.json. Change that file, not this one.',
    pythonModule.opening,
    literal(
      'SecretName',
      secrets.map(({ name }) => name),
    ),
    literal(
      'JobName',
      jobs.map(({ name }) => name),
    ),
    literal('WebhookName', names.webhooks),
    literal('AgentName', names.agents),
    literal('DependencyName', Object.keys(dependencies)),
    '',
    pythonModule.values,
    ...namespaces('', (result) => result),
    ...namespaces('Async', (result) => `Coroutine[Any, Any, ${result}]`),
    pythonModule.closing,
  ].join('\n');
}

/** A name that nothing declares is not there; without any the type would be of no value, so texts are let through. */
function literal(type: string, names: readonly string[]): string {
  const said = [...new Set(names)].map((name) => JSON.stringify(name)).join(', ');
  return `${type} = ${said === '' ? 'str' : `Literal[${said}]`}`;
}

/** The classes behind `ctx`, and that of `ctx` itself. `prefix`: of those whose calls are awaited. */
function namespaces(prefix: '' | 'Async', comes: (result: string) => string): string[] {
  const rows = new Map<string, string[]>();
  for (const method of hostMethods) {
    const [namespace = '', name] = method.split('.');
    if (namespace === 'shared') continue;
    const owner = name === undefined ? 'PluginContext' : className(namespace);
    const [parameters, result] = signatures[method];
    const lines = rows.get(owner) ?? [];
    lines.push(...callLines(pythonName(name ?? namespace), [parameters, comes(result)], hostCalls[method].doc));
    rows.set(owner, lines);
  }
  const classes = [...rows].map(([owner, lines]) => {
    const more = pythonMembers[owner]?.({ prefix, comes }) ?? [];
    return `class ${prefix}${owner}:\n${[...lines, ...more.map((line) => `    ${line}`)].join('\n')}\n`;
  });
  // `ctx` comes last: it names the others.
  return classes.sort((a, b) => Number(a.includes('PluginContext:\n')) - Number(b.includes('PluginContext:\n')));
}

function callLines(name: string, [parameters, result]: Signature, doc: string): string[] {
  const said = doc.replaceAll('\\', '').replaceAll('"""', "'''");
  return [`    def ${name}(self, ${parameters}) -> ${result}:`, `        """${said}"""`];
}

/** The class of a namespace. */
export function className(namespace: string): string {
  return namespace.charAt(0).toUpperCase() + namespace.slice(1);
}
