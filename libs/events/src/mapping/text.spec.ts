import { describe, expect, it } from 'vitest';
import type { Json } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import { readText } from './text.js';

const event: { readonly [name: string]: Json } = {
  subject: 'web-1',
  data: {
    name: 'Web One',
    list: ['a', 'b'],
    deep: [{ x: 1 }, { y: ['z', null, { n: -1.5 }] }],
    wide: { all: Array.from({ length: 50_000 }, (_, n) => ({ n })), text: 'x'.repeat(100_000) },
    no: null,
    'x-y': 7,
    big: 'x'.repeat(100_000),
    on: false,
  },
};
const roots = ['subject', 'data'];
function render(text: string): string {
  const reading = readText(text, roots);
  if (!reading.ok) throw new Error(reading.detail);
  return reading.render(event);
}

describe('a text of a mapping', () => {
  it.each([
    ['plain', 'plain'],
    ['{{ subject }}/{{data.name}}', 'web-1/Web One'],
    ['{{ data.none }}|{{ data.no }}|{{ data.on }}', '||false'],
    ['{{ data.list }} {{ data.list[1] }} {{ data.list.first }} {{ data.list.size }}', 'ab b a 2'],
    ['{{ data.deep[0].x }} {{ data["x-y"] }} {{ data.x-y }}', '1 7 7'],
    ['{{ data.name | downcase | replace: " ", "-" }}', 'web-one'],
    ['{{ data.none | default: "none" }}', 'none'],
    ['{{ data.list | join: "," | append: data.name }}', 'a,bWeb One'],
    ['{{ data.name | truncate: 5, "~" }} {{ data.name | slice: -3, 3 }}', 'Web ~ One'],
    ['a {{- subject -}} b', 'aweb-1b'],
    ['{{ "it" }}{{ \'s\' }}{{ 4 }}', 'its4'],
    // Two objects are two keys.
    ['{{ data.deep[1] }} {{ data.deep }}', '{"y":["z",null,{"n":-1.5}]} {"x":1}{"y":["z",null,{"n":-1.5}]}'],
    ['{{ data.deep[0] | append: data.deep[0] | upcase }}', '{"X":1}{"X":1}'],
  ])('%s makes %s', (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it('stays short, whatever its event holds', () => {
    for (const text of [
      '{{ data.big }}',
      '{{ data.wide }}',
      '{{ data.wide.text | prepend: data.wide }}',
      '{{ data.big | replace: "x", data.big }}',
      '{{ data.big | replace: "", data.big }}',
    ])
      expect(render(text)).toHaveLength(mappingLimits.renderedChars);
  });

  it.each([
    ['{{ subject', 'close it'],
    ['{{ }}', 'names nothing'],
    ['{{ subject | }}', 'is not taken'],
    ['{{ subject | append }}', '1 to 1'],
    ['{{ subject subject }}', 'behind its end'],
    ['{{ user.name }}', 'There are subject, data'],
    ['{{ data.constructor }}', 'no event holds'],
    ['{{ subject | date: "%Y" }}', 'is not taken'],
    ['{% assign x = 1 %}', 'has a tag'],
    ['{{ subject | upcase | upcase | upcase | upcase | upcase | upcase | upcase | upcase | upcase }}', 'more than 8'],
    ['{{ data..x }}', 'cannot be read'],
    ['x'.repeat(1001), 'the limit is 1000'],
  ])('%s is refused', (text, why) => {
    const reading = readText(text, roots);
    expect(reading.ok ? '' : reading.detail).toContain(why);
  });
});
