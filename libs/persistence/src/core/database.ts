/**
 * The doors to PostgreSQL. There are two, and no third: `forTenant(id)` opens transactions in which row-level security shows one tenant's
 * rows, `platform` opens those of the platform's own work across tenants (relay, retention, sign-in). Repositories take the transaction
 * that such a door made, so none can be used without having chosen.
 */
import { FairGate, messageOf, uuidFromId, type Id, type Logger } from '@annex/kernel';
import { DataSource, type EntityManager } from 'typeorm';
import { entities } from '../entities.js';
import { Listener, type NotificationHandler } from './listener.js';

export interface DatabaseOptions {
  url: string;
  /** Connections for tenants' transactions, two thirds of them for one tenant at most. Default 10. */
  poolSize?: number;
  /** Connections for the platform's own transactions. Default 4. */
  platformPoolSize?: number;
  /** Shown in `pg_stat_activity`. Default `annex`. */
  applicationName?: string;
  /** A query that takes longer fails, so that a half-open connection cannot hang its caller. Milliseconds, default 15000. */
  queryTimeoutMs?: number;
  logger: Logger;
}

/** Tells this process's own listeners, without the way through PostgreSQL. */
type TellHere = (channel: string, payload: string) => void;

const defaultPoolSize = 10;
/** The longest that a transaction waits for a connection, in milliseconds. */
const connectionTimeoutMs = 10_000;

/** One tenant leaves a third of the connections to the others, however much it asks for at once. */
const sharePerTenant = (poolSize: number): number => Math.max(1, Math.ceil((poolSize * 2) / 3));
const waitLimit = (): AbortSignal => AbortSignal.timeout(connectionTimeoutMs);

/** One open transaction. */
export class Transaction {
  readonly #afterCommit: (() => void)[] = [];
  readonly #tellHere: TellHere | undefined;

  constructor(
    readonly manager: EntityManager,
    tellHere?: TellHere,
  ) {
    this.#tellHere = tellHere;
  }

  /** Runs parameterised SQL and answers its rows (of `INSERT/UPDATE/DELETE … RETURNING` too). */
  async query<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.manager.queryRunner?.query(sql, [...parameters], true);
    return (result?.records ?? []) as Row[];
  }

  /** Runs parameterised SQL and answers how many rows it touched. */
  async execute(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    const result = await this.manager.queryRunner?.query(sql, [...parameters], true);
    return result?.affected ?? 0;
  }

  /** Sends a NOTIFY that listeners get when, and only if, this transaction commits. `payload` ≤ 8000 bytes. */
  async notify(channel: string, payload: string): Promise<void> {
    await this.query('select pg_notify($1, $2)', [channel, payload]);
  }

  /** Registers work for after the commit, such as dropping a cache entry; not run after a rollback. */
  afterCommit(work: () => void): void {
    this.#afterCommit.push(work);
  }

  /**
   * Tells every process to drop what it caches of a tenant once this commits. This one has dropped it when the transaction's caller goes on, so
   * that whoever asks after an answered change is served what it changed to.
   */
  protected async announceChange(tenantUuid: string, what: string): Promise<void> {
    await this.query('select annex_changed($1, $2)', [tenantUuid, what]);
    const tellHere = this.#tellHere;
    if (tellHere) this.afterCommit(() => tellHere('annex_changed', JSON.stringify({ tenant: tenantUuid, what })));
  }

  /** @internal */
  committed(): void {
    for (const work of this.#afterCommit) work();
  }
}

/** A transaction that sees one tenant. Only {@link Database.forTenant} makes one. */
export class TenantTransaction extends Transaction {
  /** The tenant's bare UUID, for SQL. */
  readonly tenantUuid: string;

  constructor(
    manager: EntityManager,
    readonly tenantId: Id<'tenant'>,
    tellHere?: TellHere,
  ) {
    super(manager, tellHere);
    this.tenantUuid = uuidFromId(tenantId);
  }

  /** Tells every process to drop what it caches of this tenant (`what`: `plugins`, `users`, `tokens`, `tenant`, …) once this commits. */
  changed(what: string): Promise<void> {
    return this.announceChange(this.tenantUuid, what);
  }
}

/** A transaction that sees every tenant. Only {@link Database.platform} makes one. */
export class PlatformTransaction extends Transaction {
  /** Tells every process to drop what it caches of a tenant once this commits. */
  changed(tenantId: Id<'tenant'>, what: string): Promise<void> {
    return this.announceChange(uuidFromId(tenantId), what);
  }
}

export interface TenantScope {
  readonly tenantId: Id<'tenant'>;
  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
  transaction<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T>;
}

export class Database {
  readonly #tenants: DataSource;
  readonly #platform: DataSource;
  readonly #listener: Listener;
  /** Keeps one tenant from taking every connection. */
  readonly #turns: FairGate;
  readonly #tellHere: TellHere = (channel, payload) => this.#listener.tell(channel, payload);
  #closing: Promise<void> | undefined;

  private constructor(tenants: DataSource, platform: DataSource, listener: Listener, atOncePerTenant: number) {
    this.#tenants = tenants;
    this.#platform = platform;
    this.#listener = listener;
    this.#turns = new FairGate({ atOncePerKey: atOncePerTenant });
  }

  /** Connects. The schema must be up to date ({@link migrate}). */
  static async open(options: DatabaseOptions): Promise<Database> {
    const opened: { database?: Database } = {};
    const isClosing = () => opened.database !== undefined && opened.database.#closing !== undefined;
    const tenants = source(options, 'annex_app', options.poolSize ?? defaultPoolSize, isClosing);
    const platform = source(options, 'annex_platform', options.platformPoolSize ?? 4, isClosing);
    await tenants.initialize();
    try {
      await platform.initialize();
    } catch (thrown) {
      await tenants.destroy();
      throw thrown;
    }
    opened.database = new Database(tenants, platform, new Listener(options.url, options.logger), sharePerTenant(options.poolSize ?? defaultPoolSize));
    return opened.database;
  }

  forTenant(tenantId: Id<'tenant'>): TenantScope {
    return {
      tenantId,
      transaction: (work) => this.#turns.run(tenantId, () => this.#asTenant(tenantId, work), waitLimit),
    };
  }

  async #asTenant<T>(tenantId: Id<'tenant'>, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    let done: TenantTransaction | undefined;
    const value = await this.#tenants.transaction(async (manager) => {
      const tx = new TenantTransaction(manager, tenantId, this.#tellHere);
      await tx.query("select set_config('app.tenant', $1, true)", [tx.tenantUuid]);
      done = tx;
      return work(tx);
    });
    done?.committed();
    return value;
  }

  /** Runs `work` in one transaction across tenants: committed when it resolves, rolled back when it throws. */
  async platform<T>(work: (tx: PlatformTransaction) => Promise<T>): Promise<T> {
    let done: PlatformTransaction | undefined;
    const value = await this.#platform.transaction((manager) => {
      done = new PlatformTransaction(manager, this.#tellHere);
      return work(done);
    });
    done?.committed();
    return value;
  }

  /**
   * Hears NOTIFY on a channel until the answered function is called. After a lost connection the handler is called once with `null`:
   * notifications may have been missed, so treat everything as changed.
   */
  listen(channel: string, handler: NotificationHandler): Promise<() => void> {
    return this.#listener.listen(channel, handler);
  }

  /** Throws unless PostgreSQL answers. */
  async ping(): Promise<void> {
    await this.#platform.query('select 1');
  }

  /** Ends every connection. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#listener.stop();
      await Promise.allSettled([this.#tenants.destroy(), this.#platform.destroy()]);
    })();
    return this.#closing;
  }
}

function source({ url, logger, applicationName = 'annex', queryTimeoutMs = 15_000 }: DatabaseOptions, role: string, poolSize: number, isClosing: () => boolean): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities,
    poolSize,
    poolErrorHandler: (error: Error) => {
      // The server's shutdown may overtake a connection that is being closed.
      if (!isClosing()) logger.warn({ reason: messageOf(error) }, 'a database connection was lost');
    },
    extra: {
      application_name: applicationName,
      // The role is the connection's own default, so RESET ROLE cannot leave it for a mightier one.
      options: `-c role=${role} -c timezone=UTC -c idle_in_transaction_session_timeout=60000 -c statement_timeout=${queryTimeoutMs}`,
      query_timeout: queryTimeoutMs,
      connectionTimeoutMillis: connectionTimeoutMs,
      keepAlive: true,
    },
  });
}
