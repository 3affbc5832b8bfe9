import { messageOf, type Logger } from '@annex/kernel';
import { Client } from 'pg';

/** Called with a notification's payload, or with `null` after a reconnect: anything may have been missed. */
export type NotificationHandler = (payload: string | null) => void;

/** Something to tell every process. */
export interface Notice {
  channel: string;
  /** At most 8000 bytes. */
  payload: string;
}

/** Notices that one statement sends. */
const MAX_NOTICES = 200;
const RECONNECT_MS = 500;
const KEEPALIVE_MS = 10_000;

/**
 * One connection that listens for NOTIFY (PostgreSQL manual, "Asynchronous Notification") and comes back after it was
 * lost.
 */
export class Listener {
  readonly #handlers = new Map<string, Set<NotificationHandler>>();
  #client: Promise<Client> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #keepalive: NodeJS.Timeout | undefined;
  #stopped = false;
  /** What waits to be sent, by channel and payload: the same twice says no more than once. */
  readonly #outgoing = new Map<string, Notice>();
  #isSending = false;

  constructor(
    private readonly url: string,
    private readonly logger: Logger,
  ) {}

  async listen(channel: string, handler: NotificationHandler): Promise<() => void> {
    if (!/^[a-z_]+$/.test(channel)) throw new RangeError(`not a channel name: ${channel}`);
    const handlers = this.#handlers.get(channel) ?? new Set();
    this.#handlers.set(channel, handlers.add(handler));
    const client = await this.#connected();
    await client.query(`listen ${channel}`);
    return () => handlers.delete(handler);
  }

  /** Calls this process's handlers of a channel, as a notification would. */
  tell(channel: string, payload: string | null): void {
    for (const handler of this.#handlers.get(channel) ?? []) {
      try {
        handler(payload);
      } catch (thrown) {
        this.logger.error({ err: thrown, channel }, 'a notification handler failed');
      }
    }
  }

  /**
   * Tells this process's handlers now, and those of the others as soon as the connection is free. A notice that cannot
   * be sent is lost: after a lost connection every handler is told that it may have missed something.
   */
  send(notices: readonly Notice[]): void {
    for (const notice of notices) {
      this.tell(notice.channel, notice.payload);
      this.#outgoing.set(`${notice.channel} ${notice.payload}`, notice);
    }
    if (!this.#isSending && !this.#stopped) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    try {
      while (this.#outgoing.size > 0 && !this.#stopped) {
        const client = await this.#connected();
        const batch = [...this.#outgoing.entries()].slice(0, MAX_NOTICES);
        for (const [key] of batch) this.#outgoing.delete(key);
        await client.query(
          'select pg_notify(n.channel, n.payload) from unnest($1::text[], $2::text[]) as n (channel, payload)',
          [batch.map(([, notice]) => notice.channel), batch.map(([, notice]) => notice.payload)],
        );
      }
    } catch (thrown) {
      this.#outgoing.clear();
      this.logger.debug({ reason: messageOf(thrown) }, 'notices to other processes were lost; they look by themselves');
    } finally {
      this.#isSending = false;
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearInterval(this.#keepalive);
    const client = await this.#client?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  #connected(): Promise<Client> {
    this.#client ??= this.#connect().catch((thrown: unknown) => {
      this.#client = undefined;
      throw thrown;
    });
    return this.#client;
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.url,
      application_name: 'annex-listen',
      keepAlive: true,
      query_timeout: 5_000,
      connectionTimeoutMillis: 10_000,
    });
    client.on('notification', ({ channel, payload, processId }) => {
      // What this process sent itself was told here at once.
      if (!('processID' in client) || processId !== client.processID) this.tell(channel, payload ?? '');
    });
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, undefined));
    await client.connect();
    for (const channel of this.#handlers.keys()) await client.query(`listen ${channel}`);
    clearInterval(this.#keepalive);
    // A half-open connection never errors by itself: ask now and then.
    this.#keepalive = setInterval(() => {
      client.query('select 1').catch((error: unknown) => this.#lost(client, error));
    }, KEEPALIVE_MS).unref();
    return client;
  }

  #lost(client: Client, cause: unknown): void {
    if (this.#stopped || this.#client === undefined) return;
    this.#client = undefined;
    clearInterval(this.#keepalive);
    client.removeAllListeners('end');
    client.end().catch(() => undefined);
    this.logger.warn(
      { reason: cause === undefined ? 'closed' : messageOf(cause) },
      'the notification connection was lost',
    );
    this.#reconnect();
  }

  #reconnect(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#stopped) return;
      this.#client = this.#connect();
      this.#client.then(
        () => {
          for (const channel of this.#handlers.keys()) this.tell(channel, null);
        },
        () => {
          this.#client = undefined;
          this.#reconnect();
        },
      );
    }, RECONNECT_MS);
  }
}
