import { appendAudit } from '@annex/audit';
import { quote, type Id, type Json } from '@annex/kernel';
import type { Database, TenantTransaction } from '@annex/database';
import { executionErrors } from '../errors.js';
import { browseKv, deleteKv, showKv, type KvEntry } from '../rows/kv.js';

/** One entry of a plugin's store, as lists show it. */
export interface KvEntryView {
  key: string;
  /** Bytes of its value as JSON. */
  size: number;
  /** `null`: it stays. */
  expires_at: string | null;
  updated_at: string;
}

export interface KvValueView extends KvEntryView {
  value: Json;
}

/** Who looks. The API has checked that they may. */
export interface KvCaller {
  actor: string;
  tenant: { id: Id<'tenant'> };
  requestId?: string;
}

/** What plugins keep in `ctx.kv`, for the people who look after them. */
export class KvBrowser {
  constructor(
    private readonly options: {
      database: Pick<Database, 'forTenant'>;
      /** Throws `PLUGIN_NOT_FOUND`. */
      findInstallation(tenantId: Id<'tenant'>, idOrSlug: string): Promise<{ installationId: Id<'installation'> }>;
    },
  ) {}

  /** Entries in the order of their keys' bytes. Throws `CURSOR_INVALID`. */
  list(
    caller: KvCaller,
    plugin: string,
    { prefix = '', limit, cursor }: { prefix?: string | undefined; limit: number; cursor?: string | undefined },
  ): Promise<{ items: KvEntryView[]; next_cursor: string | null }> {
    return this.#of(caller, plugin, async (tx, installationId) => {
      const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString('utf8');
      if (after?.includes('\0') || prefix.includes('\0') || !prefix.isWellFormed())
        throw executionErrors.error(
          'CURSOR_INVALID',
          'No key begins like that. Send a next_cursor as it was answered.',
        );
      const entries = await browseKv(tx, { installationId, prefix, after, limit: limit + 1 });
      const last = entries.length > limit ? entries[limit - 1] : undefined;
      return {
        items: entries.slice(0, limit).map(entryView),
        next_cursor: last ? Buffer.from(last.key).toString('base64url') : null,
      };
    });
  }

  /** Throws `KV_NOT_FOUND`. */
  get(caller: KvCaller, plugin: string, key: string): Promise<KvValueView> {
    return this.#of(caller, plugin, async (tx, installationId) => {
      const entry = storable(key) ? await showKv(tx, { installationId, key }) : undefined;
      if (!entry) throw notFound(key);
      return { ...entryView(entry), value: entry.value };
    });
  }

  /** Throws `KV_NOT_FOUND`. */
  delete(caller: KvCaller, plugin: string, key: string): Promise<void> {
    return this.#of(caller, plugin, async (tx, installationId) => {
      if (!storable(key) || !(await deleteKv(tx, { installationId, key }))) throw notFound(key);
      await appendAudit(tx, {
        actor: caller.actor,
        action: 'kv.deleted',
        target: installationId,
        detail: { key },
        ...(caller.requestId !== undefined && { requestId: caller.requestId }),
      });
    });
  }

  async #of<T>(
    caller: KvCaller,
    plugin: string,
    work: (tx: TenantTransaction, id: Id<'installation'>) => Promise<T>,
  ): Promise<T> {
    const { installationId } = await this.options.findInstallation(caller.tenant.id, plugin);
    return this.options.database.forTenant(caller.tenant.id).transaction((tx) => work(tx, installationId));
  }
}

function entryView({ key, bytes, expiresAt, updatedAt }: KvEntry): KvEntryView {
  return {
    key,
    size: bytes,
    expires_at: expiresAt?.toISOString() ?? null,
    updated_at: updatedAt.toISOString(),
  };
}

/** Whether PostgreSQL could hold such a key. */
function storable(key: string): boolean {
  return !key.includes('\0') && key.isWellFormed();
}

function notFound(key: string): Error {
  return executionErrors.error(
    'KV_NOT_FOUND',
    `The plugin keeps nothing under ${quote(key)}; it may have run out. GET /api/plugins/:id/kv lists its keys.`,
  );
}
