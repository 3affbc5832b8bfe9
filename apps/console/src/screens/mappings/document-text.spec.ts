import { expect, it } from 'vitest';
import { readText, writeText } from './document-text';

const text = `api_version: v1
mappings:
  - type: pod-restart
    too: pod.restart
    set:
      "data/x": "{{ subject }}"
`;

const lineAt = (source: string, line: number): string => source.split('\n')[line - 1] ?? '';

it('a fault of the API stands at the line of its key', () => {
  const [fault] = readText(text).place([{ pointer: '/mappings/0/too', detail: 'is unknown' }]);
  expect(fault).toMatchObject({ line: 4, detail: 'is unknown' });
  expect(text.slice(fault?.from, fault?.to)).toBe('too');
});

it('what is missing stands at what it is missing from', () => {
  const [fault] = readText(text).place([{ pointer: '/mappings/0/dedupe/key', detail: 'must be there' }]);
  expect(fault?.line).toBe(3);
  expect(readText(text).place([{ pointer: '/correlations', detail: 'x' }])[0]?.line).toBe(1);
});

it('a key with a slash is found by its escaped pointer', () => {
  const [fault] = readText(text).place([{ pointer: '/mappings/0/set/data~1x', detail: 'x' }]);
  expect(lineAt(text, fault?.line ?? 0)).toContain('data/x');
});

it('JSON is read as it is, and its faults stand at their lines', () => {
  const json = writeText({ mappings: [{ type: 'a', to: 'b' }] }, 'json');
  const read = readText(json);
  expect(read.value).toEqual({ mappings: [{ type: 'a', to: 'b' }] });
  const [fault] = read.place([{ pointer: '/mappings/0/to', detail: 'x' }]);
  expect(lineAt(json, fault?.line ?? 0)).toContain('"to"');
});

it('a text that cannot be read tells where, and has no value', () => {
  const read = readText('mappings: [\n  { type: a\n');
  expect(read.value).toBeUndefined();
  expect(read.faults[0]?.line).toBeGreaterThan(1);
});

it('an alias is refused, as the API does', () => {
  const read = readText('a: &x [1]\nb: *x\n');
  expect(read.value).toBeUndefined();
  expect(read.faults).toMatchObject([{ detail: expect.stringContaining('Aliases') as string }]);
});

it('a text that is broken all over tells its first faults only', () => {
  const read = readText('{a: '.repeat(5_000));
  expect(read.value).toBeUndefined();
  expect(read.faults).toHaveLength(20);
});

it('a document comes through both notations unchanged', () => {
  const value = { mappings: [{ type: 'a.b', where: { 'data.n': { $gte: 3 } }, set: { subject: '{{ data.x }}' } }] };
  for (const notation of ['yaml', 'json'] as const) expect(readText(writeText(value, notation)).value).toEqual(value);
});
