/** Mappings in a test's database, and time that passes for what they remember. */
import { readMapping } from '@annex/events';
import { uuidFromId, type Id, type JsonObject } from '@annex/kernel';
import type { TestDatabase } from './test-database.js';

/** Puts a mapping in force. Throws for a faulty one. */
export async function putMapping(
  db: Pick<TestDatabase, 'sql'>,
  tenantId: Id<'tenant'>,
  document: JsonObject,
  name = 'main',
): Promise<void> {
  const reading = readMapping(document);
  if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
  const tenant = uuidFromId(tenantId);
  await db.sql(
    `insert into mappings (tenant_id, name, document, definition) values ($1, $2, $3, $4)
     on conflict (tenant_id, name) do update set document = excluded.document, definition = excluded.definition`,
    [tenant, name, JSON.stringify(document), JSON.stringify(reading.mapping)],
  );
  await db.sql(
    `insert into mapping_heads (tenant_id) values ($1)
     on conflict (tenant_id) do update set revision = gen_random_uuid()`,
    [tenant],
  );
}

/** Moves all that mappings remember of a tenant into the past: as if as much time had passed. */
export async function passTime(db: Pick<TestDatabase, 'sql'>, tenantId: Id<'tenant'>, seconds: number): Promise<void> {
  const values = [uuidFromId(tenantId), seconds];
  await db.sql(
    `update event_states set first_at = first_at - $2 * interval '1 s', last_at = last_at - $2 * interval '1 s',
       passed_at = passed_at - $2 * interval '1 s', ends_at = ends_at - $2 * interval '1 s',
       silenced_until = silenced_until - $2 * interval '1 s' where tenant_id = $1`,
    values,
  );
  await db.sql(
    `update correlation_states set due_at = due_at - $2 * interval '1 s', ends_at = ends_at - $2 * interval '1 s',
       closed_until = closed_until - $2 * interval '1 s',
       seen = (select json_object_agg(e.key, json_build_object('ms', (e.value ->> 'ms')::float8 - $2 * 1000,
         'id', e.value ->> 'id')) from json_each(seen) e)
     where tenant_id = $1`,
    values,
  );
}
