import type { handlerKinds } from './emissions.js';
import {
  defineProperty,
  freeze,
  isArray,
  keys,
  quote,
  record,
  SafeDate,
  SafeError,
  SafeTypeError,
  slice,
  toJson,
  upperCase,
} from './primordials.js';

/** A handler of the bundle, by the number that its registration got. */
export interface Handler {
  kind: (typeof handlerKinds)[number];
  name: string;
  run: (...args: unknown[]) => unknown;
}

export interface Registry {
  handlers: Record<PropertyKey, Handler>;
  count: number;
  /** Closed once the entry has run: what a bundle registers may not depend on a request. */
  open: boolean;
  /** While inspecting: told the JSON text of each registration. */
  describe: ((json: string) => void) | undefined;
}

/** Thrown by a handler whose failure must not be retried. */
class NonRetryable extends SafeError {
  #brand = true;
  constructor(message?: unknown, options?: ErrorOptions) {
    super(message === undefined ? 'not retryable' : (message as string), options);
    defineProperty(this, 'name', { value: 'NonRetryable', configurable: true, writable: true });
  }
  static holds(value: object): boolean {
    return #brand in value;
  }
}

/**
 * Thrown by a handler that asks for its next attempt after a delay: milliseconds, or a Date. Both orders of arguments
 * are understood.
 */
class RetryAfter extends SafeError {
  #delayMs: number;
  constructor(first: unknown, second?: unknown) {
    const isText = typeof first === 'string';
    const delay = isText ? second : first;
    const message = isText ? first : second;
    super(typeof message === 'string' ? message : 'asked to be tried again later');
    const ms = delay instanceof SafeDate ? +delay - SafeDate.now() : +(delay as number);
    this.#delayMs = ms >= 0 ? ms : 0;
    defineProperty(this, 'name', { value: 'RetryAfter', configurable: true, writable: true });
  }
  static delayOf(value: object): number | undefined {
    return #delayMs in value ? value.#delayMs : undefined;
  }
}

export const isNonRetryable = NonRetryable.holds;
export const retryDelayOf = RetryAfter.delayOf;

function requireText(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw new SafeTypeError(`${what} must be a non-empty string`);
  return value;
}

function requireHandler(value: unknown, what: string): Handler['run'] {
  if (typeof value !== 'function') throw new SafeTypeError(`${what}: the handler must be a function`);
  return value as Handler['run'];
}

/** A JSON list of strings; one string stands for a list of one. */
function textList(value: unknown, what: string, change: (text: string) => string): string {
  if (typeof value === 'string') return `[${quote(change(value))}]`;
  if (!isArray(value)) throw new SafeTypeError(`${what} must be a list of strings`);
  let list = '';
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (typeof item !== 'string') throw new SafeTypeError(`${what} must be a list of strings`);
    list += `${index === 0 ? '' : ','}${quote(change(item))}`;
  }
  return `[${list}]`;
}

function optionsAndHandler(what: string, second: unknown, third: unknown): [Record<string, unknown>, Handler['run']] {
  if (typeof second === 'function' || third === undefined) return [record(), requireHandler(second, what)];
  if (typeof second !== 'object' && second !== undefined) throw new SafeTypeError(`${what}: options must be an object`);
  return [(second ?? record()) as Record<string, unknown>, requireHandler(third, what)];
}

/** Notes a handler; `details`: members of the JSON that describes it, while the package is looked at. */
function register(registry: Registry, { kind, name, run }: Handler, details: string): void {
  if (!registry.open) throw new SafeError(`${kind} ${quote(name)}: register handlers while the entry runs, not later`);
  registry.handlers[registry.count] = { kind, name, run };
  registry.count += 1;
  registry.describe?.(`{"kind":${quote(kind)},${details}}`);
}

/**
 * Refuses an option that nothing reads (`method` for `methods`), while the package is looked at: a release that was
 * taken once goes on running as it is.
 */
function requireKnown(registry: Registry, what: string, options: Record<string, unknown>, known: string[]): void {
  if (registry.describe === undefined) return;
  const given = keys(options);
  for (let index = 0; index < given.length; index += 1) {
    const name = given[index] as string;
    let isKnown = false;
    for (let at = 0; at < known.length; at += 1) isKnown ||= known[at] === name;
    if (isKnown) continue;
    const shown = quote(slice(name, 0, 64));
    if (known.length === 0)
      throw new SafeTypeError(
        `${what} takes no options, but was given ${shown}; what it needs is declared in the manifest`,
      );
    let list = '';
    for (let at = 0; at < known.length; at += 1) list += `${at === 0 ? '' : ', '}${known[at]}`;
    throw new SafeTypeError(`${what} has no option ${shown}; there are: ${list}`);
  }
}

function registerRoute(registry: Registry, path: unknown, second: unknown, third: unknown): void {
  const name = requireText(path, 'route: path');
  const what = `route ${name}`;
  const [options, run] = optionsAndHandler(what, second, third);
  requireKnown(registry, what, options, ['methods', 'auth', 'roles', 'cors']);
  const { methods, auth, roles, cors } = options;
  const methodsJson = textList(methods ?? 'GET', `${what}: methods`, upperCase);
  const rolesJson = roles === undefined || roles === null ? 'null' : textList(roles, `${what}: roles`, (role) => role);
  register(
    registry,
    { kind: 'route', name, run },
    `"path":${quote(name)},"methods":${methodsJson}` +
      `,"auth":${auth === undefined ? '"member"' : (toJson(auth) ?? '"member"')}` +
      `,"roles":${rolesJson}` +
      (cors === undefined ? '' : `,"cors":${toJson(cors) ?? 'null'}`),
  );
}

function registerFilter(registry: Registry, filtered: unknown, second: unknown, third: unknown): void {
  const name = requireText(filtered, 'filter: name');
  const what = `filter ${name}`;
  const [options, run] = optionsAndHandler(what, second, third);
  requireKnown(registry, what, options, ['priority', 'timeout_ms', 'timeoutMs', 'on_error', 'onError']);
  const priority = options.priority ?? 0;
  const timeoutMs = options.timeout_ms ?? options.timeoutMs ?? 1000;
  const onError = options.on_error ?? options.onError ?? 'pass';
  if (typeof priority !== 'number' || !(priority - priority === 0))
    throw new SafeTypeError(`${what}: priority must be a number`);
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= 1000)) {
    throw new SafeTypeError(`${what}: timeout_ms must be more than 0 and at most 1000`);
  }
  if (onError !== 'pass' && onError !== 'fail') throw new SafeTypeError(`${what}: on_error must be 'pass' or 'fail'`);
  register(
    registry,
    { kind: 'filter', name, run },
    `"name":${quote(name)},"priority":${priority},"timeoutMs":${timeoutMs},"onError":${quote(onError)}`,
  );
}

const sourceCalls = ['initialize', 'poll', 'receive', 'stop'] as const;

/** What a source's handler is told to do; without it, it receives a request. */
interface SourceCall {
  call: (typeof sourceCalls)[number];
  cursor: unknown;
  /** Calls `initialize` before. */
  initialize?: boolean;
}

function registerSource(registry: Registry, first: unknown, second: unknown): void {
  const name = requireText(first, 'source: name');
  const what = `source ${name}`;
  if (typeof second !== 'object' || second === null)
    throw new SafeTypeError(`${what}: its handlers must be an object, such as { poll(ctx, cursor) { … } }`);
  const given = second as Record<string, unknown>;
  requireKnown(registry, what, given, ['initialize', 'poll', 'receive', 'stop']);
  const handlers = record<Handler['run']>();
  let calls = '';
  for (let index = 0; index < sourceCalls.length; index += 1) {
    const call = sourceCalls[index] as SourceCall['call'];
    const handler = given[call];
    if (handler === undefined) continue;
    handlers[call] = requireHandler(handler, `${what}: ${call}`);
    calls += `${calls === '' ? '' : ','}${quote(call)}`;
  }
  const run = async (ctx: unknown, given?: unknown): Promise<unknown> => {
    const { call, cursor, initialize } = (given ?? { call: 'receive' }) as SourceCall;
    if (initialize) await handlers.initialize?.(ctx);
    return handlers[call]?.(ctx, cursor);
  };
  register(registry, { kind: 'source', name, run }, `"name":${quote(name)},"calls":[${calls}]`);
}

/** A job in Python, whose decorator may say its `schedule`. */
export function registerPythonJob(registry: Registry, name: string, schedule: unknown, run: Handler['run']): void {
  if (schedule !== undefined && typeof schedule !== 'string')
    throw new SafeTypeError(`job ${quote(name)}: its schedule must be a text, as in plugin.json`);
  const scheduleJson = schedule === undefined ? '' : `,"schedule":${quote(schedule)}`;
  register(registry, { kind: 'job', name, run }, `"name":${quote(name)}${scheduleJson}`);
}

/** `@annex/sdk` as plugin code sees it inside the isolate. */
export function makeSdk(registry: Registry): object {
  const lifecycle = (name: string) => (handler: unknown) =>
    register(registry, { kind: 'lifecycle', name, run: requireHandler(handler, name) }, `"name":${quote(name)}`);
  return freeze({
    route(path: unknown, second: unknown, third?: unknown): void {
      registerRoute(registry, path, second, third);
    },
    hook(event: unknown, second: unknown, third?: unknown): void {
      const name = requireText(event, 'hook: event name');
      const [options, run] = optionsAndHandler(`hook ${name}`, second, third);
      requireKnown(registry, `hook ${name}`, options, ['where']);
      const { where } = options;
      const whereJson = where === undefined || where === null ? '' : `,"where":${toJson(where) ?? 'null'}`;
      register(registry, { kind: 'event', name, run }, `"name":${quote(name)}${whereJson}`);
    },
    job(job: unknown, second: unknown, third?: unknown): void {
      const name = requireText(job, 'job: name');
      const [options, run] = optionsAndHandler(`job ${name}`, second, third);
      requireKnown(registry, `job ${name}`, options, []);
      register(registry, { kind: 'job', name, run }, `"name":${quote(name)}`);
    },
    filter(name: unknown, second: unknown, third?: unknown): void {
      registerFilter(registry, name, second, third);
    },
    source(name: unknown, handlers: unknown): void {
      registerSource(registry, name, handlers);
    },
    health(first: unknown, second?: unknown): void {
      const isNamed = typeof first === 'string';
      const name = isNamed ? first : 'health';
      const run = requireHandler(isNamed ? second : first, 'health');
      register(registry, { kind: 'health', name, run }, `"name":${quote(slice(name, 0, 64))}`);
    },
    onInit: lifecycle('init'),
    onInstall: lifecycle('install'),
    onConfigChange: lifecycle('config_change'),
    onReload: lifecycle('reload'),
    onShutdown: lifecycle('shutdown'),
    onUninstall: lifecycle('uninstall'),
    NonRetryable,
    RetryAfter,
  });
}
