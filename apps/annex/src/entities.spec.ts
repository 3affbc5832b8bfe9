import { UserRow } from '@annex/access';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Column, Entity, Index } from 'typeorm';
import { IdempotencyKeyRow } from '../../api/src/http/rows/idempotency-key-row.js';
import { OperatorIdempotencyKeyRow } from '../../api/src/http/rows/operator-idempotency-key-row.js';
import { catalogueFacts, differences, entityFacts, type SchemaFacts } from '../../../test/support/schema-facts.js';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { entities } from './entities.js';

/** Nobody asks for repositories of these, and a worker does not load the API for their sake. */
const described = [...entities, IdempotencyKeyRow, OperatorIdempotencyKeyRow];

let db: TestDatabase;
let said: SchemaFacts;
beforeAll(async () => {
  db = await openTestDatabase();
  said = await entityFacts(described, db.url);
});
afterAll(() => db.close());

/** Where entities and schema may differ, and why (docs/adr/0029-typeorm.md). */
const exceptions: Record<string, string> = {
  'database_logins: no entity describes it': 'the owner’s own, read before the application has a login',
  'executor_kills: no entity describes it': 'it has no key: two kills at one time are two rows',
  'migrations: no entity describes it': 'TypeORM’s own',
  'secrets, column installation_id: entity uuid not null, schema uuid':
    'null is the tenant’s own, and TypeORM wants every column of a key to have a value',
  'secrets, primary key: entity (tenant_id, installation_id, name), schema none':
    'a key that holds null is UNIQUE NULLS NOT DISTINCT in PostgreSQL',
};

describe('entities and the migrated schema', () => {
  it('say the same of every table, but for named exceptions', async () => {
    const found = differences(said, await catalogueFacts(db.sql));
    expect(found.filter((difference) => !(difference in exceptions))).toEqual([]);
  });

  it('differ still where an exception says so', async () => {
    const found = differences(said, await catalogueFacts(db.sql));
    expect(Object.keys(exceptions).filter((difference) => !found.includes(difference))).toEqual([]);
  });
});

/** The differences that come with a change of the schema, which is undone. */
async function after(change: string): Promise<string[]> {
  const known = differences(said, await catalogueFacts(db.sql));
  await db.sql('begin');
  try {
    await db.sql(change);
    return differences(said, await catalogueFacts(db.sql)).filter((difference) => !known.includes(difference));
  } finally {
    await db.sql('rollback');
  }
}

describe('a schema that a migration changes and no entity', () => {
  it.each([
    ['a table too many', 'create table spare (id uuid primary key)', 'spare: no entity describes it'],
    ['a table too few', 'drop table llm_days', 'llm_days: the schema has no such table'],
    ['a column too many', 'alter table users add column spare text', 'users, column spare: entity none, schema text'],
    ['a column too few', 'alter table users drop column role', 'users, column role: entity text not null, schema none'],
    [
      'another type',
      'alter table files alter column size_bytes type numeric',
      'files, column size_bytes: entity bigint not null, schema numeric not null',
    ],
    [
      'a length',
      'alter table users alter column role type varchar(20)',
      'users, column role: entity text not null, schema character varying(20) not null',
    ],
    [
      'another collation',
      'alter table kv alter column key type text collate "POSIX"',
      'kv, column key: entity text collate "C" not null, schema text collate "POSIX" not null',
    ],
    [
      'null where none was',
      'alter table users alter column role drop not null',
      'users, column role: entity text not null, schema text',
    ],
    [
      'no null where it was',
      'alter table users alter column password_hash set not null',
      'users, column password_hash: entity text, schema text not null',
    ],
    [
      'a default',
      `alter table users alter column role set default 'viewer'`,
      `users, column role: entity text not null, schema text not null default 'viewer'`,
    ],
    [
      'no default',
      'alter table users alter column created_at drop default',
      'users, column created_at: entity timestamp with time zone not null default now(), schema timestamp with ' +
        'time zone not null',
    ],
    [
      'another default',
      'alter table users alter column credential_version set default 2',
      'users, column credential_version: entity integer not null default 1, schema integer not null default 2',
    ],
    [
      'another key',
      'alter table llm_days drop constraint llm_days_pkey, add primary key (day, tenant_id)',
      'llm_days, primary key: entity (tenant_id, day), schema (day, tenant_id)',
    ],
    [
      'a unique constraint too few',
      'alter table mails drop constraint mails_tenant_id_dedupe_key_key',
      'mails, unique (tenant_id, dedupe_key): entity yes, schema none',
    ],
    [
      'an index too many',
      'create index spare on users (tenant_id, role)',
      'users, index spare: entity none, schema btree (tenant_id, role)',
    ],
    [
      'an index on other rows',
      `drop index webhooks_of_package; create unique index webhooks_of_package on webhooks (tenant_id,
         installation_id, name) where active`,
      'webhooks, index webhooks_of_package: entity unique btree (tenant_id, installation_id, name) where ' +
        'installation_id IS NOT NULL, schema unique btree (tenant_id, installation_id, name) where active',
    ],
    [
      'an identity that can be chosen',
      'alter table run_logs alter column id set generated by default',
      'run_logs, column id: entity bigint not null generated ALWAYS as identity, schema bigint not null generated ' +
        'BY DEFAULT as identity',
    ],
  ])('is found: %s', async (_what, change, difference) => {
    expect(await after(change)).toEqual([difference]);
  });
});

describe('an entity that changes and no migration', () => {
  @Entity('users')
  @Index('spare', ['email'], { unique: true })
  class WiderUserRow extends UserRow {
    @Column({ name: 'spare', type: 'varchar', length: 20, array: true, nullable: true })
    spare!: string[] | null;
  }

  @Entity('spare')
  class SpareRow extends UserRow {}

  it('is found: a table, a column and an index too many', async () => {
    const schema = await catalogueFacts(db.sql);
    const before = differences(said, schema);
    const changed = [...described.filter((each) => each !== UserRow), WiderUserRow, SpareRow];
    const found = differences(await entityFacts(changed, db.url), schema);
    expect(found.filter((difference) => !before.includes(difference))).toEqual([
      'spare: the schema has no such table',
      'users, column spare: entity character varying(20)[], schema none',
      'users, index spare: entity unique btree (email), schema none',
    ]);
  });
});
