import type { DocumentPatch, Filter, HostHandlers, SortKey } from '@annex/host-api';
import { quote, type Id, type JsonObject } from '@annex/kernel';
import type { RunIdentity } from './run-identity.js';

/**
 * Rows of a tenant's tables (`@annex/tables`). Each call is one transaction; it changes nothing once `signal` has
 * fired.
 */
export interface TablesPort {
  query(
    tenant: Tenant,
    table: string,
    query: {
      filter?: Filter | undefined;
      limit?: number | undefined;
      offset?: number | undefined;
      orderBy?: SortKey[] | undefined;
    },
    signal: AbortSignal,
  ): Promise<JsonObject[]>;
  get(tenant: Tenant, table: string, id: string, signal: AbortSignal): Promise<JsonObject | null>;
  count(tenant: Tenant, table: string, filter: Filter | undefined, signal: AbortSignal): Promise<number>;
  insert(tenant: Tenant, table: string, data: JsonObject, signal: AbortSignal): Promise<JsonObject>;
  update(
    tenant: Tenant,
    table: string,
    id: string,
    patch: DocumentPatch,
    signal: AbortSignal,
  ): Promise<JsonObject | null>;
  delete(tenant: Tenant, table: string, id: string, signal: AbortSignal): Promise<boolean>;
}

interface Tenant {
  id: Id<'tenant'>;
  slug: string;
}

type DbHandlers = Pick<HostHandlers<RunIdentity>, (typeof dbMethods)[number]>;

/** The calls of {@link dbHandlers}. */
export const dbMethods = ['db.query', 'db.getById', 'db.count', 'db.insert', 'db.update', 'db.delete'] as const;

/**
 * `ctx.db`. What is written takes effect at once, also in a background run: the run's later failure does not take it
 * back.
 */
export function dbHandlers(tables: TablesPort): DbHandlers {
  return {
    'db.query': ([table, filter, options], { identity, signal }) =>
      tables.query(identity.snapshot.tenant, table, { filter, ...options }, signal),
    'db.getById': ([table, id], { identity, signal }) => tables.get(identity.snapshot.tenant, table, id, signal),
    'db.count': ([table, filter], { identity, signal }) =>
      tables.count(identity.snapshot.tenant, table, filter, signal),
    'db.insert': ([table, document], { identity, signal }) => {
      identity.checkName(table, 'The table of ctx.db.insert');
      return tables.insert(
        identity.snapshot.tenant,
        table,
        identity.mask(document, `ctx.db.insert(${quote(table)})`) as JsonObject,
        signal,
      );
    },
    'db.update': ([table, id, { set, unset }], { identity, signal }) => {
      const masked = identity.mask(set, `ctx.db.update(${quote(table)})`) as JsonObject;
      return tables.update(identity.snapshot.tenant, table, id, { set: masked, unset }, signal);
    },
    'db.delete': ([table, id], { identity, signal }) => tables.delete(identity.snapshot.tenant, table, id, signal),
  };
}
