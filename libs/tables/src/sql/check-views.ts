import type { PlatformTransaction } from '@annex/database';
import { viewSource, type CheckedView, type MappedView } from './sources.js';

/**
 * Looks whether the operator's views are there, have the columns that were named, and may be read by the application's
 * role. Answers what can be read, and every problem as `<pointer>: what to do`.
 */
export async function checkViews(
  tx: PlatformTransaction,
  views: Readonly<Record<string, MappedView>>,
): Promise<{ views: Map<string, CheckedView>; problems: string[] }> {
  const checked = new Map<string, CheckedView>();
  const problems: string[] = [];
  for (const [table, view] of Object.entries(views)) {
    const [schema, name] = view.view.includes('.') ? view.view.split('.') : [null, view.view];
    const [found] = await tx.query<{ oid: number; readable: boolean }>(
      `select c.oid, has_schema_privilege('annex_app', n.oid, 'usage')
         and has_table_privilege('annex_app', c.oid, 'select') as readable
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relname = $2 and n.nspname = any(case when $1::text is null then current_schemas(false)::text[]
         else array[$1::text] end) and c.relkind in ('v', 'm', 'r', 'p', 'f')
       order by array_position(current_schemas(false)::text[], n.nspname::text) limit 1`,
      [schema, name],
    );
    if (!found) {
      problems.push(`/${table}/view: there is no view ${view.view} in this database`);
      continue;
    }
    if (!found.readable)
      problems.push(
        `/${table}/view: the role annex_app may not read ${view.view}; GRANT USAGE on its schema and SELECT on it`,
      );
    const columns = await tx.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, null) as type from pg_attribute
       where attrelid = $1 and attnum > 0 and not attisdropped order by attnum`,
      [found.oid],
    );
    const types = new Map(columns.map(({ name, type }) => [name, type === 'character varying' ? 'text' : type]));
    const names = [...types.keys()].join(', ');
    for (const [setting, column] of [
      ['tenant_column', view.tenantColumn],
      ['id_column', view.idColumn],
    ] as const) {
      if (!types.has(column))
        problems.push(`/${table}/${setting}: ${view.view} has no column ${column}; it has ${names}`);
    }
    const tenantType = types.get(view.tenantColumn);
    if (tenantType !== undefined && tenantType !== 'text' && !(tenantType === 'uuid' && view.tenant === 'id')) {
      problems.push(
        `/${table}/tenant_column: ${view.tenantColumn} is of type ${tenantType}; it must be ` +
          `text${view.tenant === 'id' ? ' or uuid' : ''}`,
      );
    }
    const tenantValue = view.tenant === 'slug' ? 'slug' : tenantType === 'uuid' ? 'uuid' : 'id';
    checked.set(table, { source: viewSource(view, types), tenantValue });
  }
  return { views: checked, problems };
}
