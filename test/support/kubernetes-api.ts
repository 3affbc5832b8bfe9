/**
 * An API server of Kubernetes as far as lists and watches go: versions, pages, bookmarks, selectors, and a past that is
 * forgotten (410). There is none in Debian that could be started here; its kubectl understands this one
 * (`kubernetes-api.spec.ts`).
 */
import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    creationTimestamp?: string;
  };
  [member: string]: unknown;
}

export interface KubernetesApi {
  url: string;
  /** Creates or changes an object of a kind such as `v1/pods`; answers it as it is kept. */
  put(resource: string, object: KubernetesObject): KubernetesObject;
  delete(resource: string, name: string, namespace?: string): void;
  /** Forgets every version up to now: whoever goes on from one of them is answered 410. */
  forget(): void;
  /** Ends every connection, as what stands between does. */
  cut(): void;
  /** Ends every watch in good order, as at its time limit. */
  endWatches(): void;
  /** Tells every watch where it is. */
  bookmark(): void;
  /** Answers of this status to everything, until it is set to `undefined`. */
  refuse(status: number | undefined): void;
  /** Requests since it began, `GET <path>`. */
  asked: string[];
  close(): Promise<void>;
}

export interface KubernetesApiOptions {
  /** Who asks must bring it. */
  token?: string;
  tls?: { cert: string; key: string };
  /** How far its clock is ahead of ours, in milliseconds. Default 0. */
  aheadMs?: number;
}

interface Kind {
  group: string;
  version: string;
  plural: string;
  kind: string;
  /** What people type. */
  short: string;
}

const kinds: readonly Kind[] = [
  { group: '', version: 'v1', plural: 'pods', kind: 'Pod', short: 'po' },
  { group: '', version: 'v1', plural: 'events', kind: 'Event', short: 'ev' },
  { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', short: 'cm' },
  { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', short: 'deploy' },
];

interface Change {
  version: number;
  resource: string;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubernetesObject;
}

interface Watch {
  answer: ServerResponse;
  resource: string;
  fits: (object: KubernetesObject) => boolean;
  wantsBookmarks: boolean;
}

class Api {
  readonly objects = new Map<string, KubernetesObject>();
  readonly changes: Change[] = [];
  readonly watches = new Set<Watch>();
  readonly asked: string[] = [];
  version = 100;
  oldest = 100;
  status: number | undefined;

  constructor(private readonly token: string | undefined) {}

  change(type: Change['type'], resource: string, object: KubernetesObject): KubernetesObject {
    this.version += 1;
    const kept = structuredClone(object);
    kept.metadata.resourceVersion = String(this.version);
    const change = { version: this.version, resource, type, object: kept };
    this.changes.push(change);
    for (const watch of this.watches) tell(watch, change);
    return kept;
  }

  answer(request: IncomingMessage, answer: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://api');
    this.asked.push(`${request.method} ${url.pathname}`);
    if (this.status !== undefined) return refuse(answer, this.status, 'told to');
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`)
      return refuse(answer, 401, 'Unauthorized');
    if (request.method !== 'GET') return refuse(answer, 405, 'this API server can be read only');
    const found = discovery(url.pathname);
    if (found) return say(answer, found);
    const asked = readPath(url.pathname);
    if (!asked) return refuse(answer, 404, 'the server could not find the requested resource');
    const fits = selector(url.searchParams, asked.namespace);
    if (asked.name !== undefined) {
      const one = this.objects.get(keyOf(asked.resource, asked.name, asked.namespace));
      return one ? say(answer, one) : refuse(answer, 404, `${asked.kind.plural} "${asked.name}" not found`);
    }
    if (url.searchParams.get('watch') === 'true') return this.watch(url.searchParams, { answer, ...asked, fits });
    return this.list(url.searchParams, { answer, ...asked, fits });
  }

  list(
    query: URLSearchParams,
    { answer, resource, kind, fits }: { answer: ServerResponse; resource: string; kind: Kind; fits: Watch['fits'] },
  ): void {
    const token = query.get('continue') ?? '';
    const [at, from] = token === '' ? [this.version, 0] : token.split('/').map(Number);
    if (token !== '' && (at ?? 0) < this.oldest)
      return refuse(answer, 410, 'The provided continue parameter is too old');
    const all = [...this.objects].filter(([key, object]) => key.startsWith(`${resource} `) && fits(object));
    const limit = Number(query.get('limit') ?? 0) || Infinity;
    const items = all.slice(from, (from ?? 0) + limit).map(([, object]) => withoutKind(object));
    const more = (from ?? 0) + items.length < all.length;
    say(answer, {
      kind: `${kind.kind}List`,
      apiVersion: groupVersion(kind),
      metadata: { resourceVersion: String(at), ...(more && { continue: `${at}/${(from ?? 0) + items.length}` }) },
      items,
    });
  }

  watch(query: URLSearchParams, { answer, resource, fits }: Omit<Watch, 'wantsBookmarks'>): void {
    const from = Number(query.get('resourceVersion') ?? 0);
    answer.writeHead(200, { 'content-type': 'application/json' });
    const watch = { answer, resource, fits, wantsBookmarks: query.get('allowWatchBookmarks') === 'true' };
    if (from > 0 && from < this.oldest) {
      const status = { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 };
      answer.end(
        `${JSON.stringify({ type: 'ERROR', object: { ...status, message: `too old resource version: ${from}` } })}\n`,
      );
      return;
    }
    for (const change of this.changes) if (change.version > from) tell(watch, change);
    answer.flushHeaders();
    this.watches.add(watch);
    answer.once('close', () => this.watches.delete(watch));
  }
}

/** Starts one on a free port of the loopback address. */
export async function startKubernetesApi({
  token,
  tls,
  aheadMs = 0,
}: KubernetesApiOptions = {}): Promise<KubernetesApi> {
  const api = new Api(token);
  const handle = (request: IncomingMessage, answer: ServerResponse): void => {
    answer.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
    api.answer(request, answer);
  };
  const server: Server = tls ? (createSecure(tls, handle) as unknown as Server) : createPlain(handle);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    asked: api.asked,
    put: (resource, object) => put(api, resource, object),
    delete(resource, name, namespace = 'default') {
      const key = keyOf(resource, name, namespace);
      const object = api.objects.get(key);
      if (!object) throw new Error(`there is no ${key}`);
      api.objects.delete(key);
      api.change('DELETED', resource, object);
    },
    forget() {
      // A version of its own, so that the latest one is too old as well.
      api.version += 1;
      api.oldest = api.version;
      api.changes.length = 0;
    },
    cut,
    endWatches() {
      for (const { answer } of api.watches) answer.end();
    },
    bookmark() {
      for (const { answer, wantsBookmarks } of api.watches)
        if (wantsBookmarks)
          answer.write(
            `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(api.version) } } })}\n`,
          );
    },
    refuse: (status) => void (api.status = status),
    async close() {
      const closed = new Promise((done) => server.close(done));
      cut();
      await closed;
    },
  };
}

function put(api: Api, resource: string, object: KubernetesObject): KubernetesObject {
  const kind = kinds.find((each) => resourceOf(each) === resource);
  if (!kind) throw new Error(`no kind ${resource}`);
  const namespace = object.metadata.namespace ?? 'default';
  const key = keyOf(resource, object.metadata.name, namespace);
  const before = api.objects.get(key);
  const whole: KubernetesObject = {
    ...object,
    apiVersion: groupVersion(kind),
    kind: kind.kind,
    metadata: {
      ...object.metadata,
      namespace,
      uid: before?.metadata.uid ?? object.metadata.uid ?? `uid-${object.metadata.name}-${api.version}`,
      creationTimestamp:
        before?.metadata.creationTimestamp ?? object.metadata.creationTimestamp ?? new Date().toISOString(),
    },
  };
  const kept = api.change(before ? 'MODIFIED' : 'ADDED', resource, whole);
  api.objects.set(key, kept);
  return kept;
}

function tell({ answer, resource, fits }: Watch, { type, object, resource: changed }: Change): void {
  if (changed === resource && fits(object)) answer.write(`${JSON.stringify({ type, object })}\n`);
}

function resourceOf({ group, version, plural }: Kind): string {
  return group === '' ? `${version}/${plural}` : `${group}/${version}/${plural}`;
}

function groupVersion({ group, version }: Kind): string {
  return group === '' ? version : `${group}/${version}`;
}

function keyOf(resource: string, name: string, namespace = 'default'): string {
  return `${resource} ${namespace}/${name}`;
}

/** A list says once of what its objects are. */
function withoutKind({ kind: _, apiVersion: __, ...object }: KubernetesObject): object {
  return object;
}

function readPath(path: string): { resource: string; kind: Kind; namespace?: string; name?: string } | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const root = parts.shift();
  const group = root === 'api' ? '' : root === 'apis' ? parts.shift() : undefined;
  const version = parts.shift();
  const namespace = parts[0] === 'namespaces' ? parts.splice(0, 2)[1] : undefined;
  const [plural, name, below] = parts;
  // Such as a pod's log.
  if (below !== undefined) return undefined;
  const kind = kinds.find((each) => each.group === group && each.version === version && each.plural === plural);
  return kind && { resource: resourceOf(kind), kind, ...(namespace && { namespace }), ...(name && { name }) };
}

function selector(query: URLSearchParams, namespace: string | undefined): Watch['fits'] {
  // A comma inside of a set separates no terms.
  const terms = (key: string): Term[] =>
    (query.get(key) ?? '')
      .split(/,(?![^(]*\))/)
      .filter((term) => term.trim() !== '')
      .map(readTerm);
  const [labels, fields] = [terms('labelSelector'), terms('fieldSelector')];
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    labels.every(({ key, holds }) => holds(object.metadata.labels?.[key])) &&
    fields.every(({ key, holds }) => {
      const found = key
        .split('.')
        .reduce<unknown>((at, member) => (at as Record<string, unknown> | undefined)?.[member], object);
      return holds(typeof found === 'string' ? found : '');
    });
}

interface Term {
  key: string;
  holds: (value: string | undefined) => boolean;
}

function readTerm(text: string): Term {
  const [, key = '', not, set] = /^\s*([^\s!=]+)\s+(not)?\s*in\s*\(([^)]*)\)\s*$/.exec(text) ?? [];
  if (set !== undefined) {
    const values = set.split(',').map((value) => value.trim());
    return { key, holds: (value) => (value !== undefined && values.includes(value)) !== (not !== undefined) };
  }
  const [, compared = '', sign = '', wanted = ''] = /^([^!=]+)(!=|==?)(.*)$/.exec(text) ?? [];
  if (sign !== '') return { key: compared.trim(), holds: (value) => (value === wanted.trim()) === (sign !== '!=') };
  const isAbsent = text.trim().startsWith('!');
  return { key: text.trim().replace(/^!/, ''), holds: (value) => (value === undefined) === isAbsent };
}

function discovery(path: string): object | undefined {
  const resources = (group: string): object[] =>
    kinds
      .filter((each) => each.group === group)
      .map(({ plural, kind, short }) => ({
        name: plural,
        shortNames: [short],
        singularName: kind.toLowerCase(),
        namespaced: true,
        kind,
        verbs: ['get', 'list', 'watch'],
      }));
  switch (path.replace(/\/$/, '')) {
    case '/version':
      return { major: '1', minor: '31', gitVersion: 'v1.31.0' };
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'] };
    case '/apis': {
      const version = { groupVersion: 'apps/v1', version: 'v1' };
      return {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: [{ name: 'apps', versions: [version], preferredVersion: version }],
      };
    }
    case '/api/v1':
      return { kind: 'APIResourceList', groupVersion: 'v1', resources: resources('') };
    case '/apis/apps/v1':
      return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'apps/v1', resources: resources('apps') };
    default:
      return undefined;
  }
}

function say(answer: ServerResponse, body: object): void {
  answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  410: 'Expired',
};

function refuse(answer: ServerResponse, code: number, message: string): void {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: reasons[code], code, message };
  answer.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
