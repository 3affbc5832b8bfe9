import { appendAudit } from '@annex/audit';
import {
  mapPage,
  pageOf,
  quote,
  readCursor,
  textCursor,
  type Id,
  type Json,
  type Page,
  type PageRequest,
  type TenantActor,
} from '@annex/kernel';
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
    caller: TenantActor,
    plugin: string,
    { prefix = '', ...page }: PageRequest & { prefix?: string | undefined },
  ): Promise<Page<KvEntryView>> {
    const after = readCursor(page.cursor, textCursor.read, refuseCursor);
    return this.#of(caller, plugin, async (tx, installationId) => {
      // Nothing begins with what no key can hold.
      const entries = storable(prefix)
        ? await browseKv(tx, { installationId, prefix, after, limit: page.limit + 1 })
        : [];
      return mapPage(
        pageOf(entries, page, ({ key }) => textCursor.write(key)),
        entryView,
      );
    });
  }

  /** Throws `KV_NOT_FOUND`. */
  get(caller: TenantActor, plugin: string, key: string): Promise<KvValueView> {
    return this.#of(caller, plugin, async (tx, installationId) => {
      const entry = storable(key) ? await showKv(tx, { installationId, key }) : undefined;
      if (!entry) throw notFound(key);
      return { ...entryView(entry), value: entry.value };
    });
  }

  /** Throws `KV_NOT_FOUND`. */
  delete(caller: TenantActor, plugin: string, key: string): Promise<void> {
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
    caller: TenantActor,
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

function refuseCursor(): never {
  throw executionErrors.error(
    'CURSOR_INVALID',
    'The cursor is not one that this list answered. Leave it out to begin.',
  );
}

function notFound(key: string): Error {
  return executionErrors.error(
    'KV_NOT_FOUND',
    `The plugin keeps nothing under ${quote(key)}; it may have run out. GET /api/plugins/:id/kv lists its keys.`,
  );
}
