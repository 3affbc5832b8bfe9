/** A tenant's sources as people see and steer them. */
import { readSourceBatch, type SourceBatch } from '@annex/events';
import {
  jsonBytes,
  pageOf,
  quote,
  readCursor,
  type Json,
  type Page,
  type PageRequest,
  type TenantActor,
} from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import { recordAct } from '@annex/audit';
import type { Connector } from '@annex/connectors';
import { takeTurn, type Database, type TenantTransaction } from '@annex/database';
import type { Execution } from '@annex/execution';
import { findInstallation, findRelease, sourceStops } from '@annex/installations';
import { connectedSourceTypes } from '@annex/manifest';
import { enqueueRun, outcomeErrors } from '@annex/runs';
import { findHookSource, listHookSources, type HookSourceRow } from '@annex/webhooks';
import { checkConnection } from './check-connection.js';
import type { ConnectionSettings } from './connections.js';
import { refuseCursor, sourceErrors } from './errors.js';
import { ownSourceFaults, ownSourceSpec, type OwnSourceInput } from './own-source.js';
import {
  changeSource,
  countOwnSources,
  deleteSource,
  findSource,
  isDriven,
  listSources,
  saveOwnSource,
  type SourceChange,
} from './rows/sources.js';
import { readSourceFacts } from './rows/source-facts.js';
import { SourceRow } from './rows/source-row.js';
import type { HeldSource } from './sql/leases.js';
import { sourceView, type SourceView } from './views.js';
import { webhookSourceView } from './webhook-source.js';

export interface SourcesOptions {
  database: Pick<Database, 'forTenant'>;
  execution: Pick<Execution, 'runSource'> & { snapshots: Pick<Execution['snapshots'], 'getById'> };
  loadConnector: (type: string) => Promise<Connector | undefined>;
  /** Fills in what a source's declaration leaves to its tenant. Throws what somebody has to set right. */
  prepare: (source: HeldSource) => Promise<ConnectionSettings>;
  /** Patterns of events that the operator keeps from plugins. Default: none. */
  reservedEvents?: readonly string[];
}

/** What a poll would give now. */
export interface SourceTestView {
  ok: boolean;
  run_id: string | null;
  /** The first of them; nothing was emitted. */
  events: { type: string; id: string | null; subject: string | null; data: Json; missing: string[] }[];
  event_count: number;
  cursor: Json;
  more: boolean;
  error: { code: string; message: string } | null;
}

const namePattern = /^[a-z0-9][a-z0-9._-]{0,127}$/;
/** Of a cursor: behind all sources, among the webhooks. */
const webhookPrefix = 'webhook:';

/** Where a page of the list goes on; `undefined`: nobody wrote that. */
function readPlace(cursor: string): { source?: string; webhook?: string } | undefined {
  const isWebhook = cursor.startsWith(webhookPrefix);
  const name = isWebhook ? cursor.slice(webhookPrefix.length) : cursor;
  if (!namePattern.test(name)) return undefined;
  return isWebhook ? { webhook: name } : { source: name };
}

export class Sources {
  constructor(private readonly options: SourcesOptions) {}

  async list(caller: TenantActor, { limit, cursor }: PageRequest): Promise<Page<SourceView>> {
    const after = readCursor(cursor, readPlace, refuseCursor);
    return this.#transaction(caller, async (tx) => {
      const sources =
        after?.webhook === undefined ? await listSources(tx, { limit: limit + 1, after: after?.source }) : [];
      // Behind the others, because two of one name may stand in the two tables.
      const webhooks =
        sources.length > limit ? [] : await listHookSources(tx, { limit: limit + 1, after: after?.webhook });
      const page = pageOf([...sources, ...webhooks], { limit }, (row) =>
        row instanceof SourceRow ? row.name : `${webhookPrefix}${row.source}`,
      );
      const views = await this.#views(tx, caller, sources.slice(0, limit));
      const rest = webhooks.slice(0, page.items.length - views.length);
      return { ...page, items: [...views, ...rest.map((row) => this.#webhookView(caller, row))] };
    });
  }

  /** Throws `SOURCE_NOT_FOUND`. */
  get(caller: TenantActor, name: string): Promise<SourceView> {
    return this.#transaction(caller, async (tx) => {
      const source = namePattern.test(name) ? await findSource(tx, name) : undefined;
      if (source) return this.#view(tx, caller, source);
      const webhook = namePattern.test(name) ? await findHookSource(tx, name) : undefined;
      return webhook ? this.#webhookView(caller, webhook) : this.#view(tx, caller, await this.#require(tx, name));
    });
  }

  /**
   * Sets a source of the tenant's own, new or not. With another type it begins anew. Throws `SOURCE_INVALID`,
   * `SOURCE_OF_PACKAGE`, `SOURCE_LIMIT`.
   */
  async put(caller: TenantActor, name: string, input: OwnSourceInput): Promise<SourceView & { created: boolean }> {
    const errors = name.includes('.') ? [] : ownSourceFaults(name, input);
    if (errors.length > 0)
      throw sourceErrors.error(
        'SOURCE_INVALID',
        errors
          .map(({ pointer, detail }) => `${pointer}: ${detail}`)
          .join('; ')
          .slice(0, 1000),
        { errors },
      );
    return this.#transaction(caller, async (tx) => {
      await takeTurn(tx, 'sources');
      if (name.includes('.')) throw ofPackage(name);
      if (!(await findSource(tx, name)) && (await countOwnSources(tx)) >= sourceLimits.perTenant)
        throw sourceErrors.error(
          'SOURCE_LIMIT',
          `There are ${sourceLimits.perTenant} sources here already, the most there may be. Delete some first.`,
          { extra: { limit: sourceLimits.perTenant } },
        );
      const { type, enabled: active = true } = input;
      const created = await saveOwnSource(tx, { name, type, spec: ownSourceSpec(name, input), active });
      await recordAct(tx, caller, { action: 'source.set', target: name, detail: { type, enabled: active } });
      return { ...(await this.#view(tx, caller, await this.#require(tx, name))), created };
    });
  }

  /** Throws `SOURCE_NOT_FOUND`, `SOURCE_OF_PACKAGE`. */
  delete(caller: TenantActor, name: string): Promise<void> {
    return this.#transaction(caller, async (tx) => {
      const source = await this.#require(tx, name, { lock: true });
      if (source.installationId !== null) throw ofPackage(name);
      await deleteSource(tx, source.id);
      await recordAct(tx, caller, { action: 'source.deleted', target: name, detail: { type: source.type } });
    });
  }

  /** Nothing comes from it until it is resumed; what is under way is not written. Throws `SOURCE_NOT_FOUND`. */
  pause(caller: TenantActor, name: string): Promise<SourceView> {
    return this.#change(caller, name, 'source.paused', async (tx, source) => {
      if (!source.paused) await this.#tellStop(tx, source);
      return { paused: true, fence: true };
    });
  }

  /** Throws `SOURCE_NOT_FOUND`. */
  resume(caller: TenantActor, name: string): Promise<SourceView> {
    return this.#change(caller, name, 'source.resumed', (_tx, source) =>
      Promise.resolve({ paused: false, reinitialize: source.paused, due: isDriven(source.type) }),
    );
  }

  /**
   * Begins anew, from where its cursor stands: `initialize` runs again, and a failure is forgotten. Throws
   * `SOURCE_NOT_FOUND`.
   */
  restart(caller: TenantActor, name: string): Promise<SourceView> {
    return this.#change(caller, name, 'source.restarted', (_tx, { type }) =>
      Promise.resolve({ fence: true, reinitialize: true, clearFailure: true, due: isDriven(type) }),
    );
  }

  /**
   * Says where it goes on: `null` is the beginning. What was emitted before is not emitted again, as long as its source
   * gives it the same id. Throws `SOURCE_NOT_FOUND`, `SOURCE_INVALID`.
   */
  setCursor(caller: TenantActor, name: string, cursor: Json): Promise<SourceView> {
    const bytes = jsonBytes(cursor);
    if (bytes > sourceLimits.cursorBytes)
      throw sourceErrors.error(
        'SOURCE_INVALID',
        `The cursor is ${bytes} bytes of JSON; at most ${sourceLimits.cursorBytes} are kept.`,
        { errors: [{ pointer: '/cursor', code: 'RANGE', detail: 'is too large' }] },
      );
    return this.#change(caller, name, 'source.moved', (_tx, source) => {
      if (!isDriven(source.type))
        throw sourceErrors.error(
          'SOURCE_INVALID',
          `The source ${source.name} of type ${source.type} has no cursor: others decide what they send.`,
        );
      return Promise.resolve({ cursor, fence: true, due: true });
    });
  }

  /**
   * Polls once and shows what came of it: nothing is emitted, and the cursor stays. Of a connection it is asked whether
   * the origin would let it in; one that is open stays so. Throws `SOURCE_NOT_FOUND`,
   * `SOURCE_INVALID` for a type that cannot be asked, `SOURCE_PAUSED` when its plugin is not enabled.
   */
  async test(caller: TenantActor, name: string, signal?: AbortSignal): Promise<SourceTestView> {
    const source = await this.#transaction(caller, (tx) => this.#require(tx, name));
    if (connectedSourceTypes.has(source.type)) return this.#check(source);
    if (source.type !== 'poll' || source.installationId === null)
      throw sourceErrors.error(
        'SOURCE_INVALID',
        `The source ${name} of type ${source.type} cannot be asked. Send it a request of your own to see what ` +
          'it makes of it.',
      );
    const { execution, reservedEvents = [] } = this.options;
    const snapshot = await execution.snapshots.getById(caller.tenant.id, source.installationId);
    if (snapshot?.status !== 'enabled')
      throw outcomeErrors.error('SOURCE_PAUSED', `The plugin of ${name} is not enabled. Enable it first.`);
    let batch: SourceBatch = { events: [], cursor: undefined, more: false };
    const ended = await execution.runSource({
      snapshot,
      name: source.spec.name,
      payload: { call: 'poll', cursor: source.cursor, initialize: source.initializedFor !== snapshot.releaseId },
      wallMs: sourceLimits.receiveMs,
      ...(signal && { signal }),
      finish: (answer) => {
        const reading = readSourceBatch(answer, { ...source.spec, reserved: reservedEvents });
        if (!reading.ok) throw outcomeErrors.error('SOURCE_REFUSED', reading.detail);
        ({ batch } = reading);
        return Promise.resolve({ test: true, events: batch.events.length });
      },
    });
    return {
      ok: ended.status === 'succeeded',
      run_id: ended.runId,
      events: batch.events
        .slice(0, sourceLimits.shownEvents)
        .map(({ type, id, subject, data, missing }) => ({ type, id, subject, data, missing })),
      event_count: batch.events.length,
      cursor: batch.cursor ?? source.cursor,
      more: batch.more,
      error: ended.status === 'failed' ? ended.error : null,
    };
  }

  async #check(source: SourceRow): Promise<SourceTestView> {
    const error = await checkConnection(source, this.options);
    const nothing = { run_id: null, events: [], event_count: 0, cursor: source.cursor, more: false };
    return { ok: error === null, ...nothing, error };
  }

  /** Calls `stop` of a package's source. */
  async #tellStop(tx: TenantTransaction, { installationId, spec }: SourceRow): Promise<void> {
    const installation = installationId && (await findInstallation(tx, installationId));
    const release = installation?.releaseId ? await findRelease(tx, installation.releaseId) : null;
    if (!installation || !release) return;
    for (const run of sourceStops(installation, release, spec.name)) await enqueueRun(tx, run);
  }

  #change(
    caller: TenantActor,
    name: string,
    action: string,
    decide: (tx: TenantTransaction, source: SourceRow) => Promise<SourceChange>,
  ): Promise<SourceView> {
    return this.#transaction(caller, async (tx) => {
      const source = await this.#require(tx, name, { lock: true });
      const change = await decide(tx, source);
      await changeSource(tx, source.id, change);
      const detail = { type: source.type, ...(change.cursor !== undefined && { cursor: change.cursor }) };
      await recordAct(tx, caller, { action, target: source.name, detail });
      return this.#view(tx, caller, await this.#require(tx, name));
    });
  }

  async #require(tx: TenantTransaction, name: string, { lock = false } = {}): Promise<SourceRow> {
    const source = namePattern.test(name) ? await findSource(tx, name, { lock }) : undefined;
    if (source) return source;
    throw sourceErrors.error(
      'SOURCE_NOT_FOUND',
      `This tenant has no source ${quote(name, 80)}. GET /api/sources lists them; a package's is called <slug>.<name>.`,
    );
  }

  async #view(tx: TenantTransaction, caller: TenantActor, source: SourceRow): Promise<SourceView> {
    const [view] = await this.#views(tx, caller, [source]);
    if (!view) throw new Error(`the source ${source.id} cannot be shown`);
    return view;
  }

  async #views(tx: TenantTransaction, { tenant }: TenantActor, rows: readonly SourceRow[]): Promise<SourceView[]> {
    const facts = await readSourceFacts(tx, rows, tenant.slug);
    return rows.flatMap((row) => {
      const of = facts.get(row.id);
      return of ? [sourceView(row, of)] : [];
    });
  }

  #webhookView({ tenant }: TenantActor, row: HookSourceRow): SourceView {
    return webhookSourceView(row, { tenantSlug: tenant.slug, nowMs: Date.now() });
  }

  #transaction<T>(caller: TenantActor, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }
}

function ofPackage(name: string): Error {
  return sourceErrors.error(
    'SOURCE_OF_PACKAGE',
    `${quote(name, 80)} belongs to a package, whose plugin.json says what it is. Names of the tenant's own ` +
      'have no dot.',
  );
}
