/** The connections of one login, and what one of them does while a transaction holds it. */
import { messageOf, type Logger } from '@annex/kernel';
import { Pool, type PoolClient, type QueryConfig, type QueryResult } from 'pg';
import { QueryFailedError, type EntityManager } from 'typeorm';
import type { EntityClass, Mapper, MappedConnection } from './mapper.js';
import type { Statement } from './statement.js';
import { tracedStatement } from './traced-statement.js';

export interface ConnectionsOptions {
  url: string;
  /** How many at most. */
  count: number;
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
  /** A statement that takes longer fails, here and in the server. Milliseconds. */
  queryTimeoutMs: number;
  /** Whether a pooler gives each connection to somebody else after a transaction. */
  isPooled: boolean;
  logger: Logger;
}

/** The longest that a transaction waits for a connection, in milliseconds. */
export const connectionTimeoutMs = 10_000;

/** What every connection works with, by PostgreSQL's names. */
function connectionSettings(queryTimeoutMs: number): Record<string, string> {
  return {
    // Every question has a key, but prepared while a table is new it would be planned for an empty one and stay so
    // through the first flood; compiling it costs more than running it.
    enable_seqscan: 'off',
    jit: 'off',
    timezone: 'UTC',
    idle_in_transaction_session_timeout: '60000',
    statement_timeout: String(queryTimeoutMs),
  };
}

/** A pool of connections that logs in as one role. */
export class Connections {
  /** Name and value of what each transaction sets anew: behind a pooler a connection keeps no settings. */
  readonly settingsOfTransaction: readonly (readonly [string, string])[];
  readonly #isPooled: boolean;
  readonly #pool: Pool;
  readonly #held = new Set<Connection>();
  #closing: Promise<void> | undefined;

  constructor({ url, count, applicationName, queryTimeoutMs, isPooled, logger }: ConnectionsOptions) {
    const settings = Object.entries(connectionSettings(queryTimeoutMs));
    this.#isPooled = isPooled;
    this.settingsOfTransaction = isPooled ? settings : [];
    this.#pool = new Pool({
      connectionString: url,
      max: count,
      application_name: applicationName,
      ...(!isPooled && { options: settings.map(([name, value]) => `-c ${name}=${value}`).join(' ') }),
      query_timeout: queryTimeoutMs,
      connectionTimeoutMillis: connectionTimeoutMs,
      keepAlive: true,
    });
    this.#pool.on('error', (error) => {
      // The server's shutdown may overtake a connection that is being closed.
      if (!this.#closing) logger.warn({ reason: messageOf(error) }, 'a database connection was lost');
    });
    // One that is lost while it is held says so with its next statement.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Takes a connection, and waits for one up to {@link connectionTimeoutMs}. It must be given back. */
  async take(mapper: Mapper): Promise<Connection> {
    const connection = new Connection(await this.#pool.connect(), {
      mapper,
      isPooled: this.#isPooled,
      onGivenBack: () => this.#held.delete(connection),
    });
    this.#held.add(connection);
    return connection;
  }

  /** Lends a connection to work that needs no transaction. */
  async lend<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  }

  /** Throws unless PostgreSQL answers. */
  async check(): Promise<void> {
    await this.#pool.query('select 1');
  }

  /** Ends every connection, those too that are held. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const connection of this.#held) await connection.giveBack(new Error('the database is being closed'));
      await this.#pool.end();
    })();
    return this.#closing;
  }
}

/** A connection while somebody holds it. */
export class Connection {
  #mapped: MappedConnection | undefined;
  #isHeld = true;

  constructor(
    private readonly client: PoolClient,
    private readonly held: { mapper: Mapper; isPooled: boolean; onGivenBack: () => void },
  ) {}

  /**
   * Runs SQL. Throws TypeORM's `QueryFailedError` with the driver's error inside. `limitMs`: longest wait for the
   * answer; default the pool's.
   */
  async run(sql: string | Statement, parameters: readonly unknown[] = [], limitMs?: number): Promise<QueryResult> {
    this.#requireHeld();
    const text = typeof sql === 'string' ? sql : sql.text;
    // What is prepared stays with the server's connection, which is another one in the next transaction.
    const named = typeof sql === 'string' || this.held.isPooled ? {} : { name: sql.name };
    const values = [...parameters];
    const limit = limitMs === undefined ? {} : { query_timeout: limitMs };
    try {
      return await tracedStatement(text, () => this.client.query({ text, values, ...named, ...limit } as QueryConfig));
    } catch (thrown) {
      throw new QueryFailedError(text, values, thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  /** Runs SQL, and makes entities of its rows, as {@link Mapper.read} does. */
  async rows<Row extends object>(
    entity: EntityClass<Row>,
    sql: string | Statement,
    parameters: readonly unknown[],
  ): Promise<Row[]> {
    return this.held.mapper.read(entity, (await this.run(sql, parameters)).rows as Record<string, unknown>[]);
  }

  /** TypeORM on this connection; asked for by few, so it is made for those who do. */
  entities(): EntityManager {
    this.#requireHeld();
    this.#mapped ??= this.held.mapper.map(this.client);
    return this.#mapped.manager;
  }

  /** Also for when the database is closed meanwhile. */
  #requireHeld(): void {
    if (this.#isHeld) return;
    throw Object.assign(new Error('this transaction has ended, or its connection was lost'), { code: 'ECONNRESET' });
  }

  /** Gives it back to its pool, which ends it when told why it is `broken`. Safe to call twice. */
  async giveBack(broken?: Error): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.held.onGivenBack();
    await this.#mapped?.giveBack();
    this.client.release(broken);
  }
}
