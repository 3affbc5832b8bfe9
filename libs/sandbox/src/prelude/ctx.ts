import { answerFromJson, argsToJson } from './bytes-json.js';
import { levelNumber, type RunState } from './run-state.js';
import { makeHttp } from './http.js';
import { create, defineProperty, freeze, isArray, parseJson, record, SafeDate, SafeString, SafeTypeError, slice, toJson, indexOf } from './primordials.js';
import type { Request } from './web/request.js';
import type { WebInternals } from './web/install.js';

/** Texts that `ctx` is made of; each is parsed when the handler first looks at it. */
export interface CtxTexts {
  /** `{tenant, plugin, permissions, config, secrets}`: the same for every run of a release until someone changes a setting. */
  fixed: string;
  /** `{user, run: {id, kind, name, attempt, deadlineMs}}`. */
  run: string;
  /** `{method, url, headers, params, query}`, or `''` when this is no route. */
  request: string;
  body: string;
  /** `''` for no body. */
  bodyEncoding: string;
}

interface Fixed {
  tenant: { id: string; slug: string; name: string };
  plugin: object;
  permissions: string[];
  config: unknown;
  secrets: string[];
}

interface RequestParts {
  method: string;
  url: string;
  headers: [string, string][];
  params: object;
  query: object;
}

interface RunParts {
  user: unknown;
  run: { id: string; kind: string; name: string; attempt: number; deadlineMs: number };
}

/** A namespace of host calls: a leaf is the call's full name. */
export type CallTree = { [name: string]: CallTree | string };

const ownNamespaces = ['secrets', 'http', 'log', 'request', 'params', 'query', 'config', 'tenant', 'tenantId', 'user', 'plugin', 'run', 'permissions'];

/** Arranges host-call names: `kv.get` becomes `ctx.kv.get`, `emit` becomes `ctx.emit`. Names the prelude answers itself are left out. */
export function callTree(names: string[]): CallTree {
  const root = create(null) as CallTree;
  for (const name of names) {
    const parts = name.split('.');
    if (ownNamespaces.includes(parts[0] ?? '')) continue;
    let node = root;
    parts.forEach((part, index) => {
      if (index === parts.length - 1) node[part] = name;
      else node = (node[part] ??= create(null) as CallTree) as CallTree;
    });
  }
  return root;
}

/** The `ctx` of one run. It works while the run does: afterwards every call rejects. */
export function makeCtx(run: RunState, texts: CtxTexts, tree: CallTree, web: WebInternals): object {
  const made = record<unknown>();
  function once<T>(name: string, make: () => T): T {
    const known = made[name];
    if (known !== undefined) return known as T;
    const value = make();
    made[name] = value;
    return value;
  }
  const fixed = (): Fixed => once('fixed', () => parseJson(texts.fixed) as Fixed);
  const runParts = (): RunParts => once('runParts', () => parseJson(texts.run) as RunParts);
  const requestParts = (): RequestParts | undefined =>
    texts.request === '' ? undefined : once('requestParts', () => parseJson(texts.request) as RequestParts);

  const ctx = {
    get tenantId() {
      return fixed().tenant.slug;
    },
    get tenant() {
      return fixed().tenant;
    },
    get user() {
      return runParts().user;
    },
    get plugin() {
      return fixed().plugin;
    },
    get run() {
      return once('run', () => makeRunInfo(run, runParts().run, web));
    },
    get permissions() {
      return once('permissions', () => {
        const list = fixed().permissions;
        return freeze({ has: (name: unknown) => holds(list, name), list: () => parseJson(toJson(list) ?? '[]') });
      });
    },
    get config() {
      return fixed().config;
    },
    get request() {
      const parts = requestParts();
      return parts === undefined ? undefined : once('request', () => makeRequest(parts, texts, web));
    },
    get params() {
      return requestParts()?.params ?? once('params', () => ({}));
    },
    get query() {
      return requestParts()?.query ?? once('query', () => ({}));
    },
    get secrets() {
      return once('secrets', () => makeSecrets(run, fixed().secrets));
    },
    get http() {
      return once('http', () => makeHttp(run));
    },
    get log() {
      return once('log', () => makeLog(run));
    },
  };
  for (const name in tree) {
    defineProperty(ctx, name, { enumerable: true, configurable: false, get: () => once(`call ${name}`, () => makeCalls(run, tree[name])) });
  }
  return freeze(ctx);
}

function makeCalls(run: RunState, node: CallTree | string | undefined): unknown {
  if (typeof node === 'string') {
    return async (...args: unknown[]) => answerFromJson(await run.hostCall(node, argsToJson(args)));
  }
  const namespace = {};
  for (const name in node) {
    defineProperty(namespace, name, { value: makeCalls(run, node[name]), enumerable: true, configurable: false, writable: false });
  }
  return freeze(namespace);
}

function makeRunInfo(run: RunState, info: RunParts['run'], web: WebInternals): object {
  let controller: ReturnType<WebInternals['createAbortController']> | undefined;
  return freeze({
    id: info.id,
    kind: info.kind,
    name: info.name,
    attempt: info.attempt,
    deadline: new SafeDate(info.deadlineMs),
    get signal() {
      if (controller === undefined) {
        const fresh = web.createAbortController();
        controller = fresh;
        run.abort = () => fresh.abort();
        if (run.aborted) fresh.abort();
      }
      return controller.signal;
    },
  });
}

function makeRequest({ method, url, headers }: RequestParts, { body, bodyEncoding }: CtxTexts, web: WebInternals): Request {
  const encoding = bodyEncoding === 'base64' ? 'base64' : 'utf8';
  return web.createRequest({ method, url, headers, body: bodyEncoding === '' ? null : { encoding, data: body } });
}

function makeSecrets(run: RunState, names: string[]): object {
  return freeze({
    async get(name: unknown, fallback?: unknown) {
      const value = parseJson(await run.hostCall('secrets.get', argsToJson([name])));
      return value === null && fallback !== undefined ? fallback : value;
    },
    has: (name: unknown) => holds(names, name),
    ref: (name: unknown) => {
      if (typeof name !== 'string') throw new SafeTypeError('secrets.ref: the name must be a string');
      return `{{secret:${name}}}`;
    },
  });
}

function makeLog(run: RunState): object {
  const at = (name: string) => {
    const level = levelNumber(name);
    return (message: unknown, fields?: unknown): void => {
      const text = typeof message === 'string' ? message : (toJson(message) ?? SafeString(message));
      const json = typeof fields === 'object' && fields !== null && !isArray(fields) ? (toJson(fields) ?? '') : fields === undefined ? '' : `{"value":${toJson(fields) ?? 'null'}}`;
      run.log(level, capped(text, run), indexOf(json, '{') === 0 ? capped(json, run) : '');
    };
  };
  return freeze({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
}

/** No single line may be longer than the whole log; one character more, so that the limit is noticed. */
function capped(text: string, run: RunState): string {
  return text.length > run.ceilings.logBytes ? slice(text, 0, run.ceilings.logBytes + 1) : text;
}

function holds(list: string[], name: unknown): boolean {
  for (let index = 0; index < list.length; index += 1) if (list[index] === name) return true;
  return false;
}
