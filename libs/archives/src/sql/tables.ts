/** Rows as text and text as rows: each value is what PostgreSQL writes for it, so that none loses anything. */
import type { PlatformTransaction } from '@annex/database';
import type { ArchivedTable } from '../archived-tables.js';

export interface Column {
  name: string;
  /** As PostgreSQL writes it, for a cast. */
  type: string;
}

/**
 * Columns of a table that go into an archive: whose tenant it is says the archive, and numbers that only count are new.
 */
export async function readColumns(tx: PlatformTransaction, { name, omit = [] }: ArchivedTable): Promise<Column[]> {
  return tx.query<Column & Record<string, unknown>>(
    `select attname::text as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attidentity = '' and attgenerated = ''
       and attname <> 'tenant_id' and attname <> all($2) order by attnum`,
    [name, omit],
  );
}

/** The last step that the schema has been through. */
export async function readSchema(tx: PlatformTransaction): Promise<string> {
  const [row] = await tx.query<{ name: string }>(
    'select name from migrations order by timestamp desc, id desc limit 1',
  );
  return row?.name ?? '';
}

/** The key by which rows are in order; `[]`: the table has none. */
async function readKey(tx: PlatformTransaction, table: string): Promise<string[]> {
  const [row] = await tx.query<{ columns: string[] }>(
    `select array(select a.attname::text from unnest(k.conkey) with ordinality as of (number, place)
       join pg_attribute a on a.attrelid = k.conrelid and a.attnum = of.number order by of.place) as columns
     from pg_constraint k where k.conrelid = to_regclass($1) and k.contype = 'p'`,
    [table],
  );
  return row?.columns ?? [];
}

/**
 * A tenant's rows of a table, each as the text of a JSON object whose values are texts or null, so many at a time that
 * few bytes are in memory at once. `isBare`: without secrets.
 */
export async function* readRows(
  tx: PlatformTransaction,
  table: ArchivedTable,
  { tenantUuid, isBare }: { tenantUuid: string; isBare: boolean },
): AsyncGenerator<string> {
  const instead = isBare && typeof table.bare === 'object' ? table.bare : {};
  const pairs = (await readColumns(tx, table)).map(({ name }) => `'${name}', (${instead[name] ?? `"${name}"`})::text`);
  const key = (await readKey(tx, table.name)).map((column) => `"${column}"`);
  const only = table.only === undefined ? '' : ` and ${table.only}`;
  // A cursor takes no parameters; the id is one of ours, and has digits only.
  const select = `select json_build_object(${pairs.join(', ')})::text as line from ${table.name}
    where tenant_id = '${tenantUuid}'::uuid${only} order by ${key.length > 0 ? key.join(', ') : '1'}`;
  for await (const row of throughCursor<{ line: string }>(tx, select, ({ line }) => line.length)) yield row.line;
}

/** Bytes of rows that are asked for at once. */
const fetchBytes = 4 * 1024 * 1024;
const mostRows = 500;

/** Rows of a statement without parameters, in the order that it gives. `sizeOf`: about the bytes of a row. */
export async function* throughCursor<Row>(
  tx: PlatformTransaction,
  select: string,
  sizeOf: (row: Row) => number,
): AsyncGenerator<Row> {
  await tx.query(`declare archive_rows no scroll cursor for ${select}`);
  for (let count = 4; ;) {
    const rows = await tx.query<Row>(`fetch ${count} from archive_rows`);
    yield* rows;
    if (rows.length < count) break;
    const largest = Math.max(1, ...rows.map(sizeOf));
    count = Math.max(1, Math.min(count * 4, mostRows, Math.floor(fetchBytes / largest)));
  }
  await tx.query('close archive_rows');
}

/** Writes rows that {@link readRows} gave, as one tenant's. */
export function writeRowsSql(table: ArchivedTable, columns: readonly Column[]): string {
  const names = columns.map(({ name }) => `"${name}"`);
  return `insert into ${table.name} (tenant_id, ${names.join(', ')})
    select $1::uuid, ${columns.map(({ name, type }) => `r."${name}"::${type}`).join(', ')}
    from json_to_recordset($2::json) as r (${names.map((name) => `${name} text`).join(', ')})`;
}
