import { createHmac, randomBytes } from 'node:crypto';
import { slugPattern } from '@annex/host-api';
import { readUtf8, uuidFromId, type Clock, type Id } from '@annex/kernel';
import type { OperatorCeilings } from '@annex/limits';
import { readBlob } from '@annex/installations';
import { watchChanges, WatchedCache, type Database } from '@annex/database';
import type { Bundle } from '@annex/sandbox';
import { arrangeFilters, type FilterHandler, type FilterPoints } from '../filters/filter-points.js';
import { readFilterSlugs, readSlugsReadingSecret, readSnapshotRow } from '../rows/snapshot-rows.js';
import { buildSnapshot, readConfig, type InstallationSnapshot } from './snapshot.js';

export interface InstallationSnapshotsOptions {
  database: Database;
  clock: Clock;
  /** The operator's word on limits. */
  ceilings: OperatorCeilings;
  /**
   * Told when warm isolates shall not serve any more: those whose key begins so (an installation's id, or its id and an
   * old release).
   */
  onReplaced(isolateKeyPrefix: string): void;
}

/** What a look-up found. An absence is kept too, so that guessing slugs does not reach the database. */
interface Found {
  tenantId: Id<'tenant'>;
  snapshot: InstallationSnapshot | null;
}

/** What filters a tenant has. */
interface FoundFilters {
  tenantId: Id<'tenant'>;
  points: FilterPoints;
}

/** Changes after which a snapshot may be out of date. */
const concerning = new Set(['plugins', 'tenant']);

/** A change `isolates/<installation id>`: whatever is warm of it shall start afresh, in every process. */
const isolatesOf = 'isolates/';

/** Most snapshots kept, and as many slugs known to be absent; the least recently used leave. */
const maxSnapshots = 5_000;

/**
 * The snapshots of installations, read from the database once and kept until somebody, in any process, announces a
 * change. A snapshot in use stays valid for the run that has it.
 */
export class InstallationSnapshots {
  readonly #bySlug: WatchedCache<Found>;
  readonly #byId: WatchedCache<Found>;
  readonly #filters: WatchedCache<FoundFilters>;
  /** What each installation ran under last, in this process. */
  readonly #isolateKeys = new Map<string, string>();
  /** Makes the tokens of `secrets.ref`: known to this process and to the code that it runs. */
  readonly #refKey = randomBytes(32);
  #unwatch: Promise<() => void> | undefined;

  constructor(private readonly options: InstallationSnapshotsOptions) {
    const cache = {
      max: maxSnapshots,
      maxAgeMs: 10 * 60_000,
      clock: options.clock,
      isAbsence: ({ snapshot }: Found) => snapshot === null,
    };
    this.#bySlug = new WatchedCache(cache);
    this.#byId = new WatchedCache(cache);
    this.#filters = new WatchedCache({ ...cache, isAbsence: ({ points }) => points.size === 0 });
  }

  /** Begins to keep snapshots. Without it each is read anew. */
  async start(): Promise<void> {
    this.#unwatch ??= watchChanges(this.options.database, (change) => {
      if (change?.what.startsWith(isolatesOf)) this.options.onReplaced(change.what.slice(isolatesOf.length));
      if (change !== null && !concerning.has(change.what)) return;
      const matches =
        change === null ? undefined : (found: { tenantId: string }): boolean => found.tenantId === change.tenantId;
      this.#bySlug.drop(matches);
      this.#byId.drop(matches);
      this.#filters.drop(matches);
    });
    await this.#unwatch;
    this.#bySlug.open();
    this.#byId.open();
    this.#filters.open();
  }

  async stop(): Promise<void> {
    this.#bySlug.close();
    this.#byId.close();
    this.#filters.close();
    (await this.#unwatch?.catch(() => undefined))?.();
  }

  /** The kept snapshot of a slug, at once; `undefined` when {@link InstallationSnapshots.get} has to look. */
  getCached(tenantId: Id<'tenant'>, slug: string): InstallationSnapshot | undefined {
    return this.#bySlug.get(`${tenantId}/${slug}`)?.snapshot ?? undefined;
  }

  /** The installation of a slug, or `undefined` when the tenant has none. Any text may come as a slug. */
  async get(tenantId: Id<'tenant'>, slug: string): Promise<InstallationSnapshot | undefined> {
    if (!slugPattern.test(slug)) return undefined;
    const { snapshot } = await this.#bySlug.load(`${tenantId}/${slug}`, () => this.#read(tenantId, { slug }));
    return snapshot ?? undefined;
  }

  /** The installation of an id, or `undefined` when the tenant has none. */
  async getById(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<InstallationSnapshot | undefined> {
    const { snapshot } = await this.#byId.load(`${tenantId}/${installationId}`, () =>
      this.#read(tenantId, { uuid: uuidFromId(installationId) }),
    );
    return snapshot ?? undefined;
  }

  /** An installation with the release that shall take over; `undefined`: there is none. Read anew each time. */
  async getNext(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<InstallationSnapshot | undefined> {
    const { snapshot } = await this.#read(tenantId, { uuid: uuidFromId(installationId) }, 'next');
    return snapshot ?? undefined;
  }

  /** The installations that read a tenant-wide secret: their manifest names it, and they have no value of their own. */
  async readingSecret(tenantId: Id<'tenant'>, name: string): Promise<InstallationSnapshot[]> {
    const scope = this.options.database.forTenant(tenantId);
    const slugs = await scope.transaction((tx) => readSlugsReadingSecret(tx, name));
    const found: InstallationSnapshot[] = [];
    for (const slug of slugs) {
      const snapshot = await this.get(tenantId, slug);
      if (snapshot) found.push(snapshot);
    }
    return found;
  }

  /** The filters of a tenant's enabled plugins at a point, in the order in which a value passes them. */
  async filters(tenantId: Id<'tenant'>, name: string): Promise<readonly FilterHandler[]> {
    const { points } = await this.#filters.load(tenantId, async () => {
      const slugs = await this.options.database.forTenant(tenantId).transaction(readFilterSlugs);
      const snapshots = await Promise.all(slugs.map((slug) => this.get(tenantId, slug)));
      return { tenantId, points: arrangeFilters(snapshots.filter((snapshot) => snapshot !== undefined)) };
    });
    return points.get(name) ?? [];
  }

  async #read(
    tenantId: Id<'tenant'>,
    by: { slug: string } | { uuid: string },
    release: 'active' | 'next' = 'active',
  ): Promise<Found> {
    const { database, ceilings } = this.options;
    const scope = database.forTenant(tenantId);
    const row = await scope.transaction((tx) => readSnapshotRow(tx, by, release));
    if (row === undefined) return { tenantId, snapshot: null };
    const loadBundle = async (sha256: string): Promise<Bundle> => {
      const bytes = await scope.transaction((tx) => readBlob(tx, sha256));
      if (bytes === undefined) throw new Error(`the script ${sha256} of ${row.slug} is not stored`);
      return { sha256, code: readUtf8(bytes) };
    };
    const loadSourceMap = async (sha256: string): Promise<string | undefined> => {
      const bytes = await scope.transaction((tx) => readBlob(tx, sha256));
      return bytes === undefined ? undefined : readUtf8(bytes);
    };
    const refToken = (id: string): string => createHmac('sha256', this.#refKey).update(id).digest('hex').slice(0, 24);
    const snapshot = buildSnapshot(row, {
      tenantId,
      config: await readConfig(row, tenantId),
      ceilings,
      refToken,
      loadBundle,
      loadSourceMap,
    });
    if (release === 'next') return { tenantId, snapshot };
    const before = this.#isolateKeys.get(snapshot.installationId);
    this.#isolateKeys.set(snapshot.installationId, snapshot.isolateKey);
    if (before !== undefined && before !== snapshot.isolateKey) this.options.onReplaced(before);
    return { tenantId, snapshot };
  }
}
