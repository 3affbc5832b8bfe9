/** What a mapping's text takes means what it means in Liquid, but for objects: ours are put out as their JSON. */
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { Mapper, readMapping, type IncomingEvent } from '@annex/events';
import type { Json } from '@annex/kernel';
import { TemplateRenderer } from '@annex/templates';

const renderer = new TemplateRenderer();
afterAll(() => renderer.stop());

const data: Json = {
  name: 'Web One',
  empty: '',
  list: ['a', 'B', 3, null, true],
  none: null,
  on: false,
  n: -1.5,
  deep: { 'x-y': [{ z: 'zed' }], size: 'own' },
  words: '  spaced out  ',
};
const event: IncomingEvent = {
  ...{ id: 'e', type: 'a.b', source: 's', subject: 'Übung "1"', data, time: '2026-01-01T00:00:00.000Z' },
  ...{ severity: 'info', tags: ['t1', 't2'], attributes: {} },
};

/** What our reader makes of a text: it sets the subject. Ends are trimmed there, so the texts have marks at theirs. */
function ours(text: string): string {
  const reading = readMapping({ api_version: 'v1', mappings: [{ type: 'a.b', set: { 'data.out': text } }] });
  if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
  const mapper = new Mapper([{ name: 'm', plugin: null, definition: reading.mapping }]);
  return String((mapper.map(event).event.data as { out?: string }).out ?? '');
}

const path = fc.constantFrom(
  ...['subject', 'type', 'tags', 'data.name', 'data.empty', 'data.list', 'data.list[1]', 'data.list[-1]', 'data.none'],
  ...[
    'data.on',
    'data.n',
    'data.deep["x-y"][0].z',
    'data.deep.x-y.size',
    'data.deep.size',
    'data.list.size',
    'data.missing',
  ],
  ...[
    'data.list.first',
    'data.list.last',
    'data.name.size',
    'data.words',
    'data.missing.more',
    '"text"',
    "'t'",
    '42',
    '-7',
    'nil',
  ],
);
const filter = fc.constantFrom(
  ...['upcase', 'downcase', 'capitalize', 'strip', 'size', 'first', 'last', 'join', 'join: "-"', 'default: "else"'],
  ...['default: data.name', 'append: "+"', 'append: data.list', 'prepend: data.n', 'remove: "e"', 'replace: "e", "E"'],
  ...['replace: " ", ""', 'truncate', 'truncate: 5', 'truncate: 4, "~"', 'slice: 1', 'slice: -3, 2', 'slice: 0, 99'],
);
const expression = fc.tuple(path, fc.array(filter, { maxLength: 4 })).map((parts) => parts.flat().join(' | '));
const tag = fc.tuple(expression, fc.boolean(), fc.boolean()).map(([text, before, after]) => {
  return `{{${before ? '-' : ''} ${text} ${after ? '-' : ''}}}`;
});
const text = fc
  .array(fc.oneof(tag, fc.constantFrom(' ', 'raw', '}', '{ ', '\n', '%}')), { minLength: 1, maxLength: 5 })
  .map((parts) => `[${parts.join('')}]`);

it('whatever the text', async () => {
  await fc.assert(
    fc.asyncProperty(text, async (source) => {
      const expected = await renderer.render({ files: { 'a.txt': source }, name: 'a.txt', data: event, tenant: 't' });
      expect(ours(source)).toBe(expected);
    }),
    { numRuns: 400 },
  );
});
