import type { HostHandlers } from '@annex/host-api';
import { pageOf, quote, readCursor, textCursor } from '@annex/kernel';
import { listLimits } from '@annex/limits';
import { deleteKv, getKv, incrementKv, listKv, setKv } from '../rows/kv.js';
import type { Database } from '@annex/database';
import { executionErrors } from '../errors.js';
import type { RunIdentity } from './run-identity.js';

type KvHandlers = Pick<HostHandlers<RunIdentity>, 'kv.get' | 'kv.set' | 'kv.delete' | 'kv.list' | 'kv.incr'>;

/** `ctx.kv`: each call is one transaction of its own. */
export function kvHandlers(database: Pick<Database, 'forTenant'>): KvHandlers {
  return {
    'kv.get': async ([key], { identity }) => {
      const { tenantId, installationId } = identity.snapshot;
      const value = await database.forTenant(tenantId).transaction((tx) => getKv(tx, { installationId, key }));
      return value ?? null;
    },
    'kv.set': async ([key, value, options], { identity }) => {
      const { tenantId, installationId } = identity.snapshot;
      identity.checkName(key, 'The key of ctx.kv.set');
      const masked = identity.mask(value, `ctx.kv.set(${quote(key)})`);
      await database
        .forTenant(tenantId)
        .transaction((tx) => setKv(tx, { installationId, key, value: masked, ttlS: options?.ttl_s }));
      return null;
    },
    'kv.delete': ([key], { identity }) => {
      const { tenantId, installationId } = identity.snapshot;
      return database.forTenant(tenantId).transaction((tx) => deleteKv(tx, { installationId, key }));
    },
    'kv.list': async ([options], { identity }) => {
      const { tenantId, installationId } = identity.snapshot;
      const { prefix = '', limit = listLimits.defaultItems, cursor } = options ?? {};
      const after = readCursor(cursor, textCursor.read, refuseCursor);
      // No key holds such characters, so nothing begins with them.
      if (prefix.includes('\0') || !prefix.isWellFormed()) return { keys: [], next_cursor: null };
      const entries = await database
        .forTenant(tenantId)
        .transaction((tx) => listKv(tx, { installationId, prefix, after, limit: limit + 1 }));
      const { items, next_cursor } = pageOf(entries, { limit }, ({ key }) => textCursor.write(key));
      return {
        keys: items.map(({ key, expiresAt }) => ({ key, expires_at: expiresAt?.toISOString() ?? null })),
        next_cursor,
      };
    },
    'kv.incr': async ([key, by, options], { identity }) => {
      const { tenantId, installationId } = identity.snapshot;
      identity.checkName(key, 'The key of ctx.kv.incr');
      const sum = await database
        .forTenant(tenantId)
        .transaction((tx) => incrementKv(tx, { installationId, key, by: by ?? 1, ttlS: options?.ttl_s }));
      if (sum !== undefined) return sum;
      throw executionErrors.error(
        'KV_NOT_A_NUMBER',
        `The key ${quote(key)} holds something else than a number, so it cannot be counted up. Delete it or use ` +
          'another key.',
      );
    },
  };
}

function refuseCursor(): never {
  throw executionErrors.error(
    'CURSOR_INVALID',
    'The cursor is not one that ctx.kv.list answered as next_cursor. Leave it out to begin at the first key.',
  );
}
