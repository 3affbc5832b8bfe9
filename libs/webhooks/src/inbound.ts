/** Incoming webhooks: who may send them to a tenant, and what becomes of one. */
import { createHash } from 'node:crypto';
import { eventSources, maxEmitDepth, maxEventDataBytes } from '@annex/events';
import { jsonBytes, quote, type Clock, type InputFault, type Json, type Logger } from '@annex/kernel';
import { outcomeErrors } from '@annex/lifecycle';
import {
  appendAudit,
  countHookSources,
  deleteHookSource,
  findHookSource,
  listHookSources,
  noteHookReceived,
  upsertHookSource,
  type Database,
  type EmitEvent,
  type HookSourceRow,
  type TenantTransaction,
} from '@annex/persistence';
import { webhookErrors } from './errors.js';
import { headerOf, hookPresets, readInbound, shownInboundHeaders, slackChallenge, type HookPreset, type InboundRequest } from './inbound-request.js';
import { sealedAs, sealOwn, unsealOwn, validSecrets, withNewSecret, type OwnSecrets } from './own-secrets.js';
import type { SecretsPort, WebhooksCaller } from './ports.js';
import { defaultToleranceS, signingKey, verifySignature } from './signatures.js';

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
  preset: string;
  /** Where the tenant's sender puts the signature; `null`: where the preset says. */
  header: string | null;
  tolerance_s: number;
  /** Where to send: below the address of this Annex. */
  path: string;
  last_received_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface HookSourceInput {
  preset: HookPreset;
  /** Left out: it stays as it is. */
  secret?: string | undefined;
  header?: string | null | undefined;
  toleranceS?: number | undefined;
}

/** What a sender is answered. */
export type Reception = { kind: 'accepted' | 'duplicate'; eventId: string } | { kind: 'challenge'; challenge: string };

/** Sources that a tenant may have. */
export const maxHookSources = 100;
const sourcePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export class InboundHooks {
  constructor(private readonly options: InboundHooksOptions) {}

  async list(caller: WebhooksCaller, { limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<{ items: HookSourceView[]; next_cursor: string | null }> {
    if (cursor !== undefined && !sourcePattern.test(cursor)) throw webhookErrors.error('CURSOR_INVALID', 'The cursor is not one that this list answered. Leave it out to begin at the start.');
    const rows = await this.#transaction(caller, (tx) => listHookSources(tx, { limit: limit + 1, after: cursor }));
    const page = rows.slice(0, limit);
    return { items: page.map((row) => view(row, caller)), next_cursor: rows.length > limit ? (page.at(-1)?.source ?? null) : null };
  }

  /** Throws `HOOK_NOT_FOUND`. */
  async get(caller: WebhooksCaller, source: string): Promise<HookSourceView> {
    const row = sourcePattern.test(source) ? await this.#transaction(caller, (tx) => findHookSource(tx, source)) : undefined;
    if (!row) throw noSource(source);
    return view(row, caller);
  }

  /** Sets a source, new or not. With another secret the one before is believed for 24 hours more. Throws `HOOK_INVALID`, `WEBHOOK_LIMIT`. */
  put(caller: WebhooksCaller, source: string, input: HookSourceInput): Promise<HookSourceView & { created: boolean }> {
    const { preset, secret, header = null, toleranceS = defaultToleranceS } = input;
    return this.#transaction(caller, async (tx) => {
      await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 19))', [tx.tenantUuid]);
      const before = sourcePattern.test(source) ? await findHookSource(tx, source, { lock: true }) : undefined;
      const errors = inputFaults(source, input, before !== undefined && before.sealed !== null);
      if (errors.length > 0) throw webhookErrors.error('HOOK_INVALID', errors.map((fault) => `${fault.pointer}: ${fault.detail}`).join('; ').slice(0, 1000), { errors });
      if (!before && (await countHookSources(tx)) >= maxHookSources) throw webhookErrors.error('WEBHOOK_LIMIT', `There are ${maxHookSources} sources here already, the most there may be. Delete some first.`, { extra: { limit: maxHookSources } });
      const own: OwnSecrets = before ? await this.#unseal(tx, before) : { secret: null, previous: null, headers: {} };
      const next = preset === 'none' ? null : secret === undefined ? own : withNewSecret(own, secret, this.options.clock.now());
      const sealed = next && (await sealOwn(this.options.secrets, tx, sealedAs.source(source), next));
      const created = await upsertHookSource(tx, { source, preset, header, toleranceS, sealed });
      await this.#record(tx, caller, 'hook.set', source, { preset, secret_changed: secret !== undefined });
      const row = await findHookSource(tx, source);
      if (!row) throw noSource(source);
      return { ...view(row, caller), created };
    });
  }

  /** Throws `HOOK_NOT_FOUND`. */
  delete(caller: WebhooksCaller, source: string): Promise<void> {
    return this.#transaction(caller, async (tx) => {
      if (!sourcePattern.test(source) || !(await deleteHookSource(tx, source))) throw noSource(source);
      await this.#record(tx, caller, 'hook.deleted', source);
    });
  }

  /**
   * Takes what a source sent and emits `webhook.received`. What the sender calls the same delivery is the same event. `hops`: how often the
   * request passed through this platform. Throws `HOOK_NOT_FOUND`, `INVALID_SIGNATURE`, `PAYLOAD_TOO_LARGE`, `EMIT_DEPTH`, `QUEUE_FULL`.
   */
  async receive(tenant: WebhooksCaller['tenant'], source: string, request: InboundRequest, hops: number): Promise<Reception> {
    const { database, emit, clock } = this.options;
    const scope = database.forTenant(tenant.id);
    const found = sourcePattern.test(source)
      ? await scope.transaction(async (tx) => {
          const row = await findHookSource(tx, source);
          return row && { row, secrets: validSecrets(await this.#unseal(tx, row), clock.now()) };
        })
      : undefined;
    if (!found) throw webhookErrors.error('HOOK_NOT_FOUND', 'Nothing is received here.');
    const { row, secrets } = found;
    const preset = row.preset as HookPreset;
    if (preset !== 'none') {
      const signed = { scheme: preset, header: (name: string) => headerOf(request, name), body: request.body, nowMs: clock.now(), signatureHeader: row.header ?? undefined, toleranceS: row.toleranceS };
      if (!secrets.some((secret) => verifySignature({ ...signed, secret }))) {
        throw webhookErrors.error('INVALID_SIGNATURE', 'The signature of the request does not match, or its time is too far away. Sign its exact body with the secret that both sides keep.');
      }
    }
    const content = readInbound(preset, request);
    const challenge = preset === 'slack' ? slackChallenge(content) : undefined;
    if (challenge !== undefined) return { kind: 'challenge', challenge };
    const data: Json = {
      source,
      event_type: content.eventType,
      delivery_id: content.deliveryId,
      headers: shownInboundHeaders(request, row.header),
      body: content.body,
      body_encoding: content.bodyEncoding,
    };
    const bytes = jsonBytes(data);
    if (bytes > maxEventDataBytes) {
      throw outcomeErrors.error('PAYLOAD_TOO_LARGE', `The request makes an event of ${bytes} bytes of JSON; at most ${maxEventDataBytes} are taken.`, { extra: { limit: maxEventDataBytes } });
    }
    if (hops > maxEmitDepth) throw outcomeErrors.error('EMIT_DEPTH', `The request passed through this platform ${hops} times. Look for webhooks that cause each other.`);
    return scope.transaction(async (tx) => {
      const emitted = await emit(tx, {
        id: content.deliveryId === null ? undefined : eventId(source, content.deliveryId),
        type: 'webhook.received',
        source: eventSources.webhook(source),
        subject: source,
        data,
        depth: hops,
      });
      if (!emitted.duplicate) await noteHookReceived(tx, source);
      return { kind: emitted.duplicate ? 'duplicate' : 'accepted', eventId: emitted.eventId };
    });
  }

  #unseal(tx: TenantTransaction, row: HookSourceRow): Promise<OwnSecrets> {
    return unsealOwn(this.options.secrets, tx, sealedAs.source(row.source), row.sealed);
  }

  async #record(tx: TenantTransaction, { actor, requestId }: WebhooksCaller, action: string, source: string, detail: Record<string, Json> = {}): Promise<void> {
    await appendAudit(tx, { actor, action, target: source, detail, ...(requestId !== undefined && { requestId }) });
  }

  #transaction<T>(caller: WebhooksCaller, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }
}

/** The same delivery of the same source is the same event. In the form of every event's id, and of the sender's text only what a digest leaves. */
function eventId(source: string, deliveryId: string): string {
  return `evt_0${createHash('sha256').update(`${source}\0${deliveryId}`).digest('hex').slice(0, 25)}`;
}

function inputFaults(source: string, { preset, secret, header, toleranceS }: HookSourceInput, hasSecret: boolean): InputFault[] {
  const errors: InputFault[] = [];
  if (!sourcePattern.test(source)) errors.push({ pointer: '/source', code: 'FORMAT', detail: `${quote(source, 80)} must be 1 to 63 of a-z, 0-9, "_" and "-", beginning with a letter or digit` });
  if (!hookPresets.includes(preset)) errors.push({ pointer: '/preset', code: 'VALUE', detail: `write one of ${hookPresets.join(', ')}` });
  if (preset === 'none' && secret !== undefined) errors.push({ pointer: '/secret', code: 'VALUE', detail: 'the preset "none" checks no signature; leave the secret out, or choose another preset' });
  if (preset !== 'none' && secret === undefined && !hasSecret) errors.push({ pointer: '/secret', code: 'REQUIRED', detail: 'is required: the secret that the sender signs with' });
  if (secret !== undefined && (secret.length > 2048 || !secret.isWellFormed() || (preset === 'standard-webhooks' ? !signingKey(secret) : secret === ''))) {
    errors.push({ pointer: '/secret', code: 'FORMAT', detail: 'must be text of 1 to 2048 characters; behind "whsec_", base64' });
  }
  if (header && !/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(header)) errors.push({ pointer: '/header', code: 'FORMAT', detail: 'is not the name of a header field' });
  if (toleranceS !== undefined && (!Number.isInteger(toleranceS) || toleranceS < 1 || toleranceS > 86_400)) errors.push({ pointer: '/tolerance_s', code: 'RANGE', detail: 'must be a whole number of seconds from 1 to 86400' });
  return errors;
}

function view(row: HookSourceRow, { tenant }: WebhooksCaller): HookSourceView {
  return {
    source: row.source,
    preset: row.preset,
    header: row.header,
    tolerance_s: row.toleranceS,
    path: `/hooks/${tenant.slug}/${row.source}`,
    last_received_at: row.lastReceivedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function noSource(source: string): Error {
  return webhookErrors.error('HOOK_NOT_FOUND', `This tenant has no source ${quote(source, 80)}. GET /api/hooks lists them.`);
}
