/** One name for one thing: what docs/openapi.json calls times, ids and releases. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Schema {
  type?: string | string[];
  format?: string;
  $ref?: string;
  properties?: Record<string, Schema>;
  [more: string]: unknown;
}

const { components } = JSON.parse(readFileSync(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8')) as {
  components: { schemas: Record<string, Schema> };
};

/** Names of moments that do not end in `_at`, with why. */
const momentsByAnotherName: Record<string, string> = {
  time: 'the contract’s, of events and log lines: CloudEvents calls it so',
  scheduled_for: 'the contract’s: the moment that a tick was meant for, not the one at which it came',
  at: 'of an entry that is nothing but what happened at that moment (audit, last_delivery)',
  since: 'the contract’s: the first moment of a span',
  until: 'the contract’s: the end of a span',
  complete_since: 'a `since`',
  failing_since: 'a `since`',
  previous_secret_until: 'an `until`',
  recording_until: 'an `until`',
  first: 'of a span that has only this and `last`',
  last: 'of a span that has only this and `first`',
  next_runs: 'a list of moments',
  times: 'a list of moments',
  ticks: 'a list of moments',
};

/** Every property of every schema: its place, its name, itself. */
function* properties(value: unknown, place: string): Generator<[place: string, name: string, schema: Schema]> {
  if (typeof value !== 'object' || value === null) return;
  const schema = value as Schema;
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    yield [`${place}.${name}`, name, inner];
    yield* properties(inner, `${place}.${name}`);
  }
  for (const [key, inner] of Object.entries(schema))
    if (key !== 'properties') for (const one of [inner].flat()) yield* properties(one, place);
}

const all = Object.entries(components.schemas).flatMap(([name, schema]) => [...properties(schema, name)]);
/** Whether it holds moments: itself, in a list, or where it is not null. */
const isMoment = (schema: Schema): boolean =>
  JSON.stringify({ ...schema, properties: undefined, $ref: undefined }).includes('"format":"date-time"') &&
  !JSON.stringify(schema).includes('"properties"');

describe('a name in an answer', () => {
  it('ends in _at where it is a moment, or is one of those that are listed with why', () => {
    const moments = all.filter(([, , schema]) => isMoment(schema));
    expect(moments.length).toBeGreaterThan(60);
    const others = moments.filter(([, name]) => !name.endsWith('_at'));
    expect(others.filter(([, name]) => !(name in momentsByAnotherName)).map(([place]) => place)).toEqual([]);
    // None is listed that is not there.
    expect(Object.keys(momentsByAnotherName).filter((name) => !others.some(([, other]) => other === name))).toEqual([]);
  });

  it('is of a moment where it ends in _at', () => {
    const wrong = all.filter(([, name, schema]) => name.endsWith('_at') && !isMoment(schema));
    expect(wrong.map(([place]) => place)).toEqual([]);
  });

  it('is written in snake_case, and an id is a text called id, or …_id', () => {
    expect(all.filter(([, name]) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)).map(([place]) => place)).toEqual([]);
    const ids = all.filter(([, name]) => name === 'id' || name.endsWith('_id'));
    expect(ids.length).toBeGreaterThan(40);
    const wrong = ids.filter(
      ([, , schema]) => !/^"?string|\["string","null"\]/.test(JSON.stringify(schema.type) ?? ''),
    );
    expect(wrong.map(([place]) => place)).toEqual([]);
  });

  it('is `release` where it is a release’s version, as a text', () => {
    const releases = all.filter(([, name]) => name === 'release');
    expect(releases.length).toBeGreaterThan(3);
    for (const [place, , { type }] of releases) expect([type].flat(), place).toContain('string');
  });
});
