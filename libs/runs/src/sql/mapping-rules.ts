/**
 * The mappings in force, made ready to be asked and kept between events. Each emit reads the revision of its tenant's
 * mappings in the statement that finds the subscribers, so nobody asks by rules that are old, and a tenant without
 * mappings pays no statement.
 */
import { Mapper, type ActiveMapping } from '@annex/events';
import { LRUCache } from 'lru-cache';
import type { TenantTransaction } from '@annex/database';
import { MappingRow } from '../rows/mapping-row.js';

/** The rules of one revision. */
export interface KnownMapper {
  /** `null`: the tenant never had a mapping. */
  revision: string | null;
  mapper: Mapper;
}

const none: KnownMapper = { revision: null, mapper: new Mapper([]) };
/** By tenant. A revision is a random number, so that of another tenant or database never fits. */
const known = new LRUCache<string, KnownMapper>({ max: 1000 });

/** The rules that the tenant had when this process last looked; they may be old. */
export function lastMapper({ tenantUuid }: Pick<TenantTransaction, 'tenantUuid'>): KnownMapper {
  return known.get(tenantUuid) ?? none;
}

/** The rules of a revision that was just read. */
export async function mapperOf(tx: TenantTransaction, revision: string | null): Promise<KnownMapper> {
  if (revision === null) return none;
  const last = lastMapper(tx);
  if (last.revision === revision) return last;
  const loaded = { revision, mapper: new Mapper(await listActiveMappings(tx)) };
  known.set(tx.tenantUuid, loaded);
  return loaded;
}

/** Every mapping in force. */
export async function listActiveMappings(tx: TenantTransaction): Promise<ActiveMapping[]> {
  return tx.rows<MappingRow, Pick<MappingRow, 'name' | 'plugin' | 'definition'>>(
    MappingRow,
    'select name, plugin, definition from mappings where tenant_id = $1',
    [tx.tenantUuid],
  );
}
