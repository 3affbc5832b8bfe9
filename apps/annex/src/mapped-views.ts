import { tableName } from '@annex/host-api';
import { messageOf } from '@annex/kernel';
import { systemTables, type MappedView } from '@annex/tables';
import { z } from 'zod';

const identifier = z
  .string()
  .max(63)
  .regex(/^[^\0.]+$/, { error: 'must be the name of a column, as the catalogue writes it' });
const mappedView = z.strictObject({
  view: z
    .string()
    .regex(/^[^\0.]{1,63}(\.[^\0.]{1,63})?$/, { error: 'must be the name of a view, such as app.orders' }),
  tenant_column: identifier,
  tenant: z.enum(['slug', 'id'], { error: 'must be slug or id: what the tenant column holds' }).default('slug'),
  id_column: identifier.default('id'),
});

/**
 * Reads `ANNEX_TABLES`: the operator's views by the name under which plugins ask for them. Every problem as `<pointer>:
 * what to write`.
 */
export function readMappedViews(text: string): { views: Record<string, MappedView>; problems: string[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    return { views: {}, problems: [`must be JSON: ${messageOf(thrown)}`] };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return {
      views: {},
      problems: ['must be an object such as { "orders": { "view": "app.orders", "tenant_column": "tenant_slug" } }'],
    };
  const problems: string[] = [];
  const views: Record<string, MappedView> = {};
  for (const [table, entry] of Object.entries(json)) {
    if (!tableName.safeParse(table).success || /^(?:annex|pg)_/.test(table))
      problems.push(
        `/${table}: must be a table name: a-z first, then a-z, 0-9 and _, not beginning with annex_ or pg_`,
      );
    else if ((systemTables as readonly string[]).includes(table))
      problems.push(`/${table}: is a system table; map the view to another name`);
    const read = mappedView.safeParse(entry);
    if (read.success)
      views[table] = {
        view: read.data.view,
        tenantColumn: read.data.tenant_column,
        tenant: read.data.tenant,
        idColumn: read.data.id_column,
      };
    else
      for (const { path, message } of read.error.issues)
        problems.push(`${[`/${table}`, ...path].join('/')}: ${message}`);
  }
  return { views, problems };
}
