/**
 * The doors to PostgreSQL. There are two, and no third: `forTenant(id)` opens transactions in which row-level security
 * shows one tenant's rows, `platform` opens those of the platform's own work across tenants (relay, retention,
 * sign-in). Repositories take the transaction that such a door made, so none can be used without having chosen.
 */
import { FairGate, idFromUuid, messageOf, uuidFromId, type Id, type Logger } from '@annex/kernel';
import type { PoolClient } from 'pg';
import { DataSource, QueryFailedError, type DataSourceOptions, type EntityManager, type QueryRunner } from 'typeorm';
import type { DatabaseLogins } from './logins/logins.js';
import { Listener, type Notice, type NotificationHandler } from './listener.js';
import type { Statement } from './statement.js';

export interface DatabaseOptions {
  /** Each pool logs in as the role whose rights it works with, and can become no other one. */
  logins: Pick<DatabaseLogins, 'app' | 'platform'>;
  /** Connections for tenants' transactions, two thirds of them for one tenant at most. Default 10. */
  poolSize?: number;
  /** Connections for the platform's own transactions. Default 4. */
  platformPoolSize?: number;
  /** Shown in `pg_stat_activity`. Default `annex`. */
  applicationName?: string;
  /**
   * A query that takes longer fails, so that a half-open connection cannot hang its caller. Milliseconds, default
   * 15000.
   */
  queryTimeoutMs?: number;
  /** Tables that are described as classes. The libraries own them; what joins the libraries lists them. */
  entities: NonNullable<DataSourceOptions['entities']>;
  /**
   * Answers the error of the product for what a transaction threw, such as a refusal by a trigger; else what was
   * thrown.
   */
  explain: (thrown: unknown) => unknown;
  logger: Logger;
}

/** How a transaction tells others. */
interface Channels {
  /** Tells this process's own listeners, without the way through PostgreSQL. */
  tellHere(channel: string, payload: string): void;
  /** Tells every process, this one at once. */
  tell(notices: readonly Notice[]): void;
}

/** What a transaction promises of its commit. */
export interface TransactionOptions {
  /**
   * `false`: the commit does not wait for the disk, so a crash of PostgreSQL may undo what was answered less than a
   * second before. For work that is found and done again then. Default `true`.
   */
  durable?: boolean;
}

const defaultPoolSize = 10;
/** The longest that a transaction waits for a connection, in milliseconds. */
const connectionTimeoutMs = 10_000;
/**
 * A transaction begins at once, however busy the server is; a connection on which it does not within this many
 * milliseconds is half-open.
 */
const beginTimeoutMs = 5_000;

/** One tenant leaves a third of the connections to the others, however much it asks for at once. */
const sharePerTenant = (poolSize: number): number => Math.max(1, Math.ceil((poolSize * 2) / 3));
const waitLimit = (): AbortSignal => AbortSignal.timeout(connectionTimeoutMs);

/** One open transaction. */
export class Transaction {
  readonly #afterCommit: (() => void)[] = [];
  readonly #notices: Notice[] = [];
  readonly #channels: Channels | undefined;

  constructor(
    readonly manager: EntityManager,
    channels?: Channels,
  ) {
    this.#channels = channels;
  }

  /** Runs parameterised SQL and answers its rows (of `INSERT/UPDATE/DELETE … RETURNING` too). */
  async query<Row = Record<string, unknown>>(
    sql: string | Statement,
    parameters: readonly unknown[] = [],
  ): Promise<Row[]> {
    return (await this.#run(sql, parameters)).rows as Row[];
  }

  /** Runs parameterised SQL and answers how many rows it touched. */
  async execute(sql: string | Statement, parameters: readonly unknown[] = []): Promise<number> {
    return (await this.#run(sql, parameters)).rowCount ?? 0;
  }

  async #run(
    sql: string | Statement,
    parameters: readonly unknown[],
  ): Promise<{ rows: unknown[]; rowCount: number | null }> {
    const runner = this.manager.queryRunner;
    // A connection that breaks between two statements is taken away at once.
    if (!runner || runner.isReleased)
      throw Object.assign(new Error('this transaction has ended, or its connection was lost'), { code: 'ECONNRESET' });
    const client = (await runner.connect()) as PoolClient;
    const values = [...parameters];
    try {
      return await client.query(typeof sql === 'string' ? { text: sql, values } : { ...sql, values });
    } catch (thrown) {
      throw new QueryFailedError(
        typeof sql === 'string' ? sql : sql.text,
        values,
        thrown instanceof Error ? thrown : new Error(String(thrown)),
      );
    }
  }

  /**
   * Tells every process something once, and only if, this transaction commits: a hint to look, which is lost when this
   * process dies in that very moment, so whoever listens looks by itself now and then too. It is sent after the commit
   * because PostgreSQL lets transactions with a NOTIFY commit one after the other, each waiting for the disk. `payload`
   * ≤ 8000 bytes.
   */
  async notify(channel: string, payload: string): Promise<void> {
    if (this.#channels) this.#notices.push({ channel, payload });
    else await this.query('select pg_notify($1, $2)', [channel, payload]);
  }

  /** The commit of this transaction does not wait for the disk, as {@link TransactionOptions.durable} tells. */
  async skipDiskWait(): Promise<void> {
    await this.query('set local synchronous_commit = off');
  }

  /** Registers work for after the commit, such as dropping a cache entry; not run after a rollback. */
  afterCommit(work: () => void): void {
    this.#afterCommit.push(work);
  }

  /**
   * Tells every process to drop what it caches of a tenant once this commits. This one has dropped it when the
   * transaction's caller goes on, so that whoever asks after an answered change is served what it changed to.
   */
  protected async announceChange(tenantUuid: string, what: string): Promise<void> {
    await this.query('select annex_changed($1, $2)', [tenantUuid, what]);
    const channels = this.#channels;
    if (channels)
      this.afterCommit(() => channels.tellHere('annex_changed', JSON.stringify({ tenant: tenantUuid, what })));
  }

  /** @internal */
  committed(): void {
    for (const work of this.#afterCommit) work();
    if (this.#notices.length > 0) this.#channels?.tell(this.#notices);
  }
}

/** A transaction that sees one tenant. Only {@link Database.forTenant} makes one. */
export class TenantTransaction extends Transaction {
  /** The tenant's bare UUID, for SQL. */
  readonly tenantUuid: string;

  constructor(
    manager: EntityManager,
    readonly tenantId: Id<'tenant'>,
    channels?: Channels,
  ) {
    super(manager, channels);
    this.tenantUuid = uuidFromId(tenantId);
  }

  /**
   * Tells every process to drop what it caches of this tenant (`what`: `plugins`, `users`, `tokens`, `tenant`, …) once
   * this commits.
   */
  changed(what: string): Promise<void> {
    return this.announceChange(this.tenantUuid, what);
  }
}

/** Stands for no tenant where a change is announced that concerns operators. */
export const platformTenant = idFromUuid('tenant', '00000000-0000-0000-0000-000000000000');

/** A transaction that sees every tenant. Only {@link Database.platform} makes one. */
export class PlatformTransaction extends Transaction {
  /** Tells every process to drop what it caches of a tenant once this commits. */
  changed(tenantId: Id<'tenant'>, what: string): Promise<void> {
    return this.announceChange(uuidFromId(tenantId), what);
  }

  /** Tells every process to drop what it caches of operators once this commits. */
  operatorsChanged(): Promise<void> {
    return this.announceChange(uuidFromId(platformTenant), 'operators');
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
  readonly #channels: Channels = {
    tellHere: (channel, payload) => this.#listener.tell(channel, payload),
    tell: (notices) => this.#listener.send(notices),
  };
  readonly #explain: DatabaseOptions['explain'];
  #closing: Promise<void> | undefined;

  private constructor(
    tenants: DataSource,
    platform: DataSource,
    { logins, logger, poolSize = defaultPoolSize, explain }: DatabaseOptions,
  ) {
    this.#tenants = tenants;
    this.#platform = platform;
    this.#listener = new Listener(logins.app, logger);
    this.#turns = new FairGate({ atOncePerKey: sharePerTenant(poolSize) });
    this.#explain = explain;
  }

  /** Connects. The schema must be up to date, and the logins be made (`prepareDatabase`). */
  static async open(options: DatabaseOptions): Promise<Database> {
    const opened: { database?: Database } = {};
    const isClosing = () => opened.database !== undefined && opened.database.#closing !== undefined;
    const tenants = source(options, options.logins.app, options.poolSize ?? defaultPoolSize, isClosing);
    const platform = source(options, options.logins.platform, options.platformPoolSize ?? 4, isClosing);
    await tenants.initialize();
    try {
      await platform.initialize();
    } catch (thrown) {
      await tenants.destroy();
      throw thrown;
    }
    opened.database = new Database(tenants, platform, options);
    return opened.database;
  }

  forTenant(tenantId: Id<'tenant'>): TenantScope {
    return {
      tenantId,
      transaction: (work) => this.#turns.run(tenantId, () => this.#asTenant(tenantId, work), waitLimit),
    };
  }

  #asTenant<T>(tenantId: Id<'tenant'>, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    // One way to the server instead of two; an id is letters and digits only.
    const begin = `begin; select set_config('app.tenant', '${uuidFromId(tenantId)}', true)`;
    const open = (manager: EntityManager) => new TenantTransaction(manager, tenantId, this.#channels);
    return this.#explained(inTransaction(this.#tenants, begin, open, work));
  }

  /** Runs `work` in one transaction across tenants: committed when it resolves, rolled back when it throws. */
  platform<T>(work: (tx: PlatformTransaction) => Promise<T>, { durable = true }: TransactionOptions = {}): Promise<T> {
    const begin = durable ? 'begin' : 'begin; set local synchronous_commit = off';
    const open = (manager: EntityManager) => new PlatformTransaction(manager, this.#channels);
    return this.#explained(inTransaction(this.#platform, begin, open, work));
  }

  #explained<T>(ended: Promise<T>): Promise<T> {
    return ended.catch((thrown: unknown) => {
      throw this.#explain(thrown);
    });
  }

  /**
   * Hears NOTIFY on a channel until the answered function is called. After a lost connection the handler is called once
   * with `null`: notifications may have been missed, so treat everything as changed.
   */
  listen(channel: string, handler: NotificationHandler): Promise<() => void> {
    return this.#listener.listen(channel, handler);
  }

  /** Throws unless PostgreSQL answers. */
  async ping(): Promise<void> {
    await this.#platform.query('select 1');
  }

  /** What its clock says. Throws when it does not answer. */
  async now(): Promise<Date> {
    const rows: { now: Date }[] = await this.#platform.query('select clock_timestamp() as now');
    return rows[0]?.now ?? new Date();
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

/**
 * One transaction on a connection of its own. TypeORM's own way of beginning one costs more than most of our
 * statements, so it is only told that there is one. A connection that cannot even roll back is not given to anybody
 * again.
 */
async function inTransaction<Tx extends Transaction, T>(
  from: DataSource,
  begin: string,
  open: (manager: EntityManager) => Tx,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const runner = from.createQueryRunner() as QueryRunner & {
    isTransactionActive: boolean;
    releasePostgresConnection(error?: Error): Promise<void>;
  };
  let broken: Error | undefined;
  try {
    const client = (await runner.connect()) as PoolClient;
    const run = (sql: string, limit: { query_timeout?: number } = {}): Promise<unknown> =>
      client.query({ text: sql, ...limit }).catch((thrown: unknown) => {
        throw new QueryFailedError(sql, [], thrown instanceof Error ? thrown : new Error(String(thrown)));
      });
    const tx = open(runner.manager);
    let value: T;
    try {
      await run(begin, { query_timeout: beginTimeoutMs });
      runner.isTransactionActive = true;
      value = await work(tx);
      await run('commit');
      runner.isTransactionActive = false;
    } catch (thrown) {
      // A server that did not answer in time will not answer this either.
      if (isSilence(thrown)) broken = thrown;
      else
        await client
          .query('rollback')
          .catch((failed: unknown) => (broken = failed instanceof Error ? failed : new Error(String(failed))));
      throw thrown;
    }
    tx.committed();
    return value;
  } finally {
    await runner.releasePostgresConnection(broken);
  }
}

/** Whether a statement failed because `query_timeout` ran out: its answer may still come, or never. */
function isSilence(thrown: unknown): thrown is Error {
  return thrown instanceof QueryFailedError && thrown.message === 'Query read timeout';
}

function source(
  { entities, logger, applicationName = 'annex', queryTimeoutMs = 15_000 }: DatabaseOptions,
  url: string,
  poolSize: number,
  isClosing: () => boolean,
): DataSource {
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
      // Every question has a key, but prepared while a table is new it would be planned for an empty one and stay so
      // through the first flood; compiling it costs more than running it.
      options: `-c enable_seqscan=off -c jit=off -c timezone=UTC -c idle_in_transaction_session_timeout=60000 -c statement_timeout=${queryTimeoutMs}`,
      query_timeout: queryTimeoutMs,
      connectionTimeoutMillis: connectionTimeoutMs,
      keepAlive: true,
    },
  });
}
