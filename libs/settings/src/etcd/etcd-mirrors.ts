/**
 * Mirrors prefixes of an operator's etcd into tenants' settings: everything first, then each change, in etcd's order.
 * Every worker has one of these and none leads: a prefix is claimed with a lease, and each write moves its place in the
 * same transaction, so that whoever goes on after a crash goes on where the tree is.
 */
import { loadEtcd, type EtcdAddress, type EtcdChange, type EtcdPrefix } from '@annex/connectors';
import { isTransientDatabaseError, type Database, type TenantTransaction } from '@annex/database';
import { Loop } from '@annex/dispatch';
import { isAnnexError, messageOf, SECOND, type Id, type Logger, type Stoppable } from '@annex/kernel';
import { keysSetBy } from '../rows/settings.js';
import type { SettingContent } from '../sql/change-setting.js';
import { mirrorActor, mirroredChange, writeChanges } from './mirror-changes.js';
import {
  claimMirror,
  MirrorLost,
  moveMirror,
  releaseMirror,
  renewMirror,
  type HeldMirror,
} from '../sql/mirror-leases.js';

/** A prefix that is to be mirrored. */
export interface EtcdMirror {
  /** A slug. */
  tenant: string;
  /** Of etcd's keys; it is taken off. */
  prefix: string;
  /** What stands before the rest in the tree. Default: nothing. */
  into: string;
}

export interface EtcdMirrorsOptions {
  database: Database;
  address: EtcdAddress;
  mirrors: readonly EtcdMirror[];
  /** The tenant of a slug; `undefined`: there is none. */
  findTenant: (slug: string) => Promise<Id<'tenant'> | undefined>;
  /** Names this process among the workers; another one at each start. */
  ownerId: string;
  logger: Logger;
  /** Default 15 s. */
  leaseMs?: number;
}

/** After a connection broke, in milliseconds. */
const pauseMs = 2 * SECOND;
/** Between two tries of a write while the database is away, in milliseconds. */
const writePauseMs = 250;
/** Changes of one transaction: whoever else changes the tree waits for it. */
const perWrite = 100;

/** A prefix that is followed until the signal. */
interface Hold extends HeldMirror {
  signal: AbortSignal;
}

interface Following {
  held: HeldMirror;
  ending: AbortController;
  done: Promise<void>;
}

export class EtcdMirrors implements Stoppable {
  readonly #following = new Map<EtcdMirror, Following>();
  readonly #loop: Loop;
  readonly #leaseMs: number;
  #isStopped = false;

  constructor(private readonly options: EtcdMirrorsOptions) {
    this.#leaseMs = options.leaseMs ?? 15 * SECOND;
    const everyMs = Math.min(1000, this.#leaseMs / 4);
    this.#loop = new Loop({ name: 'etcd mirrors', everyMs, logger: options.logger, work: () => this.look() });
  }

  start(): void {
    if (this.options.mirrors.length > 0) this.#loop.start();
  }

  /** Ends every connection and gives the prefixes back. Safe to call twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop.stop();
    const all = [...this.#following.values()];
    for (const { ending } of all) ending.abort(new Error('the worker is shutting down'));
    await Promise.all(all.map(({ done }) => done));
  }

  /** One round: extends leases, ends what is lost, claims what nobody holds. */
  async look(): Promise<void> {
    const { database, mirrors, ownerId } = this.options;
    for (const { held, ending } of this.#following.values())
      if (!(await database.platform((tx) => renewMirror(tx, held, this.#leaseMs))))
        ending.abort(new Error('the prefix was taken over'));
    for (const mirror of mirrors) {
      if (this.#isStopped || this.#following.has(mirror)) continue;
      const tenantId = await this.options.findTenant(mirror.tenant);
      if (tenantId === undefined) continue;
      const { prefix, into } = mirror;
      const held = await database.platform((tx) =>
        claimMirror(tx, { tenantId, prefix, into }, { owner: ownerId, leaseMs: this.#leaseMs }),
      );
      if (held) this.#hold(mirror, held);
    }
  }

  #hold(mirror: EtcdMirror, held: HeldMirror): void {
    const ending = new AbortController();
    const done = this.#follow({ ...held, signal: ending.signal })
      .then(
        () => null,
        (thrown: unknown) => (ending.signal.aborted || thrown instanceof MirrorLost ? null : messageOf(thrown)),
      )
      .then(async (error) => {
        if (error !== null)
          this.options.logger.warn({ tenant: mirror.tenant, prefix: mirror.prefix, error }, 'a mirror of etcd broke');
        await this.options.database.platform((tx) =>
          releaseMirror(tx, held, { error: error?.slice(0, 1000) ?? null, pauseMs: error === null ? 0 : pauseMs }),
        );
      })
      .catch((thrown: unknown) => this.options.logger.warn({ err: thrown }, 'the end of a mirror could not be written'))
      .finally(() => this.#following.delete(mirror));
    this.#following.set(mirror, { held, ending, done });
  }

  async #follow(held: Hold): Promise<void> {
    const { openEtcdPrefix, EtcdCompacted } = await loadEtcd();
    const prefix = openEtcdPrefix(this.options.address, held.prefix);
    try {
      const { signal } = held;
      let { revision } = held;
      let isAfresh = false;
      for (;;) {
        revision ??= await this.#sync(held, prefix);
        try {
          for await (const told of prefix.follow(revision, signal)) {
            await this.#write(held, told.changes, told.revision);
            revision = told.revision;
            if (told.changes.length > 0) isAfresh = false;
          }
          return;
        } catch (thrown) {
          // Cancelled right after everything was read: something else is wrong, and is tried after a pause.
          if (!(thrown instanceof EtcdCompacted) || isAfresh) throw thrown;
          isAfresh = true;
          this.options.logger.info(
            { prefix: held.prefix },
            'etcd has compacted what was to come next: all is read again',
          );
          revision = null;
        }
      }
    } finally {
      prefix.close();
    }
  }

  /** Makes the tree what etcd holds, and answers the revision at which it held that. */
  async #sync(held: Hold, prefix: EtcdPrefix): Promise<string> {
    const kept = new Set<string>();
    const revision = await prefix.read(async (page) => {
      held.signal.throwIfAborted();
      for (const each of page) {
        const read = mirroredChange(held, each);
        if (read.ok) kept.add(read.change.key);
      }
      await this.#write(held, page, undefined);
    });
    const ours = await this.#in(held, (tx) => keysSetBy(tx, held.into, mirrorActor));
    const stale = ours.filter((key) => !kept.has(key));
    await this.#writeAll(
      held,
      stale.map((key) => ({ key, value: undefined })),
      revision,
    );
    return revision;
  }

  /** Writes what etcd told; what no tree can keep is left out, and said. `revision`: all of it is in the tree then. */
  async #write(held: Hold, changes: readonly EtcdChange[], revision: string | undefined): Promise<void> {
    const readings = changes.map((change) => mirroredChange(held, change));
    for (const reading of readings) if (!reading.ok) await this.#leaveOut(held, reading);
    await this.#writeAll(
      held,
      readings.flatMap((reading) => (reading.ok ? [reading.change] : [])),
      revision,
    );
  }

  async #writeAll(held: Hold, changes: readonly SettingContent[], revision: string | undefined): Promise<void> {
    for (let from = 0; from < changes.length || (from === 0 && revision !== undefined); from += perWrite) {
      const some = changes.slice(from, from + perWrite);
      const isLast = from + perWrite >= changes.length;
      await this.#writeSome(held, some, isLast ? revision : undefined);
    }
  }

  /** In one transaction, or where a quota refuses that, one by one: what has no room must not keep back the rest. */
  async #writeSome(held: Hold, some: readonly SettingContent[], revision: string | undefined): Promise<void> {
    const write = (changes: readonly SettingContent[], at: string | undefined): Promise<void> =>
      this.#in(held, async (tx) => {
        await writeChanges(tx, changes);
        await moveMirror(tx, held, { revision: at });
      });
    try {
      return await write(some, revision);
    } catch (thrown) {
      if (!isQuota(thrown)) throw thrown;
    }
    for (const change of some)
      await write([change], undefined).catch(async (thrown: unknown) => {
        if (!isQuota(thrown)) throw thrown;
        await this.#leaveOut(held, { key: change.key, detail: messageOf(thrown) });
      });
    await write([], revision);
  }

  async #leaveOut(held: Hold, { key, detail }: { key: string; detail: string }): Promise<void> {
    const fault = `${key.slice(0, 200)} was left out: ${detail}`.slice(0, 1000);
    this.options.logger.warn({ prefix: held.prefix, fault }, 'a key of etcd cannot be a setting');
    await this.#in(held, (tx) => moveMirror(tx, held, { revision: undefined, fault }));
  }

  /** A database that is away is waited for: etcd keeps what comes meanwhile. */
  async #in<T>({ tenantId, signal }: Hold, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.options.database.forTenant(tenantId).transaction(work);
      } catch (thrown) {
        if (signal.aborted || !isTransientDatabaseError(thrown)) throw thrown;
        await new Promise((done) => setTimeout(done, writePauseMs));
      }
    }
  }
}

function isQuota(thrown: unknown): boolean {
  return isAnnexError(thrown) && thrown.code === 'QUOTA_EXCEEDED';
}
