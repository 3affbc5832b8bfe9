/**
 * What entities say of tables and what PostgreSQL's catalogue says, in the same words, so that the two can be compared
 * (docs/adr/0029-typeorm.md). Foreign keys, CHECK constraints, triggers and policies stand in migrations/ alone.
 */
import { DataSource, type DataSourceOptions, type EntityMetadata } from 'typeorm';

type ColumnMetadata = EntityMetadata['columns'][number];
type IndexMetadata = EntityMetadata['indices'][number];

/** Facts of one table: `column email` → `text not null`, `primary key` → `(tenant_id, id)`. */
type TableFacts = Map<string, string>;

/** By table. */
export type SchemaFacts = Map<string, TableFacts>;

type Sql = <Row>(text: string) => Promise<Row[]>;

/** Where the two sides say different things, a sentence each; none where they agree. */
export function differences(entities: SchemaFacts, schema: SchemaFacts): string[] {
  const tables = [...new Set([...entities.keys(), ...schema.keys()])].sort();
  return tables.flatMap((table) => {
    const [said, found] = [entities.get(table), schema.get(table)];
    if (!said) return [`${table}: no entity describes it`];
    if (!found) return [`${table}: the schema has no such table`];
    return [...new Set([...said.keys(), ...found.keys()])]
      .filter((fact) => said.get(fact) !== found.get(fact))
      .map((fact) => `${table}, ${fact}: entity ${said.get(fact) ?? 'none'}, schema ${found.get(fact) ?? 'none'}`)
      .sort();
  });
}

/** What entities say, as TypeORM reads them. `url`: a database, since it reads them where it connects only. */
export async function entityFacts(
  entities: NonNullable<DataSourceOptions['entities']>,
  url: string,
): Promise<SchemaFacts> {
  const source = new DataSource({ type: 'postgres', url, entities, installExtensions: false, poolSize: 1 });
  await source.initialize();
  try {
    return new Map(source.entityMetadatas.map((entity) => [entity.tableName, factsOf(entity, source)]));
  } finally {
    await source.destroy();
  }
}

function factsOf(entity: EntityMetadata, { driver }: DataSource): TableFacts {
  const facts: TableFacts = new Map();
  for (const column of entity.columns)
    facts.set(
      `column ${column.databaseName}`,
      columnText({
        type: typeText(column, driver.normalizeType(column)),
        collation: column.collation ?? null,
        isRequired: !column.isNullable,
        identity: column.generatedIdentity ?? null,
        value: defaultText(column.default),
      }),
    );
  const names = (columns: readonly ColumnMetadata[]): string[] => columns.map(({ databaseName }) => databaseName);
  facts.set('primary key', `(${names(entity.primaryColumns).join(', ')})`);
  for (const { columns } of entity.uniques) facts.set(`unique (${names(columns).join(', ')})`, 'yes');
  for (const index of entity.indices) facts.set(`index ${index.name}`, indexText(shapeOf(index)));
  return facts;
}

/** As PostgreSQL writes a type: `character varying(20)`, `timestamp(3) with time zone`, `uuid[]`. */
function typeText({ length, precision, scale, isArray }: ColumnMetadata, type: string): string {
  const sizes = [length || undefined, precision ?? undefined, scale].filter((size) => size !== undefined);
  const [, name = type, zone = ''] = /^(.*?)( with(?:out)? time zone)?$/.exec(type) ?? [];
  return `${name}${sizes.length > 0 ? `(${sizes.join(',')})` : ''}${zone}${isArray ? '[]' : ''}`;
}

function defaultText(value: ColumnMetadata['default']): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'function') return value();
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' ? `'${JSON.stringify(value)}'` : String(value);
}

function shapeOf(index: IndexMetadata): IndexShape {
  const order = index.columnNamesWithOrderingMap;
  return {
    method: index.type ?? 'btree',
    isUnique: index.isUnique,
    columns: index.columns.map(({ databaseName: name }) => (order[name] === -1 ? `${name} desc` : name)),
    predicate: index.where ?? null,
  };
}

/** What the catalogue says of the tables in the connection's schema. */
export async function catalogueFacts(sql: Sql): Promise<SchemaFacts> {
  const schema: SchemaFacts = new Map();
  const at = (table: string): TableFacts => {
    const facts = schema.get(table) ?? new Map<string, string>();
    schema.set(table, facts);
    return facts;
  };
  for (const { table, name, ...shape } of await sql<ColumnShape & { table: string; name: string }>(columnsSql))
    at(table).set(
      `column ${name}`,
      columnText({ ...shape, value: shape.value?.replace(/::[\w ]+(\[\])?$/, '') ?? null }),
    );
  for (const { table, kind, columns } of await sql<{ table: string; kind: 'p' | 'u'; columns: string[] }>(keysSql)) {
    if (kind === 'p') at(table).set('primary key', `(${columns.join(', ')})`);
    else at(table).set(`unique (${columns.join(', ')})`, 'yes');
  }
  for (const { table, name, ...shape } of await sql<IndexShape & { table: string; name: string }>(indexesSql))
    at(table).set(`index ${name}`, indexText(shape));
  return schema;
}

interface ColumnShape {
  type: string;
  /** `null`: that of the type. */
  collation: string | null;
  isRequired: boolean;
  /** `ALWAYS` or `BY DEFAULT`. */
  identity: string | null;
  /** The default, as SQL. */
  value: string | null;
}

const columnText = ({ type, collation, isRequired, identity, value }: ColumnShape): string =>
  [
    type,
    collation !== null && `collate "${collation}"`,
    isRequired && 'not null',
    identity !== null && `generated ${identity} as identity`,
    value !== null && `default ${value}`,
  ]
    .filter(Boolean)
    .join(' ');

interface IndexShape {
  method: string;
  isUnique: boolean;
  columns: string[];
  /** Of a partial index, as PostgreSQL writes it, without the brackets around the whole. */
  predicate: string | null;
}

const indexText = ({ method, isUnique, columns, predicate }: IndexShape): string =>
  `${isUnique ? 'unique ' : ''}${method} (${columns.join(', ')})${predicate === null ? '' : ` where ${predicate}`}`;

const ofSchema = `c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace`;

const columnsSql = `
  select c.relname::text as table, a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type,
    (select collname::text from pg_collation l where l.oid = a.attcollation and l.oid <> t.typcollation) as collation,
    a.attnotnull as "isRequired", case a.attidentity when 'a' then 'ALWAYS' when 'd' then 'BY DEFAULT' end as identity,
    pg_get_expr(d.adbin, d.adrelid) as value
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where ${ofSchema}`;

const keysSql = `
  select c.relname::text as table, k.contype::text as kind,
    array(select a.attname::text from unnest(k.conkey) with ordinality as of (number, place)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = of.number order by of.place) as columns
  from pg_class c join pg_constraint k on k.conrelid = c.oid and k.contype in ('p', 'u') where ${ofSchema}`;

// Without those of constraints, and without what TypeORM has no words for: expressions and INCLUDE.
const indexesSql = `
  select c.relname::text as table, x.relname::text as name, m.amname::text as method, i.indisunique as "isUnique",
    array(select a.attname::text || case when i.indoption[of.place - 1] & 1 = 1 then ' desc' else '' end
      from unnest(i.indkey) with ordinality as of (number, place)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = of.number order by of.place) as columns,
    regexp_replace(pg_get_expr(i.indpred, i.indrelid), '^\\((.*)\\)$', '\\1') as predicate
  from pg_class c join pg_index i on i.indrelid = c.oid join pg_class x on x.oid = i.indexrelid
    join pg_am m on m.oid = x.relam
  where ${ofSchema} and i.indexprs is null and i.indnatts = i.indnkeyatts
    and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`;
