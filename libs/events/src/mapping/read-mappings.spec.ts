import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '@annex/kernel';
import { readMapping } from './read-mappings.js';

const faultsOf = (value: unknown): string[] => {
  const reading = readMapping(value, { reservedEvents: ['payments.**'] });
  return reading.ok ? [] : reading.errors.map(({ pointer, code, detail }) => `${pointer} ${code} ${detail}`);
};
const ruleFaults = (rule: JsonObject): string[] =>
  faultsOf({ api_version: 'v1', mappings: [{ type: 'a.b', ...rule }] });
const correlation = { emit: 'x.y', all: ['a.b', 'c.d'], by: '{{ subject }}', within_s: 60 };
const correlationFaults = (more: JsonObject): string[] =>
  faultsOf({ api_version: 'v1', correlations: [{ ...correlation, ...more }] });

describe('a mapping', () => {
  it('is read with what is left out filled in', () => {
    expect(readMapping({ api_version: 'v1', mappings: [{ type: 'a.b' }], correlations: [correlation] })).toEqual({
      ok: true,
      warnings: [],
      mapping: {
        unmapped: 'keep',
        rules: [
          {
            ...{ name: 'a.b', source: null, type: 'a.b', where: null, to: null, description: null, severity: null },
            ...{ tags: [], set: {}, dedupe: null, resolvedWhen: null, enabled: true },
          },
        ],
        correlations: [
          {
            ...{ name: 'x.y', emit: 'x.y', all: ['a.b', 'c.d'], absent: [], by: '{{ subject }}', withinS: 60 },
            ...{ description: null, severity: null, tags: [], enabled: true },
          },
        ],
      },
    });
  });

  it("takes KHook's keys and spelling, and says how it read them", () => {
    const reading = readMapping({
      mappings: [
        {
          ...{ eventSource: 'kubernetes', eventType: 'pod-restart', internalType: 'PodRestart', severity: 'warning' },
          ...{ description: 'A pod restarted', tags: { category: 'reliability', impact: 2 } },
        },
        { eventSource: 'kubernetes', eventType: 'oom-kill', internalType: 'OOMKill', enabled: false },
      ],
    });
    expect(reading).toMatchObject({
      ok: true,
      warnings: [
        { pointer: '/api_version' },
        { pointer: '/mappings/0/internalType' },
        { pointer: '/mappings/1/internalType' },
      ],
      mapping: {
        rules: [
          { source: 'kubernetes', type: 'pod-restart', to: 'pod_restart', tags: ['category:reliability', 'impact:2'] },
          { to: 'oom_kill', enabled: false },
        ],
      },
    });
  });

  it('tells rules apart that make the same', () => {
    const rules = ['a.b', 'a.c', 'a.d'].map((type) => ({ type, to: 'x.y' }));
    const reading = readMapping({ api_version: 'v1', mappings: [...rules, { name: 'x.y#2', type: 'a.e' }] });
    expect(reading.ok && reading.mapping.rules.map(({ name }) => name)).toEqual(['x.y', 'x.y#3', 'x.y#4', 'x.y#2']);
  });

  it.each<[string, JsonObject, RegExp]>([
    ['an unknown key', { sevrity: 'info' }, /^\/mappings\/0\/sevrity UNKNOWN_KEY .*Did you mean "severity"/],
    ['a key twice', { eventType: 'x' }, /^\/mappings\/0\/eventType VALUE says the same as "type"/],
    ['a type that is none', { type: 'Ä b' }, /^\/mappings\/0\/type EVENT_PATTERN/],
    ['a type that speaks for the platform', { to: 'auth.user.created' }, /\/to EVENT_TYPE_RESERVED/],
    ['a type that the operator keeps', { to: 'payments.made' }, /\/to EVENT_TYPE_RESERVED .*payments\.\*\*/],
    ['a pattern to make', { to: 'a.*' }, /\/to EVENT_NAME .*is a pattern/],
    ['a severity that is none', { severity: 'warnin' }, /\/severity VALUE .*Did you mean "warning"/],
    ['bad tags', { tags: ['ok', 'a,b'] }, /\/tags\/1 VALUE/],
    ['a tag that is an object', { tags: { a: {} } }, /\/tags\/a VALUE/],
    [
      'an operator that is none',
      { where: { 'data.n': { $gte: 1, $get: 2 } } },
      /\/where\/data.n\/\$get FILTER .*Did you mean "\$gt/,
    ],
    ['a field that no event has', { where: { date: 1 } }, /\/where FILTER names "date".*Did you mean "data"/],
    ['a field that rows have', { where: { created_at: { $exists: true } } }, /\/where FILTER names "created_at"/],
    [
      'too many conditions',
      { where: { $or: Array.from({ length: 101 }, (_, n) => ({ id: `${n}` })) } },
      /\/where\/\$or FILTER .*100/,
    ],
    ['a text with a tag', { set: { subject: '{% if x %}' } }, /\/set\/subject LIQUID has a tag/],
    ['a text of an unknown field', { set: { subject: '{{ dta.name }}' } }, /LIQUID names "dta".*Did you mean "data"/],
    ['an unknown filter', { dedupe: { key: '{{ subject | upcse }}' } }, /\/dedupe\/key LIQUID .*Did you mean "upcase"/],
    ['a place that cannot be set', { set: { type: 'x' } }, /\/set\/type PATH/],
    ['a place that reaches prototypes', { set: { 'data.__proto__.x': 'x' } }, /\/set\/data.__proto__.x PATH/],
    ['a window that is none', { dedupe: { key: 'k', window_s: 0 } }, /\/dedupe\/window_s RANGE/],
    ['no key', { dedupe: {} }, /\/dedupe\/key REQUIRED/],
    ['an end without a key', { resolved_when: { severity: 'info' } }, /\/resolved_when REQUIRED/],
    ['a switch that is none', { enabled: 'yes' }, /\/enabled TYPE/],
  ])('with %s is refused where it stands', (_name, rule, expected) => {
    expect(ruleFaults(rule)).toContainEqual(expect.stringMatching(expected));
  });

  it.each<[string, JsonObject, RegExp]>([
    ['nothing to make', { emit: null }, /\/emit REQUIRED/],
    ['nothing to meet', { all: [] }, /\/all REQUIRED/],
    ['one type alone', { all: ['a.b'] }, /\/all VALUE/],
    ['a type on both sides', { absent: ['a.b'] }, /\/absent VALUE/],
    ['no time', { within_s: null }, /\/within_s REQUIRED/],
    ['too much time', { within_s: 86_401 }, /\/within_s RANGE/],
    ['no key', { by: '' }, /\/by TYPE/],
    ['too many types', { all: Array.from({ length: 11 }, (_, n) => `a.b${n}`) }, /\/all RANGE/],
  ])('whose correlation has %s is refused', (_name, more, expected) => {
    expect(correlationFaults(more)).toContainEqual(expect.stringMatching(expected));
  });

  it('drops nothing of sources that it does not name', () => {
    expect(faultsOf({ api_version: 'v1', unmapped: 'drop', mappings: [{ type: 'a' }] })).toEqual([
      expect.stringMatching(/^\/mappings\/0\/source REQUIRED/),
    ]);
  });

  it('with many faults gets them together, and a flood of them is bounded', () => {
    expect(faultsOf({ api_version: 'v2', mappings: [{}, 7], more: 1, unmapped: 'no' }).length).toBe(5);
    const flood = Array.from({ length: 400 }, () => ({ a: 1, b: 2 }) as Json);
    expect(faultsOf({ api_version: 'v1', mappings: flood })).toHaveLength(100);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['a text', 'mappings'],
    ['lists of nothing', { mappings: {} }],
  ])('that is %s is refused', (_name, value) => {
    expect(faultsOf(value).length).toBeGreaterThan(0);
  });
});
