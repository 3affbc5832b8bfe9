/**
 * Secrets, envelope-encrypted: a master key wraps one data key per tenant, the data key seals each value together with
 * whose it is, what it is called and which version it is. A row that was moved to another tenant, plugin or name does
 * not open.
 */
import { randomBytes } from 'node:crypto';
import {
  quote,
  SECOND,
  type Actor,
  type Clock,
  type Id,
  type SealedValue,
  type Stoppable,
  type TenantActor,
} from '@annex/kernel';
import { secretLimits } from '@annex/limits';
import { appendAudit } from '@annex/audit';
import {
  deleteSecret,
  findReplacedSecrets,
  findSecretsFor,
  findSecretScopes,
  findTenantSecrets,
  holdInstallation,
  listSecrets,
  lockSecret,
  upsertSecret,
  type PresentSecret,
  type ReplacedSecret,
  type SecretScope,
} from './rows/secrets.js';
import {
  findForeignKeys,
  findTenantKey,
  insertTenantKey,
  listTenantKeys,
  lockKeysNotWrappedBy,
  rewrapTenantKey,
} from './rows/tenant-keys.js';
import {
  watchChanges,
  WatchedCache,
  type Change,
  type Database,
  type PlatformTransaction,
  type TenantTransaction,
} from '@annex/database';
import { vaultErrors } from './errors.js';
import type { Keyring } from './keyring.js';
import { open, seal } from './sealed.js';
import { checkSecret, isSecretName } from './secret-rules.js';

/** Installations whose secrets are kept open in memory, and for how long should a notification be lost. */
const KEPT = 1000;
const KEPT_MS = 15 * SECOND;
const REWRAP_PORTION = 100;

export interface VaultOptions {
  database: Database;
  /** Finds the installation that a caller names by id or slug; any text may come. */
  findInstallation(tx: TenantTransaction, idOrSlug: string): Promise<{ id: Id<'installation'> } | null>;
  keyring: Keyring;
  clock: Clock;
}

export interface SecretInput extends Actor {
  /** Whose: `null` for the tenant's own. */
  installationId: SecretScope;
  name: string;
  value: string;
  /** Hosts to which `secrets.ref` may send it. Default: what they were, at first none. */
  allowedHosts?: readonly string[] | undefined;
}

/** A secret as the API shows it: never its value. */
export interface SecretView {
  name: string;
  /** Counts up with each new value. */
  version: number;
  allowed_hosts: string[];
  updated_by: string | null;
  created_at: string;
  updated_at: string;
}

/**
 * A value, and where `secrets.ref` may send it; an empty list leaves that to the hosts that the plugin may reach at
 * all.
 */
export interface SendableSecret {
  value: string;
  allowedHosts: readonly string[];
}

interface Opened {
  tenantId: Id<'tenant'>;
  values: ReadonlyMap<string, string>;
  sendable: ReadonlyMap<string, SendableSecret>;
}

interface DataKey {
  tenantId: Id<'tenant'>;
  key: Buffer;
}

export class Vault implements Stoppable {
  readonly #opened: WatchedCache<Opened>;
  readonly #dataKeys: WatchedCache<DataKey>;
  #running: Promise<() => void> | undefined;

  constructor(private readonly options: VaultOptions) {
    const { clock } = options;
    this.#opened = new WatchedCache({ max: KEPT, maxAgeMs: KEPT_MS, clock });
    this.#dataKeys = new WatchedCache({ max: KEPT, maxAgeMs: KEPT_MS, clock });
  }

  /** Sets a secret, new or not. Throws `INVALID_SECRET`, `PLUGIN_NOT_FOUND`, `SECRET_LIMIT`. */
  async set(
    tx: TenantTransaction,
    { installationId, name, value, allowedHosts, actor, requestId }: SecretInput,
  ): Promise<SecretView> {
    checkSecret({ name, value, allowedHosts });
    if (installationId !== null && !(await holdInstallation(tx, installationId))) throw pluginNotFound(installationId);
    const before = await lockSecret(tx, installationId, name);
    if (before.version === 0 && before.count >= secretLimits.count) {
      throw vaultErrors.error(
        'SECRET_LIMIT',
        `There are ${before.count} secrets here already, the most there may be. Delete some first.`,
      );
    }
    const bytes = before.bytes + Buffer.byteLength(value);
    if (bytes > secretLimits.scopeBytes) {
      throw vaultErrors.error(
        'SECRET_LIMIT',
        `The secrets here would have ${bytes} bytes together; the limit is ${secretLimits.scopeBytes}. Delete ` +
          'some first, or ' +
          'keep what is no secret in the config or in files.',
      );
    }
    const dataKey = await this.#currentDataKey(tx);
    const version = before.version + 1;
    const sealed = seal(
      dataKey.key,
      Buffer.from(value, 'utf8'),
      contextOf({ tenantId: tx.tenantId, installationId, name, version }),
    );
    await upsertSecret(tx, {
      installationId,
      name,
      version,
      keyVersion: dataKey.version,
      ...sealed,
      updatedBy: actor,
      ...(allowedHosts ? { allowedHosts: [...allowedHosts] } : {}),
    });
    await this.#record(tx, 'secret.set', {
      installationId,
      name,
      actor,
      requestId,
      detail: { version, ...(allowedHosts ? { allowed_hosts: [...allowedHosts] } : {}) },
    });
    const row = (await this.list(tx, installationId)).find((secret) => secret.name === name);
    if (!row) throw notFound(name);
    return row;
  }

  /** Names and dates of a scope's secrets, by name. */
  async list(tx: TenantTransaction, installationId: SecretScope): Promise<SecretView[]> {
    const rows = await listSecrets(tx, installationId);
    return rows.map((row) => ({
      name: row.name,
      version: row.version,
      allowed_hosts: row.allowedHosts,
      updated_by: row.updatedBy,
      created_at: row.createdAt.toISOString(),
      updated_at: row.updatedAt.toISOString(),
    }));
  }

  /** Throws `SECRET_NOT_FOUND`. */
  async delete(
    tx: TenantTransaction,
    { installationId, name, actor, requestId }: Omit<SecretInput, 'value' | 'allowedHosts'>,
  ): Promise<void> {
    if (!isSecretName(name)) throw notFound(name);
    await lockSecret(tx, installationId, name);
    if (!(await deleteSecret(tx, installationId, name))) throw notFound(name);
    await this.#record(tx, 'secret.deleted', { installationId, name, actor, requestId, detail: {} });
  }

  /** {@link set} for a caller. `plugin`: its id or slug; unset: tenant-wide. */
  setFor(
    caller: TenantActor,
    {
      plugin,
      name,
      value,
      allowedHosts,
    }: { plugin?: string | undefined; name: string; value: string; allowedHosts?: readonly string[] | undefined },
  ): Promise<SecretView> {
    return this.#inScope(caller, plugin, (tx, installationId) =>
      this.set(tx, { installationId, name, value, allowedHosts, actor: caller.actor, requestId: caller.requestId }),
    );
  }

  /** {@link list} for a caller. `plugin`: its id or slug; unset: tenant-wide. */
  listFor(caller: TenantActor, { plugin }: { plugin?: string | undefined } = {}): Promise<SecretView[]> {
    return this.#inScope(caller, plugin, (tx, installationId) => this.list(tx, installationId));
  }

  /** {@link delete} for a caller. `plugin`: its id or slug; unset: tenant-wide. */
  deleteFor(caller: TenantActor, { plugin, name }: { plugin?: string | undefined; name: string }): Promise<void> {
    return this.#inScope(caller, plugin, (tx, installationId) =>
      this.delete(tx, { installationId, name, actor: caller.actor, requestId: caller.requestId }),
    );
  }

  /** Which of the names have no value, neither the plugin's own nor the tenant's; in the order given. */
  async missing(
    tx: TenantTransaction,
    installationId: Id<'installation'>,
    names: readonly string[],
  ): Promise<string[]> {
    const set = await this.setBy(tx, installationId, names);
    return names.filter((name) => !set.has(name));
  }

  /** Whose value a plugin gets, by name; names without a value are left out. */
  setBy(
    tx: TenantTransaction,
    installationId: Id<'installation'>,
    names: readonly string[],
  ): Promise<Map<string, 'plugin' | 'tenant'>> {
    return findSecretScopes(tx, installationId, names);
  }

  /**
   * The values a plugin may read: those of the names its manifest declares, its own before the tenant's. Names that are
   * not set are left out. Throws `MASTER_KEY_MISSING`, `SECRET_DAMAGED`.
   */
  async readForRun(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    declaredNames: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    if (declaredNames.length === 0) return new Map();
    return (await this.#openFor(tenantId, installationId, declaredNames)).values;
  }

  /** The same values with the hosts to which each may be sent. Throws as {@link readForRun}. */
  async readForRef(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    declaredNames: readonly string[],
  ): Promise<ReadonlyMap<string, SendableSecret>> {
    if (declaredNames.length === 0) return new Map();
    return (await this.#openFor(tenantId, installationId, declaredNames)).sendable;
  }

  #openFor(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    declaredNames: readonly string[],
  ): Promise<Opened> {
    const key = `${tenantId}/${installationId}/${[...declaredNames].sort().join('/')}`;
    return this.#load(tenantId, key, (tx) => findSecretsFor(tx, installationId, declaredNames));
  }

  #load(
    tenantId: Id<'tenant'>,
    key: string,
    find: (tx: TenantTransaction) => Promise<PresentSecret[]>,
  ): Promise<Opened> {
    return this.#opened.load(key, () =>
      this.options.database.forTenant(tenantId).transaction(async (tx) => {
        const sendable = await this.#open(tx, await find(tx));
        return { tenantId, sendable, values: new Map([...sendable].map(([name, { value }]) => [name, value])) };
      }),
    );
  }

  /**
   * The tenant-wide values of these names, for the platform itself: no plugin's own, and no manifest is asked. Throws
   * as {@link readForRun}.
   */
  async readForTenant(tenantId: Id<'tenant'>, names: readonly string[]): Promise<ReadonlyMap<string, SendableSecret>> {
    const opened = await this.#load(tenantId, `${tenantId}//${[...names].sort().join('/')}`, (tx) =>
      findTenantSecrets(tx, names),
    );
    return opened.sendable;
  }

  /**
   * The values that present ones replaced within the last day: they go on signing webhooks. Throws as {@link
   * readForRun}.
   */
  async readReplaced(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    if (names.length === 0) return new Map();
    return this.options.database.forTenant(tenantId).transaction(async (tx) => {
      const opened = await this.#open(tx, await findReplacedSecrets(tx, installationId, names));
      return new Map([...opened].map(([name, { value }]) => [name, value]));
    });
  }

  /**
   * Seals a text that some other part keeps in a row of its own. `what` names that row, so that it opens nowhere else.
   */
  async seal(tx: TenantTransaction, what: string, text: string): Promise<SealedValue> {
    const dataKey = await this.#currentDataKey(tx);
    return {
      keyVersion: dataKey.version,
      ...seal(dataKey.key, Buffer.from(text, 'utf8'), ['annex value', tx.tenantId, what]),
    };
  }

  /** Opens what {@link seal} sealed under the same name. Throws `SECRET_DAMAGED`, `MASTER_KEY_MISSING`. */
  async unseal(tx: TenantTransaction, what: string, sealed: SealedValue): Promise<string> {
    const dataKey = await this.#dataKey(tx, sealed.keyVersion);
    try {
      return open(dataKey, sealed, ['annex value', tx.tenantId, what]).toString('utf8');
    } catch (thrown) {
      throw vaultErrors.error(
        'SECRET_DAMAGED',
        `The sealed value of ${what} does not open: its row was changed. Set it again.`,
        { cause: thrown },
      );
    }
  }

  /**
   * A tenant's data keys, opened, for whoever moves it to another server. Throws `MASTER_KEY_MISSING`,
   * `SECRET_DAMAGED`.
   */
  async dataKeys(tx: PlatformTransaction, tenantId: Id<'tenant'>): Promise<{ version: number; key: Buffer }[]> {
    const rows = await listTenantKeys(tx, tenantId);
    return rows.map((row) => ({ version: row.version, key: this.options.keyring.unwrap(row, tenantId) }));
  }

  /** Keeps data keys that came with a tenant from another server. */
  async adoptDataKeys(
    tx: PlatformTransaction,
    tenantId: Id<'tenant'>,
    keys: readonly { version: number; key: Buffer }[],
  ): Promise<void> {
    for (const { version, key } of keys)
      await insertTenantKey(tx.asTenant(tenantId), this.options.keyring.wrap(key, tenantId, version));
  }

  /**
   * Wraps every data key anew that an old master key wraps; answers how many. Values are not touched. May run beside
   * everything else.
   */
  async rewrap(): Promise<number> {
    const { database, keyring } = this.options;
    for (let total = 0; ;) {
      const done = await database.platform(async (tx) => {
        const keys = await lockKeysNotWrappedBy(tx, keyring.currentId, REWRAP_PORTION);
        for (const { tenantId, ...key } of keys)
          await rewrapTenantKey(tx, tenantId, keyring.wrap(keyring.unwrap(key, tenantId), tenantId, key.version));
        return keys.length;
      });
      total += done;
      if (done === 0) return total;
    }
  }

  /** Of the master keys that this vault was given. */
  get masterKeyIds(): readonly string[] {
    return this.options.keyring.ids;
  }

  /** Master keys that seal tenants' secrets and were not given to this vault: what they seal cannot be opened. */
  foreignKeys(): Promise<{ id: string; tenants: number }[]> {
    return this.options.database.platform((tx) => findForeignKeys(tx, this.options.keyring.ids));
  }

  /**
   * Begins to hear of changes, and from then on to keep opened secrets in memory for as long as nobody changes them.
   */
  async start(): Promise<void> {
    this.#running ??= this.#run();
    try {
      await this.#running;
    } catch (thrown) {
      this.#running = undefined;
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running) (await running)();
  }

  async #run(): Promise<() => void> {
    const unlisten = await watchChanges(this.options.database, (change) => this.#forget(change));
    this.#opened.open();
    this.#dataKeys.open();
    return () => {
      unlisten();
      this.#opened.close();
      this.#dataKeys.close();
    };
  }

  #forget(change: Change | null): void {
    if (change === null) return this.#opened.drop();
    if (change.what === 'secrets' || change.what === 'plugins' || change.what === 'tenant')
      this.#opened.drop((opened) => opened.tenantId === change.tenantId);
  }

  #inScope<T>(
    caller: TenantActor,
    plugin: string | undefined,
    work: (tx: TenantTransaction, installationId: SecretScope) => Promise<T>,
  ): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(async (tx) => {
      if (plugin === undefined) return work(tx, null);
      const installation = await this.options.findInstallation(tx, plugin);
      if (!installation) throw pluginNotFound(plugin);
      return work(tx, installation.id);
    });
  }

  async #record(
    tx: TenantTransaction,
    action: string,
    {
      installationId,
      name,
      actor,
      requestId,
      detail,
    }: Actor & { installationId: SecretScope; name: string; detail: Record<string, number | string[]> },
  ): Promise<void> {
    await appendAudit(tx, {
      actor,
      action,
      target: name,
      detail: { plugin: installationId, ...detail },
      ...(requestId !== undefined && { requestId }),
    });
    await tx.changed('secrets');
    tx.afterCommit(() => this.#forget({ tenantId: tx.tenantId, what: 'secrets' }));
  }

  /** Opens rows; a plugin's own value wins over the tenant's of the same name. */
  async #open(
    tx: TenantTransaction,
    rows: readonly (PresentSecret | ReplacedSecret)[],
  ): Promise<ReadonlyMap<string, SendableSecret>> {
    const values = new Map<string, SendableSecret>();
    const ownLast = [...rows].sort((a, b) => Number(a.installationId !== null) - Number(b.installationId !== null));
    for (const row of ownLast) {
      const dataKey = await this.#dataKey(tx, row.keyVersion);
      try {
        values.set(row.name, {
          value: open(dataKey, row, contextOf(row)).toString('utf8'),
          allowedHosts: 'allowedHosts' in row ? row.allowedHosts : [],
        });
      } catch (thrown) {
        throw vaultErrors.error(
          'SECRET_DAMAGED',
          `The secret ${row.name} does not open: its row was changed. Set it again.`,
          { cause: thrown },
        );
      }
    }
    return values;
  }

  async #currentDataKey(tx: TenantTransaction): Promise<{ key: Buffer; version: number }> {
    const { keyring } = this.options;
    // Two first secrets at once: whoever comes second takes the first one's key.
    const wrapped =
      (await findTenantKey(tx)) ?? (await insertTenantKey(tx, keyring.wrap(randomBytes(32), tx.tenantId, 1)));
    return { key: keyring.unwrap(wrapped, tx.tenantId), version: wrapped.version };
  }

  async #dataKey(tx: TenantTransaction, version: number): Promise<Buffer> {
    const { key } = await this.#dataKeys.load(`${tx.tenantId}/${version}`, async () => {
      const wrapped = await findTenantKey(tx, version);
      if (!wrapped) throw vaultErrors.error('SECRET_DAMAGED', `The data key ${version} of this tenant is gone.`);
      return { tenantId: tx.tenantId, key: this.options.keyring.unwrap(wrapped, tx.tenantId) };
    });
    return key;
  }
}

export function createVault(options: VaultOptions): Vault {
  return new Vault(options);
}

/** What a sealed value is bound to. */
function contextOf({
  tenantId,
  installationId,
  name,
  version,
}: {
  tenantId: string;
  installationId: SecretScope;
  name: string;
  version: number;
}): (string | number)[] {
  return ['annex secret', tenantId, installationId ?? '', name, version];
}

function notFound(name: string): Error {
  return vaultErrors.error('SECRET_NOT_FOUND', `There is no secret ${quote(name)} here.`);
}

function pluginNotFound(plugin: string): Error {
  return vaultErrors.error(
    'PLUGIN_NOT_FOUND',
    `This tenant has no plugin ${quote(plugin)}. GET /api/plugins/ lists them.`,
  );
}
