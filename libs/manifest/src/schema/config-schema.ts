/**
 * The settings of a plugin: their JSON Schema comes from its author, their values from a tenant, so both are strangers'
 * input. Schemas may not reach out of themselves and are capped in size and depth. Patterns run on RE2, in time linear
 * in
 * the text (docs/adr/0011-linear-patterns.md). Every use still runs under a time limit: branches within branches
 * (`anyOf` of `$ref`) take time that doubles with each level, and releases of former days keep the patterns they came
 * with.
 */
import { createContext, Script } from 'node:vm';
import {
  didYouMean,
  isJsonObject,
  jsonBytes,
  jsonPointer,
  messageOf,
  quote,
  type InputFault,
  type Json,
  type JsonObject,
} from '@annex/kernel';
import { settingLimits } from '@annex/limits';
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { linearPattern, patternFault } from './linear-pattern.js';

/**
 * The same for a schema that ran into that limit before: whoever knows how to make it slow could stop the process again
 * and again.
 */
const slowTimeLimitMs = 25;
const maxCompiled = 200;

/** What came of applying a schema: the settings with defaults filled in, or every fault (pointer into the settings). */
export type ConfigReading = { ok: true; value: JsonObject } | { ok: false; errors: InputFault[] };

const options: Options = {
  strict: false,
  allErrors: true,
  useDefaults: true,
  validateSchema: false,
  addUsedSchema: false,
  inlineRefs: false,
  logger: false,
  allowUnionTypes: true,
  code: { regExp: linearPattern },
};
const addFormats = ajvFormats.default;
const judges = {
  '2020': new Ajv2020({ strict: false, logger: false, allErrors: true }),
  '07': new Ajv({ strict: false, logger: false, allErrors: true }),
};

interface Validator {
  validate: ValidateFunction;
  /** Milliseconds that it may take. */
  limitMs: number;
}

const compiled = new Map<string, Validator>();

/**
 * Why a schema cannot describe settings; pointers are relative to the schema. None: it can.
 * @param isCompiled it was compiled elsewhere: patterns and meaning, which cost time, are not judged again
 */
export function configSchemaFaults(schema: JsonObject, { isCompiled = false } = {}): InputFault[] {
  const refuse = (detail: string, pointer = ''): InputFault[] => [{ pointer, code: 'CONFIG_SCHEMA', detail }];
  const bytes = jsonBytes(schema);
  if (bytes > settingLimits.schemaBytes)
    return refuse(`is ${bytes} bytes; a schema of settings has at most ${settingLimits.schemaBytes}.`);
  if (depthOf(schema) > settingLimits.schemaLevels)
    return refuse(`is nested deeper than ${settingLimits.schemaLevels} levels; flatten it.`);
  const draft = draftOf(schema);
  if (draft === undefined)
    return refuse(
      `${quote(String(schema['$schema']))} is not supported; leave it out, or name draft 2020-12 or draft-07.`,
      '/$schema',
    );
  if (schema['type'] !== undefined && schema['type'] !== 'object')
    return refuse('settings are an object; write "type": "object".', '/type');
  const bad = badKeyword(schema, '', isCompiled ? () => undefined : patternFault);
  if (bad !== undefined) return refuse(bad.detail, bad.pointer);
  if (isCompiled) return [];
  try {
    const judge = judges[draft];
    // Compiles the schema of schemas the first time, which is our own work and not the author's to wait for.
    judge.validateSchema({});
    const isValid = withinTimeLimit(
      () => judge.validateSchema({ ...schema, $schema: undefined }) === true,
      settingLimits.compileMs,
    );
    if (!isValid) {
      const seen = new Set<string>();
      return (judge.errors ?? [])
        .filter(
          (error) =>
            error.keyword !== '$ref' &&
            error.keyword !== 'anyOf' &&
            error.keyword !== 'allOf' &&
            !seen.has(error.instancePath) &&
            seen.add(error.instancePath),
        )
        .slice(0, 20)
        .flatMap((error) => refuse(schemaFaultText(error, schema), error.instancePath));
    }
    validatorOf(schema);
    const defaults = applyConfig(schema, {});
    const badDefault = defaults.ok ? undefined : defaults.errors.find((error) => error.code !== 'CONFIG_REQUIRED');
    return badDefault === undefined
      ? []
      : refuse(`its own default at ${badDefault.pointer || 'the root'} does not fit: ${badDefault.detail}`);
  } catch (thrown) {
    return refuse(
      isTimeout(thrown)
        ? `takes more than ${settingLimits.compileMs} ms to compile; simplify it.`
        : `cannot be compiled: ${messageOf(thrown).slice(0, 300)}.`,
    );
  }
}

/** What is wrong with a schema itself; a word that is none of the allowed ones is told with these. */
function schemaFaultText({ keyword, message, params, instancePath }: ErrorObject, schema: JsonObject): string {
  const { allowedValues } = params as { allowedValues?: unknown[] };
  if (keyword !== 'enum' || allowedValues === undefined) return `${message ?? 'is not valid JSON Schema'}.`;
  const words = allowedValues.map(String);
  let given: unknown = schema;
  for (const token of instancePath.split('/').slice(1))
    given = (given as JsonObject | undefined)?.[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  const near = typeof given === 'string' ? didYouMean(given, words) : '';
  return `must be one of ${words.map((word) => quote(word)).join(', ')}.${near}`;
}

/**
 * Judges settings by a schema that {@link configSchemaFaults} accepted. The given value stays as it is. Settings that
 * take too long to judge are refused. It is done on the caller's own thread: a program with other things to do uses
 * `judgeConfig`.
 */
export function applyConfig(schema: JsonObject, value: Json): ConfigReading {
  if (!isJsonObject(value))
    return { ok: false, errors: [{ pointer: '', code: 'CONFIG', detail: 'settings are an object.' }] };
  const filled = structuredClone(value);
  let validator: Validator | undefined;
  try {
    validator = validatorOf(schema);
    const { validate, limitMs } = validator;
    const verdict = withinTimeLimit<unknown>(() => validate(filled), limitMs);
    if (verdict === true) return { ok: true, value: filled };
    // A promise means yes to nobody, and its rejection, which nobody awaits, would end the process.
    if (verdict instanceof Promise) {
      verdict.catch(() => undefined);
      throw new Error('its schema says "$async"');
    }
    return { ok: false, errors: (validate.errors ?? []).slice(0, 100).map(explain) };
  } catch (thrown) {
    const limitMs = validator?.limitMs ?? settingLimits.compileMs;
    const detail = isTimeout(thrown)
      ? slowSettings(limitMs)
      : `the settings could not be judged: ${messageOf(thrown).slice(0, 200)}.`;
    if (validator && isTimeout(thrown)) validator.limitMs = slowTimeLimitMs;
    return { ok: false, errors: [{ pointer: '', code: 'CONFIG', detail }] };
  }
}

/** Why settings were refused that took too long to judge. */
export function slowSettings(limitMs: number = settingLimits.judgeMs): string {
  return `judging these settings took more than ${limitMs} ms, so they were refused; shorten long texts.`;
}

function validatorOf(schema: JsonObject): Validator {
  const key = JSON.stringify(schema);
  let validator = compiled.get(key);
  if (validator === undefined) {
    const { $schema: _draft, ...body } = schema;
    // Each try has a compiler of its own: one that was stopped takes the schema for one that it is still compiling.
    const compile = (): ValidateFunction => {
      const ajv =
        draftOf(schema) === '07' ? new Ajv({ ...options, meta: false }) : new Ajv2020({ ...options, meta: false });
      return addFormats(ajv).compile(body);
    };
    validator = { validate: withinTimeLimit(compile, settingLimits.compileMs), limitMs: settingLimits.judgeMs };
  }
  // The one used last goes to the end; the one at the front is the first to be forgotten.
  compiled.delete(key);
  compiled.set(key, validator);
  if (compiled.size > maxCompiled) compiled.delete(compiled.keys().next().value ?? '');
  return validator;
}

function draftOf(schema: JsonObject): '2020' | '07' | undefined {
  const named = schema['$schema'];
  if (named === undefined) return '2020';
  if (typeof named !== 'string') return undefined;
  if (/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/.test(named)) return '2020';
  return /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test(named) ? '07' : undefined;
}

/**
 * The first reference that leaves the schema, pattern that is no regular expression, or word that would make its judge
 * answer later.
 */
function badKeyword(
  node: Json,
  pointer: string,
  faultOf: typeof patternFault,
): { pointer: string; detail: string } | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  for (const [key, value] of Object.entries(node)) {
    const here = pointer + jsonPointer(key);
    if ((key === '$ref' || key === '$dynamicRef') && typeof value === 'string' && !value.startsWith('#')) {
      return {
        pointer: here,
        detail: 'a reference may only point into this schema ("#/$defs/…"); copy what you need.',
      };
    }
    if (key === '$async') return { pointer: here, detail: 'settings are judged at once; leave it out.' };
    const patterns =
      key === 'pattern' && typeof value === 'string'
        ? [value]
        : key === 'patternProperties' && isJsonObject(value)
          ? Object.keys(value)
          : [];
    const fault = patterns.map(faultOf).find((each) => each !== undefined);
    if (fault !== undefined) return { pointer: here, detail: fault };
    const below = badKeyword(value, here, faultOf);
    if (below !== undefined) return below;
  }
  return undefined;
}

function depthOf(node: Json): number {
  let level: Json[] = [node];
  for (let depth = 0; depth <= settingLimits.schemaLevels; depth += 1) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
    if (level.length === 0) return depth;
  }
  return settingLimits.schemaLevels + 1;
}

const jobs: { current: (() => unknown) | undefined } = { current: undefined };
const timedContext = createContext({ work: (): unknown => jobs.current?.() });
const timedCall = new Script('work()');

/** Tries after which a machine too busy to give this thread its time is no excuse any more. */
const maxTries = 20;

/**
 * Runs plain synchronous code and stops it, regular expressions included, when it takes too long. What counts is
 * processor time: the clock alone would refuse honest settings on a busy machine, so a try that was stopped before this
 * thread had half of its time is made again.
 */
function withinTimeLimit<T>(work: () => T, limitMs: number = settingLimits.judgeMs): T {
  for (let tries = 1; ; tries += 1) {
    const before = process.threadCpuUsage();
    jobs.current = work;
    try {
      return timedCall.runInContext(timedContext, { timeout: limitMs }) as T;
    } catch (thrown) {
      const { user, system } = process.threadCpuUsage(before);
      if (!isTimeout(thrown) || tries === maxTries || (user + system) / 1000 >= limitMs / 2) throw thrown;
    } finally {
      jobs.current = undefined;
    }
  }
}

function isTimeout(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}

function explain(error: ErrorObject): InputFault {
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'required') {
    return {
      pointer: `${error.instancePath}/${String(params['missingProperty'])}`,
      code: 'CONFIG_REQUIRED',
      detail: 'is required.',
    };
  }
  if (error.keyword === 'additionalProperties') {
    return {
      pointer: `${error.instancePath}/${String(params['additionalProperty'])}`,
      code: 'CONFIG',
      detail: 'is not one of the settings.',
    };
  }
  const allowed = Array.isArray(params['allowedValues'])
    ? `: ${(params['allowedValues'] as unknown[])
        .map((value) => JSON.stringify(value))
        .join(', ')
        .slice(0, 200)}`
    : '';
  return { pointer: error.instancePath, code: 'CONFIG', detail: `${error.message ?? 'does not fit'}${allowed}.` };
}
