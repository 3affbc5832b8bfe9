/** What people ask of a tenant's tree of settings: read it, change it, follow it. */
import { appendAudit } from '@annex/audit';
import type { Database, TenantTransaction } from '@annex/database';
import {
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
import { settingKeyFault } from '@annex/manifest';
import { refuseCursor, settingErrors } from './errors.js';
import { readSettingKey, requireSettingValue } from './read-setting.js';
import { findSetting, listSettings, readHead } from './rows/settings.js';
import type { SettingRow } from './rows/setting-row.js';
import { followSettings, type FollowedSettings, type SettingReader } from './setting-feed.js';
import { changeSetting, type SettingChange } from './sql/change-setting.js';

/** A setting on the wire. */
export interface SettingView {
  key: string;
  value: Json;
  /** Of the change that made it so; it counts over the whole tree. */
  revision: number;
  updated_by: string | null;
  created_at: string;
  updated_at: string;
}

/** A page of the tree. `revision`: what the tree is at; changes behind it are not in the page. */
export type SettingPage = Page<SettingView> & { revision: number };

/** What a change goes by: the revision that the key must have, `null` for no key. Left out: whatever there is. */
export interface SettingTerms {
  expects?: number | null | undefined;
}

export class SettingsTree {
  constructor(private readonly options: { database: Pick<Database, 'forTenant'> }) {}

  /** A page of the keys with a prefix, in the order of their bytes. */
  async list(
    tenantId: Id<'tenant'>,
    { prefix = '', limit, cursor }: PageRequest & { prefix?: string | undefined },
  ): Promise<SettingPage> {
    const after = readCursor(
      cursor,
      (text) => {
        const key = textCursor.read(text);
        return key !== undefined && settingKeyFault(key) === undefined ? key : undefined;
      },
      refuseCursor,
    );
    // Nothing is called so; PostgreSQL would refuse the text.
    const isPossible = !prefix.includes('\0') && prefix.isWellFormed();
    return this.options.database.forTenant(tenantId).transaction(async (tx) => {
      const revision = await readHead(tx);
      const rows = isPossible
        ? await listSettings(tx, { prefix: prefix.normalize('NFC'), after, limit: limit + 1 })
        : [];
      const page = pageOf(rows, { limit }, ({ key }) => textCursor.write(key));
      return { ...page, items: page.items.map(view), revision };
    });
  }

  /** Throws `SETTING_KEY_INVALID`, `SETTING_NOT_FOUND`. */
  async get(tenantId: Id<'tenant'>, path: string): Promise<SettingView> {
    const key = readSettingKey(path);
    const row = await this.options.database.forTenant(tenantId).transaction((tx) => findSetting(tx, key));
    if (!row) throw notFound(key);
    return view(row);
  }

  /**
   * Sets a key, new or not. The value that it has already changes nothing. Throws `SETTING_KEY_INVALID`,
   * `SETTING_TOO_LARGE`, `SETTING_CHANGED`, `QUOTA_EXCEEDED`.
   */
  put(
    caller: TenantActor,
    path: string,
    { value, expects }: SettingTerms & { value: Json },
  ): Promise<SettingView & { created: boolean }> {
    const key = readSettingKey(path);
    requireSettingValue(key, value);
    return this.options.database.forTenant(caller.tenant.id).transaction(async (tx) => {
      const change = await changeSetting(tx, { key, value }, { expects, actor: caller.actor });
      if (change.outcome === 'refused') throw changed(key, change.found);
      await this.#record(tx, caller, key, change);
      const row = await findSetting(tx, key);
      if (!row) throw new Error(`the setting ${key} was written and is not there`);
      return { ...view(row), created: change.outcome === 'created' };
    });
  }

  /** Removes a key. Throws `SETTING_KEY_INVALID`, `SETTING_NOT_FOUND`, `SETTING_CHANGED`. */
  delete(caller: TenantActor, path: string, { expects }: SettingTerms = {}): Promise<void> {
    const key = readSettingKey(path);
    return this.options.database.forTenant(caller.tenant.id).transaction(async (tx) => {
      const change = await changeSetting(tx, { key, value: undefined }, { expects, actor: caller.actor });
      if (change.outcome === 'refused') throw changed(key, change.found);
      if (change.outcome === 'missing') throw notFound(key);
      await this.#record(tx, caller, key, change);
    });
  }

  /** Sends each change once, in order, until the answered function is called. Throws `SETTING_HISTORY_GONE`. */
  follow(tenantId: Id<'tenant'>, asked: FollowedSettings, reader: SettingReader): Promise<() => void> {
    return followSettings(this.options.database, tenantId, { asked, reader });
  }

  /** Keys and revisions only: a value may be what nobody wants in an audit trail for a year. */
  async #record(
    tx: TenantTransaction,
    { actor, requestId }: TenantActor,
    key: string,
    change: SettingChange,
  ): Promise<void> {
    if (change.outcome === 'same' || change.outcome === 'refused' || change.outcome === 'missing') return;
    await appendAudit(tx, {
      actor,
      action: change.outcome === 'deleted' ? 'setting.deleted' : 'setting.set',
      target: key,
      detail: { revision: change.revision },
      ...(requestId !== undefined && { requestId }),
    });
  }
}

function view({ key, value, revision, updatedBy, createdAt, updatedAt }: SettingRow): SettingView {
  return {
    key,
    value,
    revision,
    updated_by: updatedBy,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

function notFound(key: string): Error {
  return settingErrors.error(
    'SETTING_NOT_FOUND',
    `There is no setting ${quote(key)} here. GET /api/settings?prefix=… lists those that there are.`,
  );
}

function changed(key: string, found: number | null): Error {
  const is = found === null ? 'not there' : `at revision ${found}`;
  return settingErrors.error(
    'SETTING_CHANGED',
    `The setting ${quote(key)} is ${is}, which is not what the condition asks for; nothing was changed. Read it again.`,
    { extra: { revision: found } },
  );
}
