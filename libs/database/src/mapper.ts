/**
 * TypeORM over connections that are not its own. It knows what the tables look like and turns rows into objects; the
 * doors of database.ts connect, begin and commit by pg alone. That saves each transaction a round trip, and those that
 * need no objects never meet TypeORM (measured in docs/adr/0029-typeorm.md).
 *
 * All of it is TypeORM's public API: it takes the module that it connects with as the option `driver`. The one that it
 * is given here lends it the connection that a transaction holds, and takes the transaction as begun.
 */
import type { PoolClient, QueryResult } from 'pg';
import { DataSource, type DataSourceOptions, type EntityManager, type EntityMetadata } from 'typeorm';
import { silent } from './silent-typeorm.js';
import { tracedStatement } from './traced-statement.js';

/** Entity classes, as TypeORM takes them. */
export type Entities = NonNullable<DataSourceOptions['entities']>;

/** A class that describes a table. */
export type EntityClass<Row> = new () => Row;

/** TypeORM on one connection, in the transaction that is open there. */
export interface MappedConnection {
  readonly manager: EntityManager;
  /** Gives the connection back; it stays open, and so does its transaction. */
  giveBack(): Promise<void>;
}

export class Mapper {
  /** The columns of entities that were read, by their names in the database. */
  readonly #columns = new Map<EntityClass<object>, ReadonlyMap<string, EntityMetadata['columns'][number]>>();

  private constructor(
    private readonly source: DataSource,
    private readonly lender: Lender,
  ) {}

  /** Reads the entities. TypeORM asks for version and schema on a connection that `connections` lend. */
  static async open(
    entities: Entities,
    connections: { lend(work: (client: PoolClient) => Promise<void>): Promise<void> },
  ): Promise<Mapper> {
    const lender = new Lender();
    const source = new DataSource({
      type: 'postgres',
      entities,
      driver: { Pool: poolOf(lender) },
      installExtensions: false,
      logger: silent,
    });
    await connections.lend(async (client) => {
      lender.client = client;
      await source.initialize();
      lender.client = undefined;
    });
    return new Mapper(source, lender);
  }

  /**
   * Makes an entity of each row that SQL by hand selected from its table. What is no column of it keeps name and value.
   */
  read<Row extends object>(entity: EntityClass<Row>, rows: readonly Record<string, unknown>[]): Row[] {
    const columns = this.#columnsOf(entity);
    const { driver } = this.source;
    return rows.map((row) => {
      const made = Object.create(entity.prototype as object) as Record<string, unknown>;
      for (const [name, value] of Object.entries(row)) {
        const column = columns.get(name);
        if (column) made[column.propertyName] = driver.prepareHydratedValue(value, column);
        else made[name] = value;
      }
      return made as Row;
    });
  }

  #columnsOf(entity: EntityClass<object>): ReadonlyMap<string, EntityMetadata['columns'][number]> {
    const known = this.#columns.get(entity);
    if (known) return known;
    const { columns } = this.source.getMetadata(entity);
    const byName = new Map(columns.map((column) => [column.databaseName, column]));
    this.#columns.set(entity, byName);
    return byName;
  }

  /** Answers TypeORM on a connection whose transaction has begun. */
  map(client: PoolClient): MappedConnection {
    const runner = this.source.createQueryRunner();
    // It asks for its connection at once, before anybody else can.
    this.lender.client = client;
    const ready = Promise.all([runner.connect(), runner.startTransaction()]);
    this.lender.client = undefined;
    // What it failed of, each use says too.
    ready.catch(() => undefined);
    return {
      manager: runner.manager,
      async giveBack() {
        await ready;
        await runner.release();
      },
    };
  }
}

/** The class of which TypeORM makes one pool: `new` answers what a function returns. */
function poolOf(lender: Lender) {
  return function Pool(): Lender {
    return lender;
  };
}

/** What TypeORM takes for a pool. */
class Lender {
  /** What it is lent when it asks now. */
  client: PoolClient | undefined;

  connect(done: (thrown: Error | undefined, connection?: Lent, release?: () => void) => void): void {
    if (this.client) done(undefined, new Lent(this.client), () => undefined);
    else done(new Error('TypeORM asked for a connection outside of a transaction'));
  }

  on(): void {
    // It has no connection of its own that could break.
  }

  end(done: () => void): void {
    done();
  }
}

/** What TypeORM takes for a connection. */
class Lent {
  constructor(private readonly client: PoolClient) {}

  query(text: string, values?: unknown[]): Promise<Partial<QueryResult>> {
    if (text === 'START TRANSACTION') return Promise.resolve({ rows: [], rowCount: null, command: 'BEGIN' });
    if (text === 'COMMIT' || text === 'ROLLBACK')
      return Promise.reject(new Error('a transaction is ended by the door that opened it'));
    return tracedStatement(text, () => this.client.query(text, values));
  }

  on(): void {
    // A connection that is lost says so with its next statement.
  }

  removeListener(): void {
    // Nothing was added.
  }
}
