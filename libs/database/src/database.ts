/**
 * The doors to PostgreSQL. There are two, and no third: `forTenant(id)` opens transactions in which row-level security
 * shows one tenant's rows, `platform` opens those of the platform's own work across tenants (relay, retention,
 * sign-in). Repositories take the transaction that such a door made, so none can be used without having chosen.
 */
import { FairGate, uuidFromId, type Id, type Logger } from '@annex/kernel';
import { QueryFailedError } from 'typeorm';
import { connectionTimeoutMs, Connections, type Connection } from './connections.js';
import type { DatabaseLogins } from './logins/logins.js';
import { Listener, type NotificationHandler } from './listener.js';
import { Mapper, type Entities } from './mapper.js';
import { activeTrace } from './traced-statement.js';
import { isReadOnlyServer } from './transient.js';
import { PlatformTransaction, TenantTransaction, type Channels, type Transaction } from './transaction.js';

export interface DatabaseOptions {
  /** Each pool logs in as the role whose rights it works with, and can become no other one. */
  logins: Pick<DatabaseLogins, 'app' | 'platform'>;
  /**
   * A login of the application past a pooler, for LISTEN. With it the logins lead to a pooler that gives each
   * connection away after a transaction. Default: the logins lead to PostgreSQL itself.
   */
  listenUrl?: string | undefined;
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
  entities: Entities;
  /**
   * Answers the error of the product for what a transaction threw, such as a refusal by a trigger; else what was
   * thrown.
   */
  explain: (thrown: unknown) => unknown;
  logger: Logger;
}

/** What a transaction promises of its commit. */
export interface TransactionOptions {
  /**
   * `false`: the commit does not wait for the disk, so a crash of PostgreSQL may undo what was answered less than a
   * second before. For work that is found and done again then. Default `true`.
   */
  durable?: boolean;
  /** Settings of PostgreSQL for this transaction alone, by name; numbers and words. Default: none. */
  settings?: Readonly<Record<string, string>>;
}

const defaultPoolSize = 10;
/**
 * A transaction begins at once, however busy the server is; a connection on which it does not within this many
 * milliseconds is half-open.
 */
const beginTimeoutMs = 5_000;

/** One tenant leaves a third of the connections to the others, however much it asks for at once. */
const sharePerTenant = (poolSize: number): number => Math.max(1, Math.ceil((poolSize * 2) / 3));
const waitLimit = (): AbortSignal => AbortSignal.timeout(connectionTimeoutMs);

export interface TenantScope {
  readonly tenantId: Id<'tenant'>;
  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
  transaction<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T>;
}

export class Database {
  readonly #tenants: Connections;
  readonly #platform: Connections;
  readonly #mapper: Mapper;
  readonly #listener: Listener;
  /** Keeps one tenant from taking every connection. */
  readonly #turns: FairGate;
  readonly #explain: DatabaseOptions['explain'];
  readonly #channels: Channels = {
    tellHere: (channel, payload) => this.#listener.tell(channel, payload),
    tell: (notices) => this.#listener.send(notices),
  };
  #closing: Promise<void> | undefined;

  private constructor(
    { tenants, platform, mapper }: { tenants: Connections; platform: Connections; mapper: Mapper },
    { logins, listenUrl, logger, poolSize = defaultPoolSize, explain }: DatabaseOptions,
  ) {
    this.#tenants = tenants;
    this.#platform = platform;
    this.#mapper = mapper;
    this.#listener = new Listener(listenUrl ?? logins.app, logger);
    this.#turns = new FairGate({ atOncePerKey: sharePerTenant(poolSize) });
    this.#explain = explain;
  }

  /** Connects. The schema must be up to date, and the logins be made (`prepareDatabase`). */
  static async open(options: DatabaseOptions): Promise<Database> {
    const { logins, applicationName = 'annex', queryTimeoutMs = 15_000, logger } = options;
    const common = { applicationName, queryTimeoutMs, isPooled: options.listenUrl !== undefined, logger };
    const tenants = new Connections({ url: logins.app, count: options.poolSize ?? defaultPoolSize, ...common });
    const platform = new Connections({ url: logins.platform, count: options.platformPoolSize ?? 4, ...common });
    try {
      await tenants.check();
      return new Database({ tenants, platform, mapper: await Mapper.open(options.entities, platform) }, options);
    } catch (thrown) {
      await Promise.all([tenants.close(), platform.close()]);
      throw thrown;
    }
  }

  forTenant(tenantId: Id<'tenant'>): TenantScope {
    return {
      tenantId,
      transaction: (work) => this.#turns.run(tenantId, () => this.#asTenant(tenantId, work), waitLimit),
    };
  }

  #asTenant<T>(tenantId: Id<'tenant'>, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    // One way to the server instead of two; an id is letters and digits only.
    const trace = activeTrace();
    const local: (readonly [string, string])[] = [
      ['app.tenant', uuidFromId(tenantId)],
      ...(trace === undefined ? [] : [['app.traceparent', trace] as const]),
      ...this.#tenants.settingsOfTransaction,
    ];
    const begin = `begin; select ${local.map(([name, value]) => `set_config('${name}', '${value}', true)`).join(', ')}`;
    const open = (connection: Connection) => new TenantTransaction(connection, tenantId, this.#channels);
    return this.#inTransaction(this.#tenants, { begin, open }, work);
  }

  /** Runs `work` in one transaction across tenants: committed when it resolves, rolled back when it throws. */
  platform<T>(
    work: (tx: PlatformTransaction) => Promise<T>,
    { durable = true, settings = {} }: TransactionOptions = {},
  ): Promise<T> {
    const local = Object.entries(durable ? settings : { ...settings, synchronous_commit: 'off' });
    // One way to the server, however many there are.
    const trace = activeTrace();
    if (trace !== undefined) local.push(['app.traceparent', `'${trace}'`]);
    // Nothing is selected here: a transaction that has read something keeps the isolation that it has.
    const begin = [
      'begin',
      ...this.#platform.settingsOfTransaction.map(([name, value]) => `set local ${name} = '${value}'`),
      ...local.map(([name, value]) => `set local ${name} = ${value}`),
    ].join('; ');
    const open = (connection: Connection) => new PlatformTransaction(connection, this.#channels);
    return this.#inTransaction(this.#platform, { begin, open }, work);
  }

  /** One transaction on a connection of its own. One that cannot even roll back is not given to anybody again. */
  async #inTransaction<Tx extends Transaction, T>(
    connections: Connections,
    { begin, open }: { begin: string; open: (connection: Connection) => Tx },
    work: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    const connection = await connections.take(this.#mapper);
    let broken: Error | undefined;
    try {
      const tx = open(connection);
      let value: T;
      try {
        await connection.run(begin, [], beginTimeoutMs);
        value = await work(tx);
        await connection.run('commit');
      } catch (thrown) {
        broken = await undo(connection, thrown);
        throw this.#explain(thrown);
      }
      tx.committed();
      return value;
    } finally {
      await connection.giveBack(broken);
    }
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
    await this.#platform.check();
  }

  /** What its clock says. Throws when it does not answer. */
  async now(): Promise<Date> {
    const { rows } = await this.#platform.lend((client) =>
      client.query<{ now: Date }>('select clock_timestamp() as now'),
    );
    return rows[0]?.now ?? new Date();
  }

  /** Ends every connection. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#listener.stop();
      await Promise.allSettled([this.#tenants.close(), this.#platform.close()]);
    })();
    return this.#closing;
  }
}

/** Rolls back. Answers why the connection is of no more use, if it is not. */
async function undo(connection: Connection, thrown: unknown): Promise<Error | undefined> {
  // A server that did not answer in time will not answer this either.
  if (isSilence(thrown)) return thrown;
  // Kept, it would lead to the standby for as long as it is busy, also when another server was promoted.
  if (isReadOnlyServer(thrown)) return thrown;
  try {
    await connection.run('rollback');
    return undefined;
  } catch (failed) {
    return failed instanceof Error ? failed : new Error(String(failed));
  }
}

/** Whether a statement failed because `query_timeout` ran out: its answer may still come, or never. */
function isSilence(thrown: unknown): thrown is Error {
  return thrown instanceof QueryFailedError && thrown.message === 'Query read timeout';
}
