import { compareRows, filterInput, matchesFilter, type SortKey, type TableRow } from '@annex/host-api';
import { systemClock, type Id, type Json, type JsonObject } from '@annex/kernel';
import { documentSource } from './sql/sources.js';
import { queryRows } from './sql/read-documents.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { Tables } from './tables.js';

let db: TestDatabase;
let tables: Tables;
let tenant: { id: Id<'tenant'>; slug: string };
beforeAll(async () => {
  db = await openTestDatabase();
  tables = new Tables({
    database: db.database,
    clock: systemClock,
    limits: { tables: 100, documents: 100_000, bytes: 1e9, timeoutMs: 30_000 },
  });
  tenant = await db.makeTenant();
});
afterAll(() => db.close());

const texts = fc.constantFrom(
  '',
  'a',
  'A',
  'ab',
  'ä',
  'a%b',
  '_',
  '\\',
  '😀',
  '\uffee',
  'open',
  'a text that is longer than what an index entry keeps of it',
  'a text that is longer than what an index entry keeps',
);
const numbers = fc.constantFrom(0, -0, 1, -1, 2.5, 1e21, -1e-7, 5e-324, 1.7976931348623157e308, 100, 99);
const scalars = fc.oneof(texts, numbers, fc.boolean(), fc.constant(null));
const names = fc.constantFrom('a', 'b', 'c.d', 'tags', 'Ünï "x"');
const values = fc.letrec<{ value: Json; list: Json[]; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    tie('list'),
    tie('object'),
  ) as fc.Arbitrary<Json>,
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(names, tie('value'), { maxKeys: 3, noNullPrototype: true }),
}));
const paths = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd', 'tags', 'Ünï "x"'), { minLength: 1, maxLength: 3 })
  .map((path) => path.join('.'));
const conditions = fc.oneof(
  scalars,
  values.value.map((value) => ({ $eq: value })),
  values.value.map((value) => ({ $ne: value })),
  fc
    .tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte'), fc.oneof(texts, numbers))
    .map(([operator, value]) => ({ [operator]: value })),
  fc
    .tuple(fc.constantFrom('$in', '$nin'), fc.array(scalars, { maxLength: 4 }), fc.constantFrom(0, 0, 30))
    .map(([operator, list, more]) => ({ [operator]: [...list, ...Array.from({ length: more }, (_, n) => n + 1000)] })),
  fc.constantFrom('a%', '%b', '_', '%', 'a\\%b', '\\\\', '', 'A_', '%ä%').map((pattern) => ({ $like: pattern })),
  fc.boolean().map((exists) => ({ $exists: exists })),
  fc.tuple(fc.oneof(texts, numbers), fc.oneof(texts, numbers)).map(([from, to]) => ({ $gte: from, $lt: to })),
);
const filters = fc.letrec<{ filter: JsonObject }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.dictionary(paths, conditions, { maxKeys: 2, noNullPrototype: true }),
    fc
      .tuple(fc.constantFrom('$and', '$or'), fc.array(tie('filter'), { minLength: 1, maxLength: 3 }))
      .map(([join, list]) => ({ [join]: list })),
  ) as fc.Arbitrary<JsonObject>,
})).filter;
const sorts: fc.Arbitrary<SortKey[]> = fc.array(
  fc.record({
    path: fc.oneof(
      paths.map((path) => path.split('.')),
      fc.constantFrom<string[]>(['id'], ['created_at'], ['updated_at']),
    ),
    descending: fc.boolean(),
  }),
  { maxLength: 2 },
);

const ids = (rows: readonly JsonObject[]): unknown[] => rows.map((row) => row['id']);

describe('a filter', () => {
  it('means in SQL what it means in JavaScript, with and without the index, in every order', async () => {
    let table = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(values.object, { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(filters, sorts), { minLength: 8, maxLength: 8 }),
        async (documents, questions) => {
          table += 1;
          const name = `property_${table}`;
          const rows: TableRow[] = [];
          for (const document of documents) rows.push(await tables.insert(tenant, name, document));
          for (const [json, orderBy] of questions) {
            const filter = filterInput.parse(json);
            const wanted = rows
              .filter((row) => matchesFilter(filter, row))
              .sort((one, other) => compareRows(orderBy, one, other));
            expect(
              ids(await tables.query(tenant, name, { filter, orderBy, limit: 1000 })),
              JSON.stringify({ json, orderBy }),
            ).toEqual(ids(wanted));
            // Nothing is few enough now: the index is walked in its order, or left aside.
            const walked = await db.database
              .forTenant(tenant.id)
              .transaction((tx) =>
                queryRows(
                  tx,
                  { table: name, source: documentSource },
                  { filter, order: orderBy, limit: 1000, offset: 0, maxBytes: 1e9, fewIds: 0 },
                ),
              );
            expect(ids(walked.rows), JSON.stringify({ json, orderBy })).toEqual(ids(wanted));
            expect(await tables.count(tenant, name, filter)).toBe(wanted.length);
          }
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
    );
  });

  it('of id, created_at and updated_at compares ids and times, not their text', async () => {
    const [one, two, three] = [
      await tables.insert(tenant, 'times', { n: 1 }),
      await tables.insert(tenant, 'times', { n: 2 }),
      await tables.insert(tenant, 'times', { n: 3 }),
    ];
    const find = async (json: JsonObject) =>
      (await tables.query(tenant, 'times', { filter: filterInput.parse(json) })).map(({ n }) => n);
    expect(await find({ id: two.id })).toEqual([2]);
    expect(await find({ id: two.id.toUpperCase() })).toEqual([2]);
    expect(await find({ id: { $gt: two.id } })).toEqual([3]);
    expect(await find({ id: { $in: [one.id, three.id, 'no id at all'] } })).toEqual([1, 3]);
    expect(await find({ id: 'no id at all' })).toEqual([]);
    expect(await find({ id: { $ne: 'no id at all' } })).toEqual([1, 2, 3]);
    expect(await find({ created_at: { $gte: one.created_at }, updated_at: { $lte: three.updated_at } })).toEqual([
      1, 2, 3,
    ]);
    expect(await find({ created_at: { $lt: '2020-01-01' } })).toEqual([]);
    const ahead = new Date(Date.parse(one.created_at) + 3_600_000 + 5 * 60_000).toISOString().replace('Z', '+01:00');
    expect(await find({ created_at: { $lt: ahead } })).toEqual([1, 2, 3]);
    expect(await find({ created_at: null })).toEqual([]);
    expect(await find({ id: { $exists: true } })).toEqual([1, 2, 3]);
  });
});

describe('a fault in a filter is named with its place', () => {
  const deep = (levels: number): Json => (levels === 0 ? { a: 1 } : { $and: [deep(levels - 1)] });
  const cases: [string, JsonObject, string, RegExp][] = [
    ['an unknown operator', { total: { $regex: 'a' } }, 'total/$regex', /no operator.*\$like/],
    ['a slip of the pen', { total: { $gtt: 1 } }, 'total/$gtt', /Did you mean "\$gt"/],
    ['$where', { $where: 'sleep(1000)' }, '$where', /no operator/],
    ['operators beside fields', { total: { $gt: 1, sum: 2 } }, 'total/sum', /stands beside operators/],
    ['an empty $or', { $or: [] }, '$or', /at least one/],
    ['$and that is no list', { $and: { a: 1 } }, '$and', /list/],
    ['something that is no filter inside $or', { $or: [{ a: 1 }, 'b'] }, '$or/1', /must be a filter/],
    ['$in without a list', { a: { $in: 'b' } }, 'a/$in', /list/],
    [
      'a huge $in',
      { a: { $in: Array.from({ length: 1001 }, (_, n) => n) } },
      'a/$in',
      /1001 values; the limit is 1000/,
    ],
    ['objects in $in', { a: { $in: [{}] } }, 'a/$in/0', /\$eq/],
    ['an order of null', { a: { $gt: null } }, 'a/$gt', /null has no order/],
    ['an order of lists', { a: { $lt: [1] } }, 'a/$lt', /a list has no order/],
    ['a pattern that is no text', { a: { $like: 1 } }, 'a/$like', /text/],
    ['a long pattern', { a: { $like: '%a'.repeat(200) } }, 'a/$like', /400 characters; the limit is 256/],
    ['a pattern that ends in the middle', { a: { $like: 'a\\' } }, 'a/$like', /backslash/],
    ['$exists of something else', { a: { $exists: 1 } }, 'a/$exists', /true or false/],
    ['deep nesting', deep(9) as JsonObject, '$and/0/$and/0/$and/0/$and/0/$and/0/$and/0/$and/0/$and/0/$and', /9 levels/],
    [
      'too many conditions',
      { $or: Array.from({ length: 51 }, () => ({ a: 1, b: 2 })) },
      '$or/50/a',
      /condition 101; the limit of one filter is 100/,
    ],
    ['__proto__', JSON.parse('{"__proto__": 1}') as JsonObject, '__proto__', /no row holds/],
    ['constructor inside a path', { 'a.constructor.b': 1 }, 'a.constructor.b', /no row holds/],
    ['an empty name in a path', { 'a..b': 1 }, 'a..b', /empty name/],
    ['U+0000 in a value', { a: 'x\0' }, 'a', /U\+0000/],
    ['U+0000 in a name', { 'a\0': 1 }, 'a\0', /U\+0000/],
    ['half a surrogate pair', { a: { $in: ['\ud800'] } }, 'a/$in', /surrogate/],
    ['a number beyond double', { a: JSON.parse('1e999') as number }, 'a', /double/],
    ['a path inside a column', { 'id.x': 1 }, 'id.x', /no fields inside/],
    ['a time that is none', { created_at: { $gt: 'yesterday' } }, 'created_at/$gt', /RFC 3339/],
    ['a pattern for a time', { created_at: { $like: '2026%' } }, 'created_at/$like', /\$gte/],
    ['an id that is no text', { id: 7 }, 'id', /text/],
  ];
  it.each(cases)('%s', (_, json, pointer, detail) => {
    const { success, error } = filterInput.safeParse(json);
    expect(success).toBe(false);
    expect(error?.issues).toHaveLength(1);
    expect(error?.issues[0]?.path.join('/')).toBe(pointer);
    expect(error?.issues[0]?.message).toMatch(detail);
  });

  it('all of them together', () => {
    const { error } = filterInput.safeParse({ a: { $x: 1 }, b: { $gt: null }, $or: [] });
    expect(error?.issues.map(({ path }) => path.join('/'))).toEqual(['a/$x', 'b/$gt', '$or']);
  });
});

it('no name and no value ends the text that it stands in', async () => {
  const hostile = [
    '"',
    "'",
    '\\',
    '$',
    '") || true || ("',
    "'); drop table documents; --",
    '\u2028',
    '"\\u0022',
    '$["x"] ? (@ == 1)',
    '\n',
    '*',
    '@',
    '[0]',
    '{}',
  ];
  for (const [index, name] of hostile.entries()) {
    const row = await tables.insert(tenant, 'hostile', { [`x${name}`]: name, [`deep${index}`]: { [name]: [name] } });
    for (const json of [
      { [`x${name}`]: name },
      { [`deep${index}.${name}`]: { $in: [name] } },
      { [`x${name}`]: { $gte: name, $lte: name } },
      { [`deep${index}.${name}`]: { $exists: true } },
    ]) {
      const found = await tables.query(tenant, 'hostile', {
        filter: filterInput.parse(json),
        orderBy: [{ path: [`x${name}`], descending: true }],
      });
      expect(ids(found), JSON.stringify(json)).toEqual([row.id]);
    }
  }
});
