import { messageOf, type Logger } from '@annex/kernel';
import { Client } from 'pg';

/** Called with a notification's payload, or with `null` after a reconnect: anything may have been missed. */
export type NotificationHandler = (payload: string | null) => void;

const RECONNECT_MS = 500;
const KEEPALIVE_MS = 10_000;

/** One connection that listens for NOTIFY (PostgreSQL manual, "Asynchronous Notification") and comes back after it was lost. */
export class Listener {
  readonly #handlers = new Map<string, Set<NotificationHandler>>();
  #client: Promise<Client> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #keepalive: NodeJS.Timeout | undefined;
  #stopped = false;

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

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearInterval(this.#keepalive);
    const client = await this.#client?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  #connected(): Promise<Client> {
    this.#client ??= this.#connect();
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
    client.on('notification', ({ channel, payload }) => this.tell(channel, payload ?? ''));
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
    this.logger.warn({ reason: cause === undefined ? 'closed' : messageOf(cause) }, 'the notification connection was lost');
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
