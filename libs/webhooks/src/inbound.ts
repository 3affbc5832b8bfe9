/** Incoming webhooks: who may send them to a tenant, and what becomes of one. */
import { createHash } from 'node:crypto';
import { eventSources, missingPaths } from '@annex/events';
import { hookLimits, maxEmitDepth, maxPayloadBytes } from '@annex/limits';
import { storageProblem } from '@annex/host-api';
import {
  jsonBytes,
  pageOf,
  quote,
  readCursor,
  type Clock,
  type Json,
  type JsonObject,
  type Logger,
  type Page,
  type PageRequest,
  type TenantActor,
} from '@annex/kernel';
import { outcomeErrors, type EmitEvent } from '@annex/runs';
import { appendAudit } from '@annex/audit';
import {
  countHookSources,
  deleteHookSource,
  findHookSource,
  listHookSources,
  noteHookReceived,
  upsertHookSource,
} from './rows/hook-sources.js';
import type { HookSourceRow } from './rows/hook-source-row.js';
import { takeTurn, type Database, type TenantTransaction } from '@annex/database';
import { refuseCursor, webhookErrors } from './errors.js';
import { unpackProven } from './inbound-body.js';
import { answerHandshake, wrongMethod, type HandshakeAnswer } from './inbound-handshake.js';
import {
  corsOf,
  inputFaults,
  optionsOf,
  readOptions,
  sourcePattern,
  type HookOptions,
  type HookSourceInput,
} from './inbound-input.js';
import { isProven, secretPlaces, withoutSecret } from './inbound-proof.js';
import {
  readInbound,
  shownInboundHeaders,
  slackChallenge,
  type HookPreset,
  type InboundRequest,
} from './inbound-request.js';
import { sealedAs, sealOwn, unsealOwn, validSecrets, withNewSecret, type OwnSecrets } from './own-secrets.js';
import type { SecretsPort } from './ports.js';

export interface InboundHooksOptions {
  database: Database;
  secrets: SecretsPort;
  emit: EmitEvent;
  clock: Clock;
  logger: Logger;
}

/** A source on the wire; its secret is never shown. */
export interface HookSourceView {
  source: string;
  preset: HookPreset;
  /** Where the tenant's sender puts the signature; `null`: where the preset says. */
  header: string | null;
  tolerance_s: number;
  /** The address that the sender was given, where it is signed; `null`: the one that is called. */
  url: string | null;
  /** How the preset `hmac` signs. */
  signature: Json;
  /** Which pages of other origins may send; `null`: none. */
  cors: Json;
  /** Paths into its events that must not be empty. An event that lacks one is kept, and given to nobody. */
  require: string[];
  /** Whether the sender has to bring a `verify_token` when it asks first. */
  has_verify_token: boolean;
  /** Where to send: below the address of this Annex. */
  path: string;
  last_received_at: string | null;
  created_at: string;
  updated_at: string;
}

/** What a sender is answered. */
export type Reception =
  | { kind: 'accepted' | 'duplicate'; eventId: string }
  | { kind: 'challenge'; challenge: string }
  | ({ kind: 'handshake' } & HandshakeAnswer);

export class InboundHooks {
  constructor(private readonly options: InboundHooksOptions) {}

  async list(caller: TenantActor, { limit, cursor }: PageRequest): Promise<Page<HookSourceView>> {
    const after = readCursor(cursor, (text) => (sourcePattern.test(text) ? text : undefined), refuseCursor);
    const rows = await this.#transaction(caller, (tx) => listHookSources(tx, { limit: limit + 1, after }));
    const page = pageOf(rows, { limit }, ({ source }) => source);
    return { ...page, items: await this.#views(caller, page.items) };
  }

  /** Throws `HOOK_NOT_FOUND`. */
  async get(caller: TenantActor, source: string): Promise<HookSourceView> {
    const row = sourcePattern.test(source)
      ? await this.#transaction(caller, (tx) => findHookSource(tx, source))
      : undefined;
    if (!row) throw noSource(source);
    const [found] = await this.#views(caller, [row]);
    if (!found) throw noSource(source);
    return found;
  }

  /**
   * Sets a source, new or not. With another secret the one before is believed for 24 hours more. Throws `HOOK_INVALID`,
   * `WEBHOOK_LIMIT`.
   */
  put(caller: TenantActor, source: string, input: HookSourceInput): Promise<HookSourceView & { created: boolean }> {
    const { preset, secret, verifyToken, header = null, toleranceS = hookLimits.toleranceS } = input;
    return this.#transaction(caller, async (tx) => {
      await takeTurn(tx, 'hookSources');
      const before = sourcePattern.test(source) ? await findHookSource(tx, source, { lock: true }) : undefined;
      const own: OwnSecrets = before ? await this.#unseal(tx, before) : { secret: null, previous: null, headers: {} };
      const errors = inputFaults(source, input, own.secret !== null);
      if (errors.length > 0)
        throw webhookErrors.error(
          'HOOK_INVALID',
          errors
            .map((fault) => `${fault.pointer}: ${fault.detail}`)
            .join('; ')
            .slice(0, 1000),
          { errors },
        );
      if (!before && (await countHookSources(tx)) >= hookLimits.sources)
        throw webhookErrors.error(
          'WEBHOOK_LIMIT',
          `There are ${hookLimits.sources} sources here already, the most there may be. Delete some first.`,
          { extra: { limit: hookLimits.sources } },
        );
      const signing =
        preset === 'none'
          ? { secret: null, previous: null, headers: {} }
          : secret === undefined
            ? own
            : withNewSecret(own, secret, this.options.clock.now());
      const token = verifyToken === undefined ? (own.verifyToken ?? null) : verifyToken;
      const next = signing.secret === null && token === null ? null : { ...signing, verifyToken: token };
      const sealed = next && (await sealOwn(this.options.secrets, tx, sealedAs.source(source), next));
      const created = await upsertHookSource(tx, {
        source,
        preset,
        header,
        toleranceS,
        options: optionsOf(input) as JsonObject,
        sealed,
      });
      await this.#record(tx, caller, 'hook.set', source, {
        preset,
        secret_changed: secret !== undefined,
        verify_token_changed: verifyToken !== undefined,
      });
      const row = await findHookSource(tx, source);
      if (!row) throw noSource(source);
      return { ...view(row, next, caller), created };
    });
  }

  /** Throws `HOOK_NOT_FOUND`. */
  delete(caller: TenantActor, source: string): Promise<void> {
    return this.#transaction(caller, async (tx) => {
      if (!sourcePattern.test(source) || !(await deleteHookSource(tx, source))) throw noSource(source);
      await this.#record(tx, caller, 'hook.deleted', source);
    });
  }

  /** Throws `HOOK_NOT_FOUND` when a tenant has no such source. */
  async requireSource(tenant: TenantActor['tenant'], source: string): Promise<void> {
    await this.#find(tenant, source);
  }

  /** Which pages of other origins may send to a source; `null`: none, or there is no such source. */
  async corsOf(tenant: TenantActor['tenant'], source: string): Promise<ReturnType<typeof corsOf>> {
    const row = sourcePattern.test(source)
      ? await this.options.database.forTenant(tenant.id).transaction((tx) => findHookSource(tx, source))
      : undefined;
    return row ? corsOf(readOptions(row.options)) : null;
  }

  /**
   * Takes what a source sent and emits `webhook.received`, or answers what its sender asks before it sends. What the
   * sender calls the same delivery is the same event. `hops`: how often the request passed through this platform;
   * `maxBytes`: of the body once it is unpacked. Throws `HOOK_NOT_FOUND`,
   * `HOOK_METHOD`, `HOOK_UNVERIFIED`, `INVALID_SIGNATURE`, `HOOK_ENCODING`, `HOOK_BODY`, `PAYLOAD_TOO_LARGE`,
   * `EMIT_DEPTH`, `QUEUE_FULL`.
   */
  async receive(
    tenant: TenantActor['tenant'],
    source: string,
    request: InboundRequest,
    { hops, maxBytes }: { hops: number; maxBytes: number },
  ): Promise<Reception> {
    const { row, own } = await this.#find(tenant, source);
    const preset = row.preset as HookPreset;
    const handshake = answerHandshake({ preset, request, verifyToken: own.verifyToken ?? null });
    if (handshake) return { kind: 'handshake', ...handshake };
    if (request.method !== 'POST') throw wrongMethod(request);
    const plain = await this.#believe(row, own, request, maxBytes);
    const content = readInbound(preset, plain);
    const challenge = preset === 'slack' ? slackChallenge(content) : undefined;
    if (challenge !== undefined) return { kind: 'challenge', challenge };
    const data = eventData(row, plain, content);
    const bytes = jsonBytes(data);
    if (bytes > maxPayloadBytes) {
      throw outcomeErrors.error(
        'PAYLOAD_TOO_LARGE',
        `The request makes an event of ${bytes} bytes of JSON; at most ${maxPayloadBytes} are taken.`,
        { extra: { limit: maxPayloadBytes } },
      );
    }
    if (hops > maxEmitDepth)
      throw outcomeErrors.error(
        'EMIT_DEPTH',
        `The request passed through this platform ${hops} times. Look for webhooks that cause each other.`,
      );
    return this.#emit(tenant, row, { deliveryId: content.deliveryId, data, depth: hops });
  }

  async #find(tenant: TenantActor['tenant'], source: string): Promise<{ row: HookSourceRow; own: OwnSecrets }> {
    const found = sourcePattern.test(source)
      ? await this.options.database.forTenant(tenant.id).transaction(async (tx) => {
          const row = await findHookSource(tx, source);
          return row && { row, own: await this.#unseal(tx, row) };
        })
      : undefined;
    if (!found) throw webhookErrors.error('HOOK_NOT_FOUND', 'Nothing is received here.');
    return found;
  }

  #believe(row: HookSourceRow, own: OwnSecrets, request: InboundRequest, maxBytes: number): Promise<InboundRequest> {
    const preset = row.preset as HookPreset;
    const { url = request.url, signature }: HookOptions = readOptions(row.options);
    const nowMs = this.options.clock.now();
    const { header, toleranceS } = row;
    return unpackProven(request, {
      preset,
      maxBytes,
      isProven: (one) =>
        preset !== 'none' &&
        validSecrets(own, nowMs).some((secret) =>
          isProven({ preset, secret, request: one, header, toleranceS, url, form: signature, nowMs }),
        ),
    });
  }

  #emit(
    tenant: TenantActor['tenant'],
    { source, options }: HookSourceRow,
    { deliveryId, data, depth }: { deliveryId: string | null; data: Json; depth: number },
  ): Promise<Reception> {
    const missing = missingPaths({ subject: source, data }, readOptions(options).require ?? []);
    const reason = `The source ${source} asks for ${missing.join(', ')}, and the event has nothing there.`;
    return this.options.database.forTenant(tenant.id).transaction(async (tx) => {
      const emitted = await this.options.emit(tx, {
        id: deliveryId === null ? undefined : eventId(source, deliveryId),
        type: 'webhook.received',
        source: eventSources.webhook(source),
        subject: source,
        data,
        depth,
        rejected: missing.length > 0 ? { reason, missing } : undefined,
      });
      if (!emitted.duplicate) await noteHookReceived(tx, source);
      return { kind: emitted.duplicate ? 'duplicate' : 'accepted', eventId: emitted.eventId };
    });
  }

  #views(caller: TenantActor, rows: readonly HookSourceRow[]): Promise<HookSourceView[]> {
    return this.#transaction(caller, async (tx) => {
      const views: HookSourceView[] = [];
      for (const row of rows) views.push(view(row, await this.#unseal(tx, row), caller));
      return views;
    });
  }

  #unseal(tx: TenantTransaction, row: HookSourceRow): Promise<OwnSecrets> {
    return unsealOwn(this.options.secrets, tx, sealedAs.source(row.source), row.sealed);
  }

  async #record(
    tx: TenantTransaction,
    { actor, requestId }: TenantActor,
    action: string,
    source: string,
    detail: Record<string, Json> = {},
  ): Promise<void> {
    await appendAudit(tx, { actor, action, target: source, detail, ...(requestId !== undefined && { requestId }) });
  }

  #transaction<T>(caller: TenantActor, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }
}

/**
 * The same delivery of the same source is the same event. In the form of every event's id, and of the sender's text
 * only what a digest leaves.
 */
function eventId(source: string, deliveryId: string): string {
  return `evt_0${createHash('sha256').update(`${source}\0${deliveryId}`).digest('hex').slice(0, 25)}`;
}

/** What handlers get. Fields in which a secret travels are left out. */
function eventData(
  { source, preset, header }: HookSourceRow,
  request: InboundRequest,
  { eventType, deliveryId, body, bodyEncoding, numbersAsText }: ReturnType<typeof readInbound>,
): Json {
  const secret = secretPlaces(preset as HookPreset, header);
  const query: JsonObject = Object.fromEntries(
    Object.entries(request.query).filter(([name]) => name !== secret.parameter),
  );
  const problem = storageProblem(query);
  if (problem !== undefined) throw webhookErrors.error('HOOK_BODY', `The query ${problem}.`);
  // As text or base64 the secret would stay in it.
  if (preset === 'microsoft-graph' && bodyEncoding !== 'json')
    throw webhookErrors.error('HOOK_BODY', 'The notifications are no JSON that can be kept.');
  return {
    source,
    event_type: eventType,
    delivery_id: deliveryId,
    headers: shownInboundHeaders(request, secret.header),
    query,
    body: withoutSecret(preset as HookPreset, body),
    body_encoding: bodyEncoding,
    ...(numbersAsText.length > 0 && { numbers_as_text: numbersAsText }),
  };
}

function view(row: HookSourceRow, own: OwnSecrets | null, { tenant }: TenantActor): HookSourceView {
  const { url = null, signature = null, cors = null, require = [] } = readOptions(row.options);
  return {
    source: row.source,
    // Only what `inputFaults` let through is written.
    preset: row.preset as HookPreset,
    header: row.header,
    tolerance_s: row.toleranceS,
    url,
    signature: signature as Json,
    cors,
    require: [...require],
    has_verify_token: (own?.verifyToken ?? null) !== null,
    path: `/hooks/${tenant.slug}/${row.source}`,
    last_received_at: row.lastReceivedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function noSource(source: string): Error {
  return webhookErrors.error(
    'HOOK_NOT_FOUND',
    `This tenant has no source ${quote(source, 80)}. GET /api/hooks lists them.`,
  );
}
