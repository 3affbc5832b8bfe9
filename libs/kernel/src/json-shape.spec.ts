import { describe, expect, it } from 'vitest';
import { jsonLimits, jsonShapeFault, readJsonShape, type JsonShape } from './json-shape.js';

const shapeOf = (text: string): JsonShape => readJsonShape(Buffer.from(text));
const faultOf = (text: string): string | undefined => jsonShapeFault(shapeOf(text))?.detail;

describe('the shape of a JSON text', () => {
  it('is counted outside of texts', () => {
    expect(shapeOf('{"a":[1,{"b,[{:":"\\"]}:,"}],"c":{}}')).toEqual({
      levels: 3,
      containers: 4,
      members: 3,
      values: 7,
      hasEscapes: false,
      hasLongNumbers: false,
    });
    expect(shapeOf('"\\\\u0041"').hasEscapes).toBe(false);
    expect(shapeOf('"\\u0041"').hasEscapes).toBe(true);
    expect(shapeOf('1')).toMatchObject({ levels: 0, containers: 0, values: 1 });
  });

  it.each([
    ['[123456789012345, -0.5, 1e22, 2E99]', false],
    ['{"1234567890123456789": "12345678901234567890 1e999"}', false],
    ['[1, 1234567890123456]', true],
    ['-1234567890.12345678', true],
    ['{"a":1e400}', true],
    ['1E-400', true],
    ['[1e+400]', true],
  ])('tells whether a double may not keep some number of %s', (text, expected) => {
    expect(shapeOf(text).hasLongNumbers).toBe(expected);
  });

  it('has as many levels as may be, and not one more', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(faultOf(nested(jsonLimits.levels))).toBeUndefined();
    expect(faultOf(nested(jsonLimits.levels + 1))).toMatch(/more than 128 levels/);
    expect(faultOf('{"a":'.repeat(129))).toMatch(/more than 128 levels/);
  });

  it.each([
    ['[]', /50000 lists and objects/],
    ['{}', /50000 lists and objects/],
    ['1', /250000 values/],
  ])('of a megabyte of %s is too much of a thing', (one, why) => {
    expect(faultOf(`[${`${one},`.repeat(340_000)}1]`)).toMatch(why);
  });

  it('of an object with very many members is too much too', () => {
    expect(faultOf(`{${Array.from({ length: 50_001 }, (_, index) => `"${index}":1`).join()}}`)).toMatch(
      /50000 members/,
    );
  });

  it('is not read on beyond what may be', () => {
    expect(shapeOf('['.repeat(1_000_000)).levels).toBe(jsonLimits.levels + 1);
  });

  it.each(['', '"', '"\\', '}}}}', '[1,', ':,:'])('is told of what is no JSON too: %j', (text) => {
    expect(faultOf(text)).toBeUndefined();
  });
});
