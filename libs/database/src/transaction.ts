import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import type { Connection } from './connections.js';
import type { EntityClass } from './mapper.js';
import type { Notice } from './listener.js';
import type { Statement } from './statement.js';

/** How a transaction tells others. */
export interface Channels {
  /** Tells this process's own listeners, without the way through PostgreSQL. */
  tellHere(channel: string, payload: string): void;
  /** Tells every process, this one at once. */
  tell(notices: readonly Notice[]): void;
}

/** One open transaction. */
export class Transaction {
  readonly #afterCommit: (() => void)[] = [];
  readonly #notices: Notice[] = [];
  readonly #channels: Channels | undefined;

  constructor(
    /** @internal */
    readonly connection: Connection,
    channels?: Channels,
  ) {
    this.#channels = channels;
  }

  /** Runs parameterised SQL and answers its rows (of `INSERT/UPDATE/DELETE … RETURNING` too). */
  async query<Row = Record<string, unknown>>(
    sql: string | Statement,
    parameters: readonly unknown[] = [],
  ): Promise<Row[]> {
    return (await this.connection.run(sql, parameters)).rows as Row[];
  }

  /** Runs parameterised SQL and answers how many rows it touched. */
  async execute(sql: string | Statement, parameters: readonly unknown[] = []): Promise<number> {
    return (await this.connection.run(sql, parameters)).rowCount ?? 0;
  }

  /**
   * Runs parameterised SQL whose rows are those of an entity's table, and answers them as that entity: its properties,
   * its types, ids with their prefix. Columns that are not selected are `undefined`: say so in `Result`, as `Pick<Row,
   * …>`. What the SQL computes beside them keeps its name.
   */
  async rows<Row extends object, Result = Row>(
    entity: EntityClass<Row>,
    sql: string | Statement,
    parameters: readonly unknown[] = [],
  ): Promise<Result[]> {
    return (await this.connection.rows(entity, sql, parameters)) as unknown[] as Result[];
  }

  /**
   * TypeORM's repository of a table, in this transaction: for plain reads and writes. What is asked often, or is more
   * than that, is SQL (ADR 0029).
   */
  repository<Row extends ObjectLiteral>(entity: EntityTarget<Row>): Repository<Row> {
    return this.connection.entities().getRepository(entity);
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

  /** The commit of this transaction does not wait for the disk, as `TransactionOptions.durable` tells. */
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
    connection: Connection,
    readonly tenantId: Id<'tenant'>,
    channels?: Channels,
  ) {
    super(connection, channels);
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
  /** This transaction for what works for one tenant; it goes on seeing every row. */
  asTenant(tenantId: Id<'tenant'>): TenantTransaction {
    return new TenantTransaction(this.connection, tenantId);
  }

  /** Tells every process to drop what it caches of a tenant once this commits. */
  changed(tenantId: Id<'tenant'>, what: string): Promise<void> {
    return this.announceChange(uuidFromId(tenantId), what);
  }

  /** Tells every process to drop what it caches of operators once this commits. */
  operatorsChanged(): Promise<void> {
    return this.announceChange(uuidFromId(platformTenant), 'operators');
  }
}
