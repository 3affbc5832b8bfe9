/**
 * Reads a mapping, as `mappings/*.yaml` of a package or `PUT /api/mappings/:name` brings it, into its definition. Every
 * fault is told, together, each with its JSON pointer. The keys of KHook's event-mappings.yaml are taken as they are.
 */
import { isJsonObject, jsonPointer, quote, type InputFault, type Json, type JsonObject } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import type { CorrelationRule, MappingDefinition, MappingRule } from './definition.js';
import { FaultList } from './fault-list.js';
import { readFields, type Fields } from './read-fields.js';

export type MappingReading =
  | { ok: true; mapping: MappingDefinition; warnings: InputFault[] }
  | { ok: false; errors: InputFault[]; warnings: InputFault[] };

export interface ReadMappingOptions {
  /** Patterns of events that the operator reserves: no rule makes one. Default: none. */
  reservedEvents?: readonly string[] | undefined;
}

const documentKeys = ['api_version', 'description', 'mappings', 'correlations', 'unmapped'];
/** KHook's keys and ours for the same. */
const khookKeys: Readonly<Record<string, string>> = { eventSource: 'source', eventType: 'type', internalType: 'to' };
const ruleKeys = [
  ...['name', 'source', 'type', 'where', 'to', 'description', 'severity', 'tags', 'set', 'dedupe'],
  ...['resolved_when', 'enabled'],
];
const correlationKeys = [
  ...['name', 'emit', 'all', 'absent', 'by', 'within_s', 'description', 'severity', 'tags', 'enabled'],
];
/** What is told of one document. */
const maxFaults = 100;

/** Reads the value of a mapping's document. */
export function readMapping(value: unknown, { reservedEvents = [] }: ReadMappingOptions = {}): MappingReading {
  const faults = new FaultList(maxFaults);
  const fields = readFields(faults, reservedEvents);
  if (!isJsonObject(value)) {
    faults.refuse('', 'TYPE', 'must be an object such as {"api_version": "v1", "mappings": […]}.');
    return { ok: false, errors: faults.errors, warnings: faults.warnings };
  }
  fields.unknownKeys(value, '', documentKeys);
  readVersion(value, faults);
  fields.text(value, 'description', '', 500);
  const rules = named(
    list(value, 'mappings', mappingLimits.rules, faults).map((rule, index) =>
      readRule(rule, jsonPointer('mappings', index), fields),
    ),
    (rule) => rule.to ?? rule.type,
    (index) => faults.refuse(jsonPointer('mappings', index, 'name'), 'NAME', 'is the name of another rule too.'),
  );
  const correlations = named(
    list(value, 'correlations', mappingLimits.correlations, faults).map((rule, index) =>
      readCorrelation(rule, jsonPointer('correlations', index), fields),
    ),
    (rule) => rule.emit,
    (index) => faults.refuse(jsonPointer('correlations', index, 'name'), 'NAME', 'is the name of another too.'),
  );
  const unmapped = fields.word(value, 'unmapped', '', ['keep', 'drop'] as const) ?? 'keep';
  rules.forEach((rule, index) => {
    if (unmapped === 'drop' && rule.source === null)
      faults.refuse(
        jsonPointer('mappings', index, 'source'),
        'REQUIRED',
        'is required where "unmapped" is "drop": only events of the sources that are named here are dropped.',
      );
  });
  if (faults.errors.length > 0) return { ok: false, errors: faults.errors, warnings: faults.warnings };
  return { ok: true, mapping: { rules, correlations, unmapped }, warnings: faults.warnings };
}

function readVersion(value: JsonObject, faults: FaultList): void {
  const version = value['api_version'] ?? null;
  if (version === 'v1') return;
  if (version === null)
    return faults.warn('/api_version', 'REQUIRED', 'is left out and read as "v1"; write api_version: v1.');
  faults.refuse('/api_version', 'VALUE', 'must be "v1".');
}

function list(value: JsonObject, key: string, max: number, faults: FaultList): Json[] {
  const items = value[key] ?? [];
  if (!Array.isArray(items)) {
    faults.refuse(jsonPointer(key), 'TYPE', 'must be a list.');
    return [];
  }
  if (items.length > max) faults.refuse(jsonPointer(key), 'RANGE', `has ${items.length} items; the limit is ${max}.`);
  return items.slice(0, max);
}

function readRule(value: Json, at: string, fields: Fields): MappingRule {
  const { faults } = fields;
  const rule: JsonObject = {};
  if (!isJsonObject(value)) {
    faults.refuse(at, 'TYPE', 'must be an object such as {"type": "pod-restart"}.');
    return readRule({ type: 'none' }, at, fields);
  }
  for (const [key, item] of Object.entries(value)) {
    const own = Object.hasOwn(khookKeys, key) ? (khookKeys[key] ?? key) : key;
    if (own !== key && Object.hasOwn(value, own))
      faults.refuse(at + jsonPointer(key), 'VALUE', `says the same as "${own}"; write one of the two.`);
    rule[own] = item;
  }
  const pointer = (key: string): string => {
    const khook = Object.keys(khookKeys).find((one) => khookKeys[one] === key) ?? key;
    return at + jsonPointer(Object.hasOwn(value, khook) ? khook : key);
  };
  fields.unknownKeys(rule, at, ruleKeys, Object.keys(khookKeys));
  const dedupe = fields.dedupe(rule, at);
  const resolvedWhen = fields.filter(rule, 'resolved_when', at);
  if (resolvedWhen !== null && (rule['dedupe'] ?? null) === null)
    faults.refuse(at + '/resolved_when', 'REQUIRED', 'needs "dedupe": its key tells which alert is resolved.');
  return {
    name: fields.text(rule, 'name', at, 100) ?? '',
    source: fields.source(rule, pointer('source')),
    type: fields.pattern(rule['type'] ?? null, pointer('type')),
    where: fields.filter(rule, 'where', at),
    to: fields.madeType(rule['to'] ?? null, pointer('to'), false),
    description: fields.text(rule, 'description', at, 500),
    severity: fields.severity(rule, at),
    tags: fields.tags(rule, at),
    set: fields.sets(rule, at),
    dedupe,
    resolvedWhen,
    enabled: fields.flag(rule, 'enabled', at) ?? true,
  };
}

function readCorrelation(value: Json, at: string, fields: Fields): CorrelationRule {
  const { faults } = fields;
  if (!isJsonObject(value)) {
    faults.refuse(at, 'TYPE', 'must be an object such as {"emit": "incident.opened", "all": […]}.');
    return readCorrelation({ emit: 'none', all: ['a', 'b'], by: 'none', within_s: 1 }, at, fields);
  }
  const rule: JsonObject = value;
  fields.unknownKeys(rule, at, correlationKeys);
  const all = fields.patterns(rule, 'all', at);
  const absent = fields.patterns(rule, 'absent', at);
  if (all.length === 0)
    faults.refuse(at + '/all', 'REQUIRED', 'must name at least one type, such as ["deploy.started"].');
  if (all.length === 1 && absent.length === 0)
    faults.refuse(at + '/all', 'VALUE', 'names one type; name a second one, or one in "absent".');
  for (const both of absent.filter((type) => all.includes(type)))
    faults.refuse(at + '/absent', 'VALUE', `${quote(both)} stands in "all" too, so this would never be met.`);
  return {
    name: fields.text(rule, 'name', at, 100) ?? '',
    emit: fields.madeType(rule['emit'] ?? null, at + '/emit', true) ?? '',
    all,
    absent,
    by: fields.liquid(rule['by'] ?? null, at + '/by') ?? '',
    withinS: fields.seconds(rule, 'within_s', at, mappingLimits.withinS) ?? 1,
    description: fields.text(rule, 'description', at, 500),
    severity: fields.severity(rule, at),
    tags: fields.tags(rule, at),
    enabled: fields.flag(rule, 'enabled', at) ?? true,
  };
}

/** Gives each its name: its own, or what it makes, with a number where that repeats. */
function named<Rule extends { name: string }>(
  rules: Rule[],
  nameOf: (rule: Rule) => string,
  taken: (index: number) => void,
): Rule[] {
  const names = new Set<string>();
  rules.forEach((rule, index) => {
    if (rule.name === '') return;
    if (names.has(rule.name)) taken(index);
    names.add(rule.name);
  });
  const used = new Map<string, number>();
  return rules.map((rule) => {
    if (rule.name !== '') return rule;
    const base = nameOf(rule);
    for (;;) {
      const count = (used.get(base) ?? 0) + 1;
      used.set(base, count);
      const name = count === 1 ? base : `${base}#${count}`;
      if (names.has(name)) continue;
      names.add(name);
      return { ...rule, name };
    }
  });
}
