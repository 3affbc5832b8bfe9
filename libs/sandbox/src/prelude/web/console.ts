import { sandboxLimits } from '@annex/limits/sandbox';
import type { PreludeHost } from '../host.js';
import { inspect } from './inspect.js';
import { fieldsJson, isPlainObject } from './log-fields.js';
import {
  ArrayIsArray,
  apply,
  DateNow,
  MapCtor,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  MapPrototypeSize,
  MathFloor,
  NumberPrototypeToString,
  StringPrototypeCharCodeAt,
  StringPrototypeRepeat,
  StringPrototypeSlice,
  SymbolPrototypeToString,
  BigIntPrototypeToString,
  SymbolToStringTag,
} from './primordials.js';

type Level = Parameters<PreludeHost['log']>[0];

const { logMessageChars, logFieldsChars } = sandboxLimits;

const MAX_LABELS = 1000;

let log: PreludeHost['log'] = () => undefined;

/** Joins the console to the host. */
export function connectConsole(host: PreludeHost): void {
  log = host.log;
}

/** Logs an error nobody caught; never throws. */
export function reportUncaught(error: unknown, where: string): void {
  write('error', `${where}: ${inspect(error)}`, '');
}

function cut(message: string): string {
  return message.length > logMessageChars
    ? `${StringPrototypeSlice(message, 0, logMessageChars)}… (${message.length - logMessageChars} more characters)`
    : message;
}

let indent = '';

function write(level: Level, message: string, fields: string): void {
  log(level, cut(indent === '' ? message : `${indent}${message}`), fields);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value);
}

/**
 * `console.log(format, ...args)` of Node: `%s %d %i %f %j %o %O %c %%`; answers the text and how many arguments it used
 * up.
 */
function format(pattern: string, args: ArrayLike<unknown>, last: number): { message: string; next: number } {
  let message = '';
  let from = 0;
  let next = 1;
  for (let i = 0; i < pattern.length - 1; i++) {
    if (StringPrototypeCharCodeAt(pattern, i) !== 37) continue;
    const kind = pattern[i + 1] ?? '';
    if (kind === '%') {
      message += StringPrototypeSlice(pattern, from, i + 1);
    } else {
      if (next > last) continue;
      const shown = directive(kind, args[next]);
      if (shown === undefined) continue;
      next++;
      message += StringPrototypeSlice(pattern, from, i) + shown;
    }
    i++;
    from = i + 1;
  }
  return { message: message + StringPrototypeSlice(pattern, from), next };
}

function directive(kind: string, value: unknown): string | undefined {
  switch (kind) {
    case 's':
      if (typeof value === 'bigint') return `${BigIntPrototypeToString(value)}n`;
      return typeof value === 'object' || typeof value === 'function' ? inspect(value, { depth: 0 }) : asText(value);
    case 'd':
      return number(value, (n) => n);
    case 'i':
      return number(value, (n) => (n < 0 ? -MathFloor(-n) : MathFloor(n)));
    case 'f':
      return number(value, (n) => n);
    case 'j':
      return isPlainObject(value) || ArrayIsArray(value) ? fieldsJson(value as object, logFieldsChars) : asText(value);
    case 'o':
    case 'O':
      return inspect(value);
    case 'c':
      return '';
    default:
      return undefined;
  }
}

function number(value: unknown, convert: (n: number) => number): string {
  if (typeof value === 'bigint') return `${BigIntPrototypeToString(value)}n`;
  if (typeof value === 'symbol' || typeof value === 'object' || typeof value === 'function') return 'NaN';
  return NumberPrototypeToString(convert(+(value as string)));
}

function print(level: Level, args: ArrayLike<unknown>): void {
  const count = args.length;
  const first = args[0];
  let message = '';
  let next = 0;
  let fields = '';
  if (typeof first === 'string') {
    const formatted = count > 1 ? format(first, args, count - 1) : { message: first, next: 1 };
    message = formatted.message;
    next = formatted.next;
    const last = args[count - 1];
    let end = count;
    // A message and an object: structured fields, not text.
    if (next < count && isPlainObject(last)) {
      fields = fieldsJson(last, logFieldsChars);
      if (fields !== '') end = count - 1;
    }
    for (; next < end && message.length <= logMessageChars; next++) message += ` ${asText(args[next])}`;
  } else {
    for (; next < count && message.length <= logMessageChars; next++)
      message += `${next === 0 ? '' : ' '}${asText(args[next])}`;
  }
  write(level, message, fields);
}

const counts = new MapCtor<string, number>();
const starts = new MapCtor<string, number>();

function label(given: unknown): string {
  return given === undefined
    ? 'default'
    : typeof given === 'symbol'
      ? SymbolPrototypeToString(given)
      : `${given as string}`;
}

function rest(args: ArrayLike<unknown>, from: number): unknown[] {
  const list: unknown[] = [];
  for (let i = from; i < args.length; i++) list[i - from] = args[i];
  return list;
}

/** The Console Standard; `log` and `info` are level info, `trace` is debug. */
export const console = {
  debug(...args: unknown[]): void {
    print('debug', args);
  },
  log(...args: unknown[]): void {
    print('info', args);
  },
  info(...args: unknown[]): void {
    print('info', args);
  },
  warn(...args: unknown[]): void {
    print('warn', args);
  },
  error(...args: unknown[]): void {
    print('error', args);
  },
  trace(...args: unknown[]): void {
    const stack = new Error().stack ?? '';
    let at = 0;
    for (let lines = 0; lines < 2 && at < stack.length; at++) if (stack[at] === '\n') lines++;
    print('debug', [
      `Trace: ${args.length === 0 ? '' : asText(args[0])}`,
      ...rest(args, 1),
      `\n${StringPrototypeSlice(stack, at)}`,
    ]);
  },
  assert(condition: unknown, ...args: unknown[]): void {
    if (condition) return;
    if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`;
    else args[0] = args.length === 0 ? 'Assertion failed' : `Assertion failed ${asText(args[0])}`;
    print('error', args);
  },
  dir(value: unknown): void {
    write('info', inspect(value), '');
  },
  dirxml(...args: unknown[]): void {
    print('info', args);
  },
  table(value: unknown): void {
    write('info', asText(value), '');
  },
  count(name?: unknown): void {
    const key = label(name);
    const times = (MapPrototypeGet(counts, key) ?? 0) + 1;
    if (times > 1 || MapPrototypeSize(counts) < MAX_LABELS) MapPrototypeSet(counts, key, times);
    write('info', `${key}: ${times}`, '');
  },
  countReset(name?: unknown): void {
    MapPrototypeDelete(counts, label(name));
  },
  time(name?: unknown): void {
    const key = label(name);
    if (MapPrototypeGet(starts, key) === undefined && MapPrototypeSize(starts) < MAX_LABELS)
      MapPrototypeSet(starts, key, DateNow());
  },
  timeLog(name?: unknown, ...args: unknown[]): void {
    const start = MapPrototypeGet(starts, label(name));
    if (start !== undefined) print('info', [`${label(name)}: ${DateNow() - start}ms`, ...rest(args, 0)]);
  },
  timeEnd(name?: unknown): void {
    const start = MapPrototypeGet(starts, label(name));
    if (start === undefined) return;
    MapPrototypeDelete(starts, label(name));
    write('info', `${label(name)}: ${DateNow() - start}ms`, '');
  },
  group(...args: unknown[]): void {
    if (args.length > 0) print('info', args);
    if (indent.length < 40) indent = StringPrototypeRepeat(' ', indent.length + 2);
  },
  groupCollapsed(...args: unknown[]): void {
    apply(console.group, console, args);
  },
  groupEnd(): void {
    indent = StringPrototypeSlice(indent, 2);
  },
  clear(): void {},
};
Object.defineProperty(console, SymbolToStringTag, { value: 'console', configurable: true });
// The Console Standard asks for a namespace object whose prototype is an empty object.
Object.setPrototypeOf(console, {});
