import { answerFromJson, argsToJson } from './bytes-json.js';
import { failRun } from './run-failure.js';
import { hostError, levelNumber, type RunState } from './run-state.js';
import { makeHttp, makePlugins } from './http.js';
import {
  create,
  defineProperty,
  freeze,
  isArray,
  parseJson,
  record,
  SafeDate,
  SafeTypeError,
  slice,
  toJson,
} from './primordials.js';
import { blobBytes, isBlob } from './web/blob.js';
import { inspect } from './web/inspect.js';
import { fieldsJson } from './web/log-fields.js';
import type { Profile } from './runs.js';
import type { Request } from './web/request.js';
import type { WebInternals } from './web/install.js';

/** Texts that `ctx` is made of; each is parsed when the handler first looks at it. */
export interface CtxTexts {
  /**
   * `fixed`: `{tenant, plugin, permissions, config, refToken}`, the same for every run of a release until someone
   * changes a setting.
   */
  profile: Pick<Profile, 'fixed' | 'tenantSlug'>;
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
  refToken?: string;
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

const ownNamespaces = [
  'secrets',
  'http',
  'plugins',
  'shared',
  'log',
  'request',
  'params',
  'query',
  'config',
  'tenant',
  'tenantId',
  'user',
  'plugin',
  'run',
  'permissions',
  'waitUntil',
];

/**
 * Arranges host-call names: `kv.get` becomes `ctx.kv.get`, `emit` becomes `ctx.emit`. Names the prelude answers itself
 * are left out.
 */
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

/** Everything behind one `ctx`, made when the handler first looks at it. */
class CtxParts {
  fixed: Fixed | undefined = undefined;
  runParts: RunParts | undefined = undefined;
  requestParts: RequestParts | undefined = undefined;
  made: Record<PropertyKey, unknown> | undefined = undefined;

  constructor(
    readonly run: RunState,
    readonly texts: CtxTexts,
    readonly web: WebInternals,
  ) {}

  getFixed(): Fixed {
    return (this.fixed ??= parseJson(this.texts.profile.fixed) as Fixed);
  }

  getRunParts(): RunParts {
    return (this.runParts ??= parseJson(this.texts.run) as RunParts);
  }

  getRequestParts(): RequestParts | undefined {
    if (this.texts.request === '') return undefined;
    return (this.requestParts ??= parseJson(this.texts.request) as RequestParts);
  }

  once<T>(name: string, make: () => T): T {
    const made = (this.made ??= record<unknown>());
    const known = made[name];
    if (known !== undefined) return known as T;
    const value = make();
    made[name] = value;
    return value;
  }
}

/** What a handler is given. */
class Ctx {
  readonly #parts: CtxParts;

  constructor(parts: CtxParts) {
    this.#parts = parts;
  }

  static partsOf(ctx: Ctx): CtxParts {
    return ctx.#parts;
  }

  get tenantId(): string {
    const parts = this.#parts;
    const { profile } = parts.texts;
    // What a handler was shown it may have changed: then it sees what it made of it.
    if (parts.fixed !== undefined) return parts.fixed.tenant.slug;
    return (profile.tenantSlug ??= parts.getFixed().tenant.slug);
  }

  get tenant(): object {
    return this.#parts.getFixed().tenant;
  }

  get user(): unknown {
    return this.#parts.getRunParts().user;
  }

  get plugin(): object {
    return this.#parts.getFixed().plugin;
  }

  get run(): object {
    const parts = this.#parts;
    return parts.once('run', () => makeRunInfo(parts.run, parts.getRunParts().run, parts.web));
  }

  get permissions(): object {
    const parts = this.#parts;
    return parts.once('permissions', () => {
      const list = parts.getFixed().permissions;
      return freeze({ has: (name: unknown) => holds(list, name), list: () => parseJson(toJson(list) ?? '[]') });
    });
  }

  get config(): unknown {
    return this.#parts.getFixed().config;
  }

  get request(): Request | undefined {
    const parts = this.#parts;
    const request = parts.getRequestParts();
    return request === undefined
      ? undefined
      : parts.once('request', () => makeRequest(request, parts.texts, parts.web));
  }

  get params(): object {
    return this.#parts.getRequestParts()?.params ?? this.#parts.once('params', () => ({}));
  }

  get query(): object {
    return this.#parts.getRequestParts()?.query ?? this.#parts.once('query', () => ({}));
  }

  get secrets(): object {
    const parts = this.#parts;
    return parts.once('secrets', () => makeSecrets(parts.run, parts.getFixed()));
  }

  get http(): object {
    const parts = this.#parts;
    return parts.once('http', () => makeHttp(parts.run));
  }

  get plugins(): object {
    const parts = this.#parts;
    return parts.once('plugins', () => makePlugins(parts.run));
  }

  get shared(): (name: unknown) => object {
    const parts = this.#parts;
    return parts.once('shared', () => makeShared(parts.run));
  }

  get log(): object {
    const parts = this.#parts;
    return parts.once('log', () => makeLog(parts.run));
  }

  get waitUntil(): (promise: unknown) => void {
    const parts = this.#parts;
    return parts.once('waitUntil', () => makeWaitUntil(parts.run));
  }
}

/**
 * Prepares `ctx` objects for one realm. They are small: accessors stand on one frozen prototype, and each part is made
 * when it is first read. A `ctx` works while its run does; afterwards every call rejects. Call once.
 */
export function prepareCtx(tree: CallTree, web: WebInternals): (run: RunState, texts: CtxTexts) => object {
  const { partsOf } = Ctx;
  for (const name in tree) {
    const get = function (this: Ctx): unknown {
      const parts = partsOf(this);
      return parts.once(`call ${name}`, () => makeCalls(parts.run, tree[name]));
    };
    defineProperty(Ctx.prototype, name, { enumerable: true, configurable: false, get });
  }
  defineProperty(Ctx.prototype, 'constructor', { value: Object });
  freeze(Ctx.prototype);
  return (run, texts) => new Ctx(new CtxParts(run, texts, web));
}

function makeCalls(run: RunState, node: CallTree | string | undefined): unknown {
  if (typeof node === 'string') {
    return async (...args: unknown[]) => {
      // A Blob is bytes too, of those calls that take some.
      for (let index = 0; index < args.length; index += 1) {
        const arg = args[index];
        if (isBlob(arg)) args[index] = blobBytes(arg);
      }
      return answerFromJson(await run.hostCall(node, argsToJson(node, args)));
    };
  }
  const namespace = {};
  for (const name in node) {
    defineProperty(namespace, name, {
      value: makeCalls(run, node[name]),
      enumerable: true,
      configurable: false,
      writable: false,
    });
  }
  return freeze(namespace);
}

const sharedCalls = ['get', 'set', 'delete', 'list', 'incr'];

/** `ctx.shared(name)`: calls whose first argument is the name of the state. */
function makeShared(run: RunState): (name: unknown) => object {
  return (name) => {
    const state = {};
    for (let index = 0; index < sharedCalls.length; index += 1) {
      const call = sharedCalls[index] ?? '';
      const value = async (...args: unknown[]) => {
        const all: unknown[] = [name];
        for (let at = 0; at < args.length; at += 1) all[at + 1] = args[at];
        return answerFromJson(await run.hostCall(`shared.${call}`, argsToJson(`shared.${call}`, all)));
      };
      defineProperty(state, call, { value, enumerable: true, configurable: false, writable: false });
    }
    return freeze(state);
  };
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

function makeRequest(
  { method, url, headers }: RequestParts,
  { body, bodyEncoding }: CtxTexts,
  web: WebInternals,
): Request {
  const encoding = bodyEncoding === 'base64' ? 'base64' : 'utf8';
  return web.createRequest({ method, url, headers, body: bodyEncoding === '' ? null : { encoding, data: body } });
}

function makeWaitUntil(run: RunState): (promise: unknown) => void {
  return (promise) => {
    if (!run.alive) throw hostError('RUN_ENDED', 'waitUntil: the run that owns this ctx has ended');
    run.hold();
    void waitFor(run, promise);
  };
}

/** Holds the run until the promise settles; its rejection is the run's failure. */
async function waitFor(run: RunState, promise: unknown): Promise<void> {
  try {
    await promise;
  } catch (thrown) {
    failRun(run, thrown);
  }
  run.endHold();
}

function makeSecrets(run: RunState, { refToken }: Fixed): object {
  return freeze({
    async get(name: unknown, fallback?: unknown) {
      const value = parseJson(await run.hostCall('secrets.get', argsToJson('secrets.get', [name])));
      return value === null && fallback !== undefined ? fallback : value;
    },
    has: async (name: unknown) => parseJson(await run.hostCall('secrets.has', argsToJson('secrets.has', [name]))),
    ref: (name: unknown) => {
      if (typeof name !== 'string') throw new SafeTypeError('secrets.ref: the name must be a string');
      return refToken === undefined ? `{{secret:${name}}}` : `{{secret:${name}:${refToken}}}`;
    },
  });
}

function makeLog(run: RunState): object {
  const at = (name: string) => {
    const level = levelNumber(name);
    return (message: unknown, fields?: unknown): void => {
      let text = typeof message === 'string' ? message : inspect(message);
      let json = '';
      if (fields !== undefined) {
        const { logBytes } = run.ceilings;
        json = fieldsJson(
          typeof fields === 'object' && fields !== null && !isArray(fields) ? fields : { value: fields },
          logBytes,
          logBytes,
        );
        // Longer than a whole log: nothing is cut in silence, the limit is what the plugin hears of.
        if (json === '') text = `${capped(text, run)} ${longJson(fields, logBytes) ?? inspect(fields)}`;
      }
      run.log(level, capped(text, run), json);
    };
  };
  return freeze({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
}

/** The fields as JSON if that is longer than `length`; `undefined` if it is not, or there is none. */
function longJson(fields: unknown, length: number): string | undefined {
  try {
    const json = toJson(fields);
    return json !== undefined && json.length > length ? json : undefined;
  } catch {
    return undefined;
  }
}

/** No single line may be longer than the whole log; one character more, so that the limit is noticed. */
function capped(text: string, run: RunState): string {
  return text.length > run.ceilings.logBytes ? slice(text, 0, run.ceilings.logBytes + 1) : text;
}

function holds(list: string[], name: unknown): boolean {
  for (let index = 0; index < list.length; index += 1) if (list[index] === name) return true;
  return false;
}
