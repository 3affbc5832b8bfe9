import { didYouMean } from '@annex/kernel';
import { forKind, limitNames, runLimits, type LimitName, type OperatorCeilings } from './limits.js';
import { runKinds, type RunKind } from './run-kinds.js';

/** The name of a limit in settings and on the wire, such as `wall_ms`. */
export function limitWireName(name: LimitName): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The kinds of run that a limit bounds. */
export function kindsOf(name: LimitName): readonly RunKind[] {
  return runLimits[name].kinds ?? runKinds;
}

const byWireName = new Map(limitNames.map((name) => [limitWireName(name), name]));

/**
 * Reads the operator's ceilings: an object of limits by their wire names, each a number or an object of numbers by kind
 * of run. Every problem as `/<limit>[/<kind>]: what to write`.
 */
export function readOperatorCeilings(json: unknown): { ceilings: OperatorCeilings; problems: string[] } {
  const ceilings: OperatorCeilings = {};
  if (!isObject(json))
    return { ceilings, problems: ['must be an object such as { "http_calls": 100, "wall_ms": { "route": 10000 } }'] };
  const problems: string[] = [];
  for (const [key, value] of Object.entries(json)) {
    const name = byWireName.get(key);
    if (name === undefined) {
      const settable = [...byWireName].filter(([, each]) => 'most' in runLimits[each].operator).map(([wire]) => wire);
      problems.push(`/${key}: is no limit; there are ${settable.join(', ')}.${didYouMean(key, settable)}`);
      continue;
    }
    const found = isObject(value) ? problemsByKind(name, value) : problemsOfNumber(name, value);
    problems.push(...found.map((problem) => `/${key}${problem}`));
    if (found.length === 0) ceilings[name] = value as number | Partial<Record<RunKind, number>>;
  }
  return { ceilings, problems };
}

function problemsOfNumber(name: LimitName, value: unknown): string[] {
  const { operator } = runLimits[name];
  if ('fixed' in operator) return [`: cannot be set, because ${operator.fixed}`];
  const kinds = kindsOf(name);
  const most = Math.min(...kinds.map((kind) => forKind(operator.most, kind)));
  if (isWhole(value, operator.least, most)) return [];
  const bounds = `must be a whole number from ${operator.least} to ${most}`;
  const higher = kinds.filter((kind) => forKind(operator.most, kind) > most);
  return higher.length === 0
    ? [`: ${bounds}`]
    : [`: ${bounds}; for more write it by kind of run, such as ${JSON.stringify({ [higher[0] ?? '']: most * 2 })}`];
}

function problemsByKind(name: LimitName, value: Record<string, unknown>): string[] {
  const { operator } = runLimits[name];
  if ('fixed' in operator) return problemsOfNumber(name, value);
  if (operator.sameForAll) return [': must be one number: it is the same for all kinds of run'];
  const kinds = kindsOf(name);
  const entries = Object.entries(value);
  if (entries.length === 0) return [`: must name a kind of run: ${kinds.join(', ')}`];
  return entries.flatMap(([key, each]) => {
    const kind = kinds.find((one) => one === key);
    if (kind === undefined)
      return [`/${key}: is no kind of run that has this limit; write ${kinds.join(', ')}.${didYouMean(key, kinds)}`];
    const most = forKind(operator.most, kind);
    return isWhole(each, operator.least, most)
      ? []
      : [`/${key}: must be a whole number from ${operator.least} to ${most}`];
  });
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
