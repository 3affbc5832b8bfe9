/** `POST /hooks/<tenant>/<name>`: a source takes what others send. That of a package is called `<slug>.<name>`. */
import { compileEventPattern, readSourceBatch, type SourceBatch } from '@annex/events';
import { atDepth, type Execution, type InstallationSnapshot, type SourceEnding } from '@annex/execution';
import { isAnnexError, type Clock, type Id, type TenantActor } from '@annex/kernel';
import { maxEmitDepth, sourceLimits } from '@annex/limits';
import { receivingSourceTypes, type RouteAuth } from '@annex/manifest';
import type { Database } from '@annex/database';
import { isOutcomeCode, outcomeErrors, type EmitEvent } from '@annex/runs';
import {
  answerHandshake,
  headerOf,
  readInbound,
  slackChallenge,
  unpackProven,
  webhookErrors,
  wrongMethod,
  type HandshakeAnswer,
  type InboundRequest,
} from '@annex/webhooks';
import { alertEvents } from './alertmanager.js';
import { findSource, markInitialized } from './rows/sources.js';
import type { SourceRow } from './rows/source-row.js';
import { presetOf, proves, routeRequest } from './sender.js';
import { writeBatch, type Taken } from './write-batch.js';

export interface ReceivingOptions {
  database: Pick<Database, 'forTenant'>;
  execution: Pick<Execution, 'runSource' | 'dayQuotas'> & { snapshots: Pick<Execution['snapshots'], 'get'> };
  /** `installationId` null: the tenant's own secret. */
  readSecret: (
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'> | null,
    name: string,
  ) => Promise<string | undefined>;
  emit: EmitEvent;
  /** Patterns of events that the operator keeps from plugins. Default: none. */
  reservedEvents?: readonly string[];
  clock: Clock;
}

/** What a sender is answered. */
export type SourceReception =
  ({ kind: 'taken' } & Taken) | { kind: 'challenge'; challenge: string } | ({ kind: 'handshake' } & HandshakeAnswer);

/** Whether a name at `/hooks` is one of a package's source: those of tenants have no dot. */
export function isPackageSource(name: string): boolean {
  return name.includes('.');
}

interface Found {
  source: SourceRow;
  /** `null`: the source is the tenant's own. */
  snapshot: InstallationSnapshot | null;
}

/** A source whose handler a package has. */
interface Handled extends Found {
  snapshot: InstallationSnapshot;
}

export class Receiving {
  constructor(private readonly options: ReceivingOptions) {}

  /** Throws `HOOK_NOT_FOUND` when nothing is received under this name. */
  async require(tenant: TenantActor['tenant'], name: string): Promise<void> {
    await this.#find(tenant, name);
  }

  /**
   * Takes what a sender sent: its handler runs, and its events are written in one transaction before the answer. What
   * fails has written nothing, and is answered with a status that makes a sender try again. `maxBytes`: of the body
   * once it is unpacked. Throws `HOOK_NOT_FOUND`, `HOOK_METHOD`, `HOOK_UNVERIFIED`, `INVALID_SIGNATURE`,
   * `HOOK_ENCODING`, `HOOK_BODY`, `PAYLOAD_TOO_LARGE`, `EMIT_DEPTH`, `SOURCE_PAUSED`, `QUOTA_EXCEEDED`, and
   * what the run failed with.
   */
  async receive(
    tenant: TenantActor['tenant'],
    name: string,
    sent: InboundRequest,
    { hops, maxBytes, signal }: { hops: number; maxBytes: number; signal?: AbortSignal },
  ): Promise<SourceReception> {
    const found = await this.#find(tenant, name);
    const preset = presetOf(found.source.spec.auth as RouteAuth);
    const verifyToken = sent.method === 'GET' ? await this.#verifyToken(found.source) : null;
    const handshake = answerHandshake({ preset, request: sent, verifyToken });
    if (handshake) return { kind: 'handshake', ...handshake };
    if (sent.method !== 'POST') throw wrongMethod(sent);
    const request = await this.#believe(found, sent, maxBytes);
    const challenge = preset === 'slack' ? slackChallenge(readInbound(preset, request)) : undefined;
    if (challenge !== undefined) return { kind: 'challenge', challenge };
    if (hops > maxEmitDepth)
      throw outcomeErrors.error(
        'EMIT_DEPTH',
        `The request passed through this platform ${hops} times. Look for sources and webhooks that cause each other.`,
      );
    requireRunning(found);
    if (found.source.type === 'alertmanager')
      return { kind: 'taken', ...(await this.#takeAlerts(found.source, request, hops)) };
    if (!isHandled(found)) throw nothingHere();
    this.options.execution.dayQuotas.require(tenant.id, { isInside: false });
    await this.#initialize(found);
    return { kind: 'taken', ...(await this.#run(found, request, hops, signal)) };
  }

  async #find(tenant: TenantActor['tenant'], name: string): Promise<Found> {
    const source = await this.options.database
      .forTenant(tenant.id)
      .transaction((tx) => findSource(tx, name.slice(0, 200)));
    if (!source || !receivingSourceTypes.has(source.type)) throw nothingHere();
    if (source.installationId === null) return { source, snapshot: null };
    const snapshot = await this.options.execution.snapshots.get(tenant.id, name.split('.', 1)[0] ?? '');
    if (snapshot === undefined) throw nothingHere();
    return { source, snapshot };
  }

  /** What a sender that asks first must bring along; `null`: nothing was agreed on. */
  async #verifyToken({ tenantId, installationId, spec }: SourceRow): Promise<string | null> {
    // Of a source that was connected before there was such a thing, the row does not say.
    if (!spec.verifyToken) return null;
    return (await this.options.readSecret(tenantId, installationId, spec.verifyToken)) ?? null;
  }

  async #believe({ source }: Found, request: InboundRequest, maxBytes: number): Promise<InboundRequest> {
    const auth = source.spec.auth as RouteAuth;
    const preset = presetOf(auth);
    if (typeof auth === 'string') return unpackProven(request, { preset, maxBytes, isProven: () => false });
    const named = 'hmac' in auth ? auth.hmac : auth.token;
    const secret = await this.options.readSecret(source.tenantId, source.installationId, named.secret);
    const nowMs = this.options.clock.now();
    return unpackProven(request, {
      preset,
      maxBytes,
      isProven: (one) =>
        secret !== undefined && proves(auth, { secret, header: (field) => headerOf(one, field), request: one, nowMs }),
    });
  }

  /** Before the first request of a release. Two at once may both do it, as after a worker that died. */
  async #initialize({ source, snapshot }: Handled): Promise<void> {
    if (source.initializedFor === snapshot.releaseId) return;
    const { database, execution } = this.options;
    const mark = (effects?: (tx: Parameters<typeof markInitialized>[0]) => Promise<void>): Promise<void> =>
      database.forTenant(snapshot.tenantId).transaction(async (tx) => {
        await effects?.(tx);
        await markInitialized(tx, source.id, snapshot.releaseId);
      });
    const wants = snapshot.registrations.some(
      (each) => each.kind === 'source' && each.name === source.spec.name && each.calls.includes('initialize'),
    );
    if (!wants) return mark();
    const ended = await execution.runSource({
      snapshot,
      name: source.spec.name,
      payload: { call: 'initialize' },
      wallMs: sourceLimits.receiveMs,
      finish: async (_answer, { effects }) => {
        await mark(effects);
        return null;
      },
    });
    if (ended.status === 'failed') throw refused(source.name, ended);
  }

  /** Each alert becomes an event; there is no code of anybody's between. */
  async #takeAlerts(source: SourceRow, request: InboundRequest, hops: number): Promise<Taken> {
    const { database, emit, reservedEvents = [] } = this.options;
    const given = alertEvents(readInbound('none', request).body);
    if (typeof given === 'string') throw webhookErrors.error('HOOK_BODY', given);
    const rules = { ...source.spec, reserved: reservedEvents, keepsFaulty: true };
    // A notification tells of everything that fires and is over, also to a source that wants one of the two.
    const wants = source.spec.events.map((pattern) => compileEventPattern(pattern));
    const alerts = given.filter(({ type }) => wants.some((fits) => fits(type)));
    const batches: SourceBatch[] = [];
    for (let from = 0; from < alerts.length; from += sourceLimits.events) {
      const reading = readSourceBatch({ events: alerts.slice(from, from + sourceLimits.events) }, rules);
      if (!reading.ok) throw outcomeErrors.error('SOURCE_REFUSED', reading.detail);
      batches.push(reading.batch);
    }
    // All of it or nothing: an Alertmanager sends what was not taken again as a whole.
    return database.forTenant(source.tenantId).transaction(async (tx) => {
      const all: Taken = { events: 0, duplicates: 0, rejected: 0, eventIds: [] };
      for (const batch of batches) {
        const taken = await writeBatch(tx, emit, { source, batch, depth: hops, token: null });
        for (const count of ['events', 'duplicates', 'rejected'] as const) all[count] += taken[count];
        all.eventIds.push(...taken.eventIds);
      }
      return all;
    });
  }

  async #run(
    { source, snapshot }: Handled,
    request: InboundRequest,
    hops: number,
    signal: AbortSignal | undefined,
  ): Promise<Taken> {
    const { database, execution, emit, reservedEvents = [] } = this.options;
    let taken: Taken = { events: 0, duplicates: 0, rejected: 0, eventIds: [] };
    const ended = await execution.runSource({
      snapshot,
      name: source.spec.name,
      request: routeRequest(request, source.spec.auth as RouteAuth),
      cause: atDepth(hops),
      wallMs: sourceLimits.receiveMs,
      ...(signal && { signal }),
      finish: async (answer, { id, effects }) => {
        const reading = readSourceBatch(answer, { ...source.spec, reserved: reservedEvents });
        if (!reading.ok) throw outcomeErrors.error('SOURCE_REFUSED', reading.detail);
        const { batch } = reading;
        if (batch.cursor !== undefined || batch.more)
          throw outcomeErrors.error('SOURCE_REFUSED', 'receive returns { events } alone: only a poll has a cursor.');
        taken = await database.forTenant(snapshot.tenantId).transaction(async (tx) => {
          await effects?.(tx);
          return writeBatch(tx, emit, { source, batch, runId: id, depth: hops, token: null });
        });
        return { events: taken.events, duplicates: taken.duplicates, rejected: taken.rejected };
      },
    });
    if (ended.status === 'failed') throw refused(source.name, ended);
    return taken;
  }
}

function isHandled(found: Found): found is Handled {
  return found.snapshot !== null;
}

function nothingHere(): Error {
  return webhookErrors.error('HOOK_NOT_FOUND', 'Nothing is received here.');
}

function requireRunning({ source, snapshot }: Found): void {
  if (source.active && !source.paused && (snapshot === null || snapshot.status === 'enabled')) return;
  throw outcomeErrors.error(
    'SOURCE_PAUSED',
    'The source takes nothing at the moment: it is paused, or its plugin is not enabled. Send it again later.',
    { retryAfterS: 60 },
  );
}

/** The plugin's own words stay inside: whoever sends learns the code alone. */
function refused(name: string, { error, thrown }: Extract<SourceEnding, { status: 'failed' }>): unknown {
  if (thrown !== undefined && !isAnnexError(thrown)) return thrown;
  const detail = `The source ${name} did not take the request, and nothing of it was written. Send it again later.`;
  return outcomeErrors.error(isOutcomeCode(error.code) ? error.code : 'PLUGIN_ERROR', detail);
}
