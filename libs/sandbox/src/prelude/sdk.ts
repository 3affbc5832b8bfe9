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

/** `@annex/sdk` as plugin code sees it inside the isolate. */
export function makeSdk(registry: Registry): object {
  /**
   * Refuses an option that nothing reads (`method` for `methods`), while the package is looked at: a release that was
   * taken once goes on running as it is.
   */
  function requireKnown(what: string, options: Record<string, unknown>, known: string[]): void {
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
  function register(kind: Handler['kind'], name: string, run: Handler['run'], details: string): void {
    if (!registry.open)
      throw new SafeError(`${kind} ${quote(name)}: register handlers while the entry runs, not later`);
    registry.handlers[registry.count] = { kind, name, run };
    registry.count += 1;
    registry.describe?.(`{"kind":${quote(kind)},${details}}`);
  }
  function lifecycle(name: string) {
    return (handler: unknown): void =>
      register('lifecycle', name, requireHandler(handler, name), `"name":${quote(name)}`);
  }
  return freeze({
    route(path: unknown, second: unknown, third?: unknown): void {
      const text = requireText(path, 'route: path');
      const [options, handler] = optionsAndHandler(`route ${text}`, second, third);
      requireKnown(`route ${text}`, options, ['methods', 'auth', 'roles', 'cors']);
      const { methods, auth, roles, cors } = options;
      register(
        'route',
        text,
        handler,
        `"path":${quote(text)},"methods":${textList(methods ?? 'GET', `route ${text}: methods`, upperCase)}` +
          `,"auth":${auth === undefined ? '"member"' : (toJson(auth) ?? '"member"')}` +
          `,"roles":${roles === undefined || roles === null ? 'null' : textList(roles, `route ${text}: roles`, (role) => role)}` +
          (cors === undefined ? '' : `,"cors":${toJson(cors) ?? 'null'}`),
      );
    },
    hook(name: unknown, handler: unknown): void {
      const text = requireText(name, 'hook: event name');
      register('event', text, requireHandler(handler, `hook ${text}`), `"name":${quote(text)}`);
    },
    job(name: unknown, second: unknown, third?: unknown): void {
      const text = requireText(name, 'job: name');
      const [options, handler] = optionsAndHandler(`job ${text}`, second, third);
      requireKnown(`job ${text}`, options, []);
      register('job', text, handler, `"name":${quote(text)}`);
    },
    filter(name: unknown, second: unknown, third?: unknown): void {
      const text = requireText(name, 'filter: name');
      const [options, handler] = optionsAndHandler(`filter ${text}`, second, third);
      requireKnown(`filter ${text}`, options, ['priority', 'timeout_ms', 'timeoutMs', 'on_error', 'onError']);
      const priority = options.priority ?? 0;
      const timeoutMs = options.timeout_ms ?? options.timeoutMs ?? 1000;
      const onError = options.on_error ?? options.onError ?? 'pass';
      if (typeof priority !== 'number' || !(priority - priority === 0))
        throw new SafeTypeError(`filter ${text}: priority must be a number`);
      if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= 1000)) {
        throw new SafeTypeError(`filter ${text}: timeout_ms must be more than 0 and at most 1000`);
      }
      if (onError !== 'pass' && onError !== 'fail')
        throw new SafeTypeError(`filter ${text}: on_error must be 'pass' or 'fail'`);
      register(
        'filter',
        text,
        handler,
        `"name":${quote(text)},"priority":${priority},"timeoutMs":${timeoutMs},"onError":${quote(onError)}`,
      );
    },
    health(first: unknown, second?: unknown): void {
      const name = typeof first === 'string' ? first : 'health';
      register(
        'health',
        name,
        requireHandler(typeof first === 'string' ? second : first, 'health'),
        `"name":${quote(slice(name, 0, 64))}`,
      );
    },
    onInstall: lifecycle('install'),
    onConfigChange: lifecycle('config_change'),
    onReload: lifecycle('reload'),
    onShutdown: lifecycle('shutdown'),
    NonRetryable,
    RetryAfter,
  });
}
