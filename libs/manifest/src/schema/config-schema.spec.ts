import { describe, expect, it, vi } from 'vitest';
import type { Json, JsonObject } from '@annex/kernel';
import { applyConfig, configSchemaFaults } from './config-schema.js';

const schema: JsonObject = {
  type: 'object',
  required: ['channel'],
  additionalProperties: false,
  properties: {
    channel: { type: 'string', pattern: '^#', default: '#ops' },
    retries: { type: 'integer', minimum: 0 },
    notify: {
      type: 'object',
      default: {},
      properties: { email: { type: 'string', format: 'email' }, level: { enum: ['info', 'error'], default: 'error' } },
    },
  },
};
const faults = (value: Json, by = schema): string[] => {
  const reading = applyConfig(by, value);
  return reading.ok ? [] : reading.errors.map((fault) => `${fault.pointer} ${fault.detail}`);
};

describe('settings', () => {
  it('get their defaults, and what was given stays as it was', () => {
    const given = { retries: 2 };
    expect(applyConfig(schema, given)).toEqual({
      ok: true,
      value: { channel: '#ops', retries: 2, notify: { level: 'error' } },
    });
    expect(given).toEqual({ retries: 2 });
  });

  it('report every fault with its pointer', () => {
    expect(faults({ channel: 'ops', retries: -1, notify: { email: 'x', level: 'debug' }, more: 1 }).sort()).toEqual([
      '/channel must match pattern "^#".',
      '/more is not one of the settings.',
      '/notify/email must match format "email".',
      '/notify/level must be equal to one of the allowed values: "info", "error".',
      '/retries must be >= 0.',
    ]);
    expect(faults({}, { required: ['key'] })).toEqual(['/key is required.']);
    expect(faults([])).toEqual([' settings are an object.']);
  });

  it('may be described in draft-07 as well', () => {
    const old: JsonObject = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      definitions: { x: { type: 'string' } },
      properties: { a: { $ref: '#/definitions/x' } },
    };
    expect(configSchemaFaults(old)).toEqual([]);
    expect(faults({ a: 1 }, old)).toEqual(['/a must be string.']);
    expect(
      configSchemaFaults({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $defs: { x: {} },
        properties: { a: { $ref: '#/$defs/x' } },
      }),
    ).toEqual([]);
    expect(configSchemaFaults({ $schema: 'http://json-schema.org/draft-04/schema#' })[0]?.detail).toContain('draft-07');
  });

  it('are judged in bounded time by a schema of former days, whose pattern would be refused today', () => {
    const slow: JsonObject = { properties: { a: { type: 'string', pattern: '^(?=a)(a+)+$' } } };
    expect(configSchemaFaults(slow)).toMatchObject([{ pointer: '/properties/a/pattern' }]);
    expect(faults({ a: `${'a'.repeat(50)}!` }, slow)[0]).toContain('took more than');
    // Whoever found such a pattern gets little of this process's time with it from then on.
    expect(faults({ a: `${'a'.repeat(60)}!` }, slow)[0]).toContain('took more than 25 ms');
    expect(faults({ a: 'aaa' }, slow)).toEqual([]);
  });

  it('have a schema that judges at once: one that answers later is refused, and never says yes', async () => {
    const later = { type: 'object', $async: true, properties: { a: { type: 'string' } } } as const;
    expect(configSchemaFaults(later)).toMatchObject([{ pointer: '/$async' }]);
    expect(configSchemaFaults({ type: 'object', properties: { a: { $async: true, type: 'string' } } })).toMatchObject([
      { pointer: '/properties/a/$async' },
    ]);
    const rejections: unknown[] = [];
    const note = (reason: unknown): unknown => rejections.push(reason);
    process.on('unhandledRejection', note);
    for (const value of [{ a: 5 }, { a: 'x' }])
      expect(applyConfig(later, value)).toMatchObject({
        ok: false,
        errors: [{ detail: expect.stringContaining('$async') as string }],
      });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(rejections).toEqual([]);
  });

  it('of a schema that leads in circles are refused, not looped over', () => {
    const circle: JsonObject = { $ref: '#' };
    expect([...configSchemaFaults(circle), ...faults({ a: 1 }, circle)].length).toBeGreaterThan(0);
  });

  it('have a schema that is neither too large nor too deep', () => {
    let deep: JsonObject = {};
    for (let level = 0; level < 60; level += 1) deep = { properties: { a: deep } };
    expect(configSchemaFaults(deep)[0]?.detail).toContain('deeper');
    expect(configSchemaFaults({ description: 'x'.repeat(70_000) })[0]?.detail).toContain('at most');
  });

  it('have a schema that is compiled afresh after a try that a busy machine stopped', () => {
    // Slow to compile; as long as this thread seems to have had no time, a try that was stopped is made again.
    const allOf = Array.from({ length: 1200 }, (_, n) => ({
      properties: { [`a${n}`]: { minLength: 1, maxLength: 2 } },
    }));
    const had = vi.spyOn(process, 'threadCpuUsage');
    had.mockReturnValueOnce({ user: 0, system: 0 }).mockReturnValueOnce({ user: 0, system: 0 });
    had.mockReturnValueOnce({ user: 0, system: 0 }).mockReturnValueOnce({ user: 0, system: 0 });
    const found = configSchemaFaults({ allOf, unevaluatedProperties: false }).map(({ detail }) => detail);
    had.mockRestore();
    expect(found.join()).toMatch(/^$|^takes more than/);
  });
});
