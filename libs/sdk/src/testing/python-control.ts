/** What tests in Python may do with the double around them: `annex.testing` asks for it by name. */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import type { JsonInput, User } from '../context.js';
import type { AnswerHttp, OutboundAnswer, OutboundRequest } from './answered-http.js';
import type { Control } from './controlled-broker.js';
import type { TestPlugin } from './testing.js';

/** The part of a double that tests change as they run. */
export interface PythonDouble {
  /** Set once the plugin is open. */
  plugin: TestPlugin | undefined;
  secrets: Record<string, string>;
  /** Milliseconds by which the clock differs from the machine's. */
  clock: { now(): number; shiftMs: number };
  answers: JsonObject[];
}

/** Answers what tests said with `plugin.answer`, and else as `rest`. */
export function answersOf(double: PythonDouble, rest: AnswerHttp): AnswerHttp {
  return (request) => {
    const answer = double.answers.findLast((each) => fits(each, request));
    if (answer === undefined) return rest(request);
    const { json, text, status, headers } = answer;
    const body = typeof text === 'string' ? text : (json ?? null);
    return { status: Number(status), headers: headers as Record<string, string>, body } satisfies OutboundAnswer;
  };
}

function fits({ url, method }: JsonObject, request: OutboundRequest): boolean {
  const isMethod = typeof method !== 'string' || method.toUpperCase() === request.method;
  const wanted = String(url);
  return isMethod && (wanted.endsWith('*') ? request.url.startsWith(wanted.slice(0, -1)) : request.url === wanted);
}

const lists = ['emitted', 'mails', 'requests', 'startedJobs', 'logs', 'tracked', 'asked'] as const;

/** Does one thing by its name. */
export function pythonControl(double: PythonDouble): Control {
  return async (name, args) => {
    const { plugin } = double;
    if (plugin === undefined) throw new TypeError('the plugin is not open yet');
    const operation = operations[name];
    if (operation === undefined) throw new TypeError(`annex.testing has no ${name}`);
    return plain(await operation({ plugin, double }, args));
  };
}

type Operation = (of: { plugin: TestPlugin; double: PythonDouble }, args: readonly Json[]) => unknown;

const operations: Record<string, Operation | undefined> = {
  event: ({ plugin }, [type, data, options]) => plugin.event(String(type), data as JsonInput, options as object),
  request: async ({ plugin }, [method, path, given]) => {
    const { json, text, headers, user } = given as JsonObject;
    const answer = await plugin.request(String(method), String(path), {
      headers: headers as Record<string, string>,
      ...(text !== undefined ? { body: text as string } : json !== undefined && { body: json as JsonInput }),
      ...(user !== 'owner' && { user: (user ?? null) as User | null }),
    });
    const data = Buffer.from(await answer.arrayBuffer()).toString('base64');
    return { status: answer.status, headers: [...answer.headers], url: path, body: { encoding: 'base64', data } };
  },
  job: ({ plugin }, [name, payload, attempt]) =>
    plugin.job(String(name), (payload ?? null) as JsonInput, { attempt: Number(attempt) }),
  filter: ({ plugin }, [name, value]) => plugin.filter(String(name), value as JsonInput),
  lifecycle: ({ plugin }, [name, change]) =>
    isJsonObject(change ?? null)
      ? plugin.lifecycle('config_change', change as { key: string; value: Json; op: 'set' | 'delete' })
      : plugin.lifecycle(String(name) as 'install'),
  health: ({ plugin }) => plugin.health(),
  read: ({ plugin }, [name]) => {
    const found = lists.find((each) => each === name);
    if (found === undefined) throw new TypeError(`annex.testing has no ${String(name)}`);
    return plugin[found];
  },
  'kv.get': ({ plugin }, [key]) => plugin.kv.get(String(key)),
  'kv.set': ({ plugin }, [key, value]) => plugin.kv.set(String(key), value ?? null),
  'files.text': ({ plugin }, [key]) => plugin.files.text(String(key)),
  'files.set': ({ plugin }, [key, content]) =>
    plugin.files.set(
      String(key),
      isJsonObject(content ?? null)
        ? Buffer.from(String((content as JsonObject)['$bytes']), 'base64')
        : String(content),
    ),
  'tables.rows': ({ plugin }, [name]) => plugin.tables.rows(String(name)),
  'tables.insert': ({ plugin }, [name, row]) => plugin.tables.insert(String(name), row as JsonObject),
  'clock.set': ({ double }, [time]) => {
    const atMs = Date.parse(String(time));
    if (Number.isNaN(atMs)) throw new TypeError(`${String(time)} is no time; write "2026-01-31T12:00:00Z"`);
    double.clock.shiftMs += atMs - double.clock.now();
  },
  'clock.advance': ({ double }, [seconds]) => void (double.clock.shiftMs += Number(seconds) * 1000),
  answer: ({ double }, [answer]) => void double.answers.push(answer as JsonObject),
  secret: ({ double }, [name, value]) => void (double.secrets[String(name)] = String(value)),
  reset: ({ plugin, double }) => {
    for (const list of lists) plugin[list].length = 0;
    for (const key of plugin.kv.keys()) plugin.kv.delete(key);
    for (const key of plugin.files.keys()) plugin.files.delete(key);
    plugin.tables.clear();
    double.answers = [];
    double.clock.shiftMs = 0;
  },
};

function plain(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}
