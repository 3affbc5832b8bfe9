/**
 * Releases side by side: while a rolling upgrade goes on, processes of the release before work on the next one's
 * schema. So a step only adds; what nobody uses any more goes a release later (docs/operations.md).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../../migrations/', import.meta.url));
/** Up to here the first release goes, which nothing runs beside. */
const firstRelease = '1763800500000';

/** What the code of the release before would fall over. */
const breaking: Record<string, RegExp> = {
  'takes something away': /\bdrop\s+(column|table|view|schema|type)\b/i,
  'renames something': /\brename\s+(column|to|constraint)\b/i,
  'changes a type': /\balter\s+(column\s+)?\w+\s+(set\s+data\s+)?type\b/i,
  'forbids nothing where it was allowed': /\balter\s+(column\s+)?\w+\s+set\s+not\s+null\b/i,
  'adds a column that old inserts leave out':
    /\badd\s+(column\s+)?(if\s+not\s+exists\s+)?(?!constraint\b|primary\b|unique\b|foreign\b|check\b)\w+\s+(?![^,;]*\b(default|generated)\b)[^,;]*\bnot\s+null\b/i,
};

function faultsOf(sql: string): string[] {
  const statements = sql.replace(/--.*$/gm, '').replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''");
  return Object.entries(breaking).flatMap(([fault, pattern]) => (pattern.test(statements) ? [fault] : []));
}

it.each([
  ['alter table runs drop column last_run_id', 'takes something away'],
  ['drop table runs', 'takes something away'],
  ['alter table runs rename column a to b', 'renames something'],
  ['alter table runs alter column a type text', 'changes a type'],
  ['alter table runs alter a set not null', 'forbids nothing where it was allowed'],
  ['alter table runs add column a text not null', 'adds a column that old inserts leave out'],
  ['alter table runs\n add a int default 1,\n add b int not null', 'adds a column that old inserts leave out'],
])('finds that %s breaks the release before', (sql, fault) => {
  expect(faultsOf(sql)).toEqual([fault]);
});

it.each([
  'alter table runs add column a text',
  'alter table runs add column a text not null default 1, add column b int',
  'alter table runs add constraint c check (a is not null)',
  'create table t (a text not null)',
  '-- drop table runs',
  'create function f() returns trigger language plpgsql as $$ begin drop table t; end $$',
])('lets pass: %s', (sql) => {
  expect(faultsOf(sql)).toEqual([]);
});

it('each step since the first release only adds', () => {
  const faults = readdirSync(folder)
    .filter((name) => name.endsWith('.sql') && name.slice(0, 13) > firstRelease)
    .flatMap((name) => faultsOf(readFileSync(`${folder}${name}`, 'utf8')).map((fault) => `${name} ${fault}`));
  expect(faults).toEqual([]);
});
