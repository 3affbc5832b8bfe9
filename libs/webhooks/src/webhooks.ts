/**
 * What people ask of webhooks: list them, register their own, stop and start them, look at deliveries and send them
 * again.
 */
import {
  idFromUuid,
  isJsonObject,
  jsonBytes,
  mapPage,
  newId,
  pageOf,
  parseId,
  quote,
  readCursor,
  uuidFromId,
  type Clock,
  type Id,
  type InputFault,
  type Json,
  type Logger,
  type Page,
  type PageRequest,
  type TenantActor,
} from '@annex/kernel';
import {
  ensureRoom,
  hasEnded,
  insertQueued,
  lockRunForReplay,
  markReplayed,
  outcomeErrors,
  type EmitEvent,
  type RunStatus,
} from '@annex/runs';
import { appendAudit } from '@annex/audit';
import {
  countOwnWebhooks,
  deleteWebhook,
  enableWebhook,
  findWebhook,
  findWebhooksByName,
  insertWebhook,
  listWebhooks,
  updateWebhook,
  type OwnWebhook,
} from './rows/webhooks.js';
import type { WebhookRow } from './rows/webhook-row.js';
import { findDelivery, listDeliveries, listDeliveryAttempts, readDeliveryBody } from './rows/deliveries.js';
import { maxPayloadBytes, secretLimits, webhookLimits } from '@annex/limits';
import { takeTurn, type Database, type TenantTransaction } from '@annex/database';
import { refuseCursor, webhookErrors } from './errors.js';
import { stopWebhook } from './endpoint-health.js';
import { judgeSecret, type NewSecret } from './judge-secret.js';
import { sealedAs, sealOwn, unsealOwn, withNewSecret } from './own-secrets.js';
import type { EgressPort, SecretsPort, InstallationsPort, WebhookInstallation } from './ports.js';
import {
  checkSigningSecret,
  checkWebhook,
  newSecret,
  ownRow,
  webhookNamePattern,
  type WebhookInput,
} from './webhook-input.js';
import { deliveryView, webhookView, type DeliveryView, type WebhookView } from './views.js';

export interface WebhooksOptions {
  database: Database;
  secrets: SecretsPort;
  egress: Pick<EgressPort, 'checkUrl'>;
  installations: InstallationsPort;
  emit: EmitEvent;
  clock: Clock;
  logger: Logger;
}

export class Webhooks {
  constructor(private readonly options: WebhooksOptions) {}

  /** A page of webhooks: the tenant's own and those that packages define. */
  async list(
    caller: TenantActor,
    { limit, cursor, plugin }: PageRequest & { plugin?: string | undefined },
  ): Promise<Page<WebhookView>> {
    const after = readCursor(cursor, (text) => parseId('webhook', text), refuseCursor);
    return this.#read(caller, async (tx) => {
      const rows = await listWebhooks(tx, { limit: limit + 1, after, plugin, kind: 'webhook' });
      const page = pageOf(rows, { limit }, ({ id }) => id);
      const items: WebhookView[] = [];
      for (const row of page.items) items.push(await this.#view(tx, row));
      return { ...page, items };
    });
  }

  /** One webhook by its id, or by its name where only one has it. Throws `WEBHOOK_NOT_FOUND`. */
  get(caller: TenantActor, idOrName: string): Promise<WebhookView> {
    return this.#read(caller, async (tx) => this.#view(tx, await this.#require(tx, idOrName)));
  }

  /**
   * Registers a webhook; its secret is answered this once. Throws `WEBHOOK_INVALID`, `WEBHOOK_EXISTS`, `WEBHOOK_LIMIT`.
   */
  create(caller: TenantActor, input: WebhookInput): Promise<WebhookView & { secret: string }> {
    checkWebhook(input, this.options.egress);
    return this.#read(caller, async (tx) => {
      // Two at once must not both find room for the last.
      await takeTurn(tx, 'webhooks');
      if ((await countOwnWebhooks(tx)) >= webhookLimits.webhooks)
        throw webhookErrors.error(
          'WEBHOOK_LIMIT',
          `There are ${webhookLimits.webhooks} webhooks here already, the most there may be. Delete some first.`,
          { extra: { limit: webhookLimits.webhooks } },
        );
      const id = newId('webhook');
      const secret = input.secret ?? newSecret();
      const sealed = await sealOwn(this.options.secrets, tx, sealedAs.webhook(id), {
        secret,
        previous: null,
        headers: input.headers ?? {},
      });
      if (!(await insertWebhook(tx, id, { ...ownRow(input), sealed, createdBy: caller.actor })))
        throw nameTaken(input.name);
      await this.#record(
        tx,
        caller,
        'webhook.created',
        { id, name: input.name, plugin: null },
        { events: input.events },
      );
      return { ...(await this.#view(tx, await this.#require(tx, id))), secret };
    });
  }

  /**
   * Changes a webhook of the tenant's own; what is left out stays. Throws `WEBHOOK_NOT_FOUND`, `WEBHOOK_OF_PACKAGE`,
   * `WEBHOOK_INVALID`, `WEBHOOK_EXISTS`.
   */
  update(caller: TenantActor, idOrName: string, change: Partial<Omit<WebhookInput, 'secret'>>): Promise<WebhookView> {
    return this.#read(caller, async (tx) => {
      const row = await this.#requireOwn(tx, idOrName);
      const own = await this.#unseal(tx, row);
      const input: WebhookInput = {
        name: change.name ?? row.name,
        url: change.url ?? row.url,
        events: change.events ?? row.events,
        description: change.description === undefined ? row.description : change.description,
        headers: change.headers ?? own.headers,
        retry: change.retry ?? row.policy.retry,
      };
      checkWebhook(input, this.options.egress);
      if (
        input.name !== row.name &&
        (await findWebhooksByName(tx, input.name)).some((other) => other.installationId === null)
      )
        throw nameTaken(input.name);
      const sealed = await sealOwn(this.options.secrets, tx, sealedAs.webhook(row.id), {
        ...own,
        headers: input.headers ?? {},
      });
      await updateWebhook(tx, row.id, { ...ownRow(input), sealed });
      await this.#record(tx, caller, 'webhook.updated', row, { changed: Object.keys(change) });
      return this.#view(tx, await this.#require(tx, row.id));
    });
  }

  /** Removes a webhook of the tenant's own. Its deliveries may still be looked at; those that wait are skipped. */
  delete(caller: TenantActor, idOrName: string): Promise<void> {
    return this.#read(caller, async (tx) => {
      const row = await this.#requireOwn(tx, idOrName);
      await deleteWebhook(tx, row.id);
      await this.#record(tx, caller, 'webhook.deleted', row);
    });
  }

  /**
   * Gives a webhook of the tenant's own another secret, answered this once. The one before signs beside it for 24
   * hours.
   */
  rotate(
    caller: TenantActor,
    idOrName: string,
    secret: string = newSecret(),
  ): Promise<WebhookView & { secret: string; previous_secret_until: string }> {
    checkSigningSecret(secret);
    const nowMs = this.options.clock.now();
    return this.#read(caller, async (tx) => {
      const row = await this.#requireOwn(
        tx,
        idOrName,
        'Set the secret that webhooks/*.yaml names, with PUT /api/plugins/:id/secrets/:name; the one before signs ' +
          'beside it for 24 hours.',
      );
      const own = withNewSecret(await this.#unseal(tx, row), secret, nowMs);
      await updateWebhook(tx, row.id, {
        ...row,
        sealed: await sealOwn(this.options.secrets, tx, sealedAs.webhook(row.id), own),
      });
      await this.#record(tx, caller, 'webhook.secret_rotated', row);
      const view = await this.#view(tx, await this.#require(tx, row.id));
      return {
        ...view,
        secret,
        previous_secret_until: new Date(own.previous?.untilMs ?? nowMs + secretLimits.replacedForMs).toISOString(),
      };
    });
  }

  /** Stops a webhook; deliveries that come meanwhile are skipped and can be replayed. */
  disable(caller: TenantActor, idOrName: string): Promise<WebhookView> {
    return this.#read(caller, async (tx) => {
      const row = await this.#require(tx, idOrName, { lock: true });
      await stopWebhook(
        tx,
        row,
        { reason: `Disabled by ${caller.actor}.`, actor: caller.actor, requestId: caller.requestId },
        this.options,
      );
      return this.#view(tx, await this.#require(tx, row.id));
    });
  }

  /** Lets a webhook go on that was stopped by an admin, by a 410 or by too many failures. */
  enable(caller: TenantActor, idOrName: string): Promise<WebhookView> {
    return this.#read(caller, async (tx) => {
      const row = await this.#require(tx, idOrName, { lock: true });
      if (await enableWebhook(tx, row.id)) await this.#record(tx, caller, 'webhook.enabled', row);
      return this.#view(tx, await this.#require(tx, row.id));
    });
  }

  /**
   * Sends something to a webhook, to see what its endpoint makes of it. Throws `WEBHOOK_DISABLED`, `PAYLOAD_TOO_LARGE`,
   * `QUEUE_FULL`.
   */
  test(
    caller: TenantActor,
    idOrName: string,
    data: Json = { test: true },
  ): Promise<{ delivery_id: string; run_id: string; status: RunStatus }> {
    if (jsonBytes(data) > maxPayloadBytes)
      throw outcomeErrors.error('PAYLOAD_TOO_LARGE', `The data is larger than ${maxPayloadBytes} bytes of JSON.`, {
        extra: { limit: maxPayloadBytes },
      });
    return this.#read(caller, async (tx) => {
      const row = await this.#require(tx, idOrName);
      refuseDisabled(row);
      await ensureRoom(tx, 1);
      const id = newId('run');
      await insertQueued(tx, [
        {
          id,
          installationId: row.installationId,
          plugin: row.plugin,
          kind: 'webhook',
          name: row.name,
          ordinal: 0,
          payload: data,
          policy: row.policy,
          depth: 0,
          webhookId: row.id,
          startedBy: caller.actor,
        },
      ]);
      await this.#record(tx, caller, 'webhook.tested', row, { run_id: id });
      return { delivery_id: idFromUuid('delivery', uuidFromId(id)), run_id: id, status: 'queued' };
    });
  }

  /** A page of deliveries, those sent last first. `webhook`: an id or a name. */
  async deliveries(
    caller: TenantActor,
    filter: {
      webhook?: string | undefined;
      plugin?: string | undefined;
      status?: RunStatus | undefined;
      eventId?: string | undefined;
    },
    { limit, cursor }: PageRequest,
  ): Promise<Page<DeliveryView>> {
    const before = readCursor(cursor, (text) => parseId('run', text), refuseCursor);
    const webhookId = filter.webhook === undefined ? undefined : parseId('webhook', filter.webhook);
    const rows = await this.#read(caller, (tx) =>
      listDeliveries(tx, {
        ...filter,
        webhookId,
        webhook: webhookId ? undefined : filter.webhook,
        limit: limit + 1,
        before,
      }),
    );
    return mapPage(
      pageOf(rows, { limit }, ({ runId }) => runId),
      (row) => deliveryView(row),
    );
  }

  /** One delivery with every attempt. Throws `DELIVERY_NOT_FOUND`. */
  delivery(caller: TenantActor, id: string): Promise<DeliveryView> {
    return this.#read(caller, async (tx) => {
      const deliveryId = parseId('delivery', id);
      const row = deliveryId && (await findDelivery(tx, deliveryId));
      if (!deliveryId || !row) throw deliveryNotFound(id);
      return deliveryView(row, {
        attempts: await listDeliveryAttempts(tx, deliveryId),
        body: (await readDeliveryBody(tx, deliveryId)) ?? null,
      });
    });
  }

  /**
   * Sends a delivery again: the same bytes under the same `webhook-id`, with a fresh timestamp and signature. Throws
   * `DELIVERY_NOT_FOUND`,
   * `DELIVERY_NOT_ENDED`, `WEBHOOK_DISABLED`, `QUEUE_FULL`.
   */
  replay(
    caller: TenantActor,
    id: string,
  ): Promise<{ id: string; delivery_id: string; run_id: string; status: RunStatus }> {
    return this.#read(caller, async (tx) => {
      const deliveryId = parseId('delivery', id);
      const row = deliveryId && (await findDelivery(tx, deliveryId));
      if (!deliveryId || !row) throw deliveryNotFound(id);
      const webhook = await findWebhook(tx, row.webhookId);
      if (!webhook || webhook.deletedAt)
        throw webhookErrors.error(
          'WEBHOOK_NOT_FOUND',
          'The webhook of this delivery was deleted; there is nowhere to send it.',
        );
      refuseDisabled(webhook);
      const original = await lockRunForReplay(tx, row.runId);
      if (!original || !hasEnded(original.status))
        throw webhookErrors.error(
          'DELIVERY_NOT_ENDED',
          `This delivery is ${original?.status ?? row.status}. Wait until it has ended, or cancel its run ` +
            `${row.runId} first.`,
        );
      await ensureRoom(tx, 1);
      const runId = newId('run');
      await insertQueued(tx, [{ ...original.again, id: runId, policy: webhook.policy, startedBy: caller.actor }]);
      await markReplayed(tx, [original.id]);
      await appendAudit(tx, {
        actor: caller.actor,
        action: 'webhook.delivery_replayed',
        target: id,
        detail: { webhook: row.webhook, run_id: runId },
        ...(caller.requestId !== undefined && { requestId: caller.requestId }),
      });
      return { id: deliveryId, delivery_id: deliveryId, run_id: runId, status: 'queued' };
    });
  }

  /**
   * Judges a secret of a plugin by where its active release puts it. Throws `SECRET_UNFIT`; a plugin that is not there
   * is for others to tell.
   */
  async checkSecret(caller: TenantActor, plugin: string, secret: NewSecret): Promise<void> {
    const { installations } = this.options;
    const id = parseId('installation', plugin);
    const byId = id && (await installations.getById(caller.tenant.id, id));
    const snapshot = byId ?? (await installations.get(caller.tenant.id, plugin));
    if (snapshot) refuseUnfit(this.#secretFaults(snapshot, secret));
  }

  /**
   * Judges a tenant-wide secret by each plugin that would read it. Throws `SECRET_UNFIT`, whose faults name the plugin.
   */
  async checkTenantSecret(caller: TenantActor, secret: NewSecret): Promise<void> {
    const readers = await this.options.installations.readingSecret(caller.tenant.id, secret.name);
    refuseUnfit(
      readers.flatMap((reader) =>
        this.#secretFaults(reader, secret).map((fault) => ({
          ...fault,
          detail: `the plugin ${reader.slug}, ${fault.detail}`,
        })),
      ),
    );
  }

  #secretFaults(reader: WebhookInstallation, secret: NewSecret): InputFault[] {
    const auths = reader.registrations.flatMap(({ auth }) => (isJsonObject(auth) ? [auth] : []));
    return judgeSecret({ webhooks: reader.webhooks, auths }, secret, (url) => this.options.egress.checkUrl(url, 'any'));
  }

  async #view(tx: TenantTransaction, row: WebhookRow): Promise<WebhookView> {
    if (row.installationId === null)
      return webhookView(row, { own: { headers: Object.keys((await this.#unseal(tx, row)).headers) } });
    return webhookView(row, { snapshot: await this.options.installations.getById(tx.tenantId, row.installationId) });
  }

  #unseal(tx: TenantTransaction, row: WebhookRow): ReturnType<typeof unsealOwn> {
    return unsealOwn(this.options.secrets, tx, sealedAs.webhook(row.id), row.sealed);
  }

  async #require(tx: TenantTransaction, idOrName: string, options: { lock?: boolean } = {}): Promise<WebhookRow> {
    const id = parseId('webhook', idOrName) ?? (await this.#idOfName(tx, idOrName));
    const row = id && (await findWebhook(tx, id, options));
    if (!row || row.deletedAt || !row.declared || row.transport !== 'http')
      throw webhookErrors.error(
        'WEBHOOK_NOT_FOUND',
        `This tenant has no webhook ${quote(idOrName, 80)}. GET /api/webhooks lists them.`,
      );
    return row;
  }

  async #idOfName(tx: TenantTransaction, name: string): Promise<Id<'webhook'> | undefined> {
    if (!webhookNamePattern.test(name)) return undefined;
    const rows = await findWebhooksByName(tx, name);
    return rows.length === 1 ? rows[0]?.id : rows.find(({ installationId }) => installationId === null)?.id;
  }

  async #requireOwn(
    tx: TenantTransaction,
    idOrName: string,
    instead = 'Change webhooks/*.yaml and upload the package.',
  ): Promise<WebhookRow & { sealed: OwnWebhook['sealed'] }> {
    const row = await this.#require(tx, idOrName, { lock: true });
    if (row.installationId === null && row.sealed) return { ...row, sealed: row.sealed };
    throw webhookErrors.error(
      'WEBHOOK_OF_PACKAGE',
      `The webhook ${quote(row.name)} is part of the plugin ${row.plugin ?? ''}. ${instead}`,
    );
  }

  async #record(
    tx: TenantTransaction,
    { actor, requestId }: TenantActor,
    action: string,
    { id, name, plugin }: Pick<WebhookRow, 'id' | 'name' | 'plugin'>,
    detail: Record<string, Json> = {},
  ): Promise<void> {
    await appendAudit(tx, {
      actor,
      action,
      target: id,
      detail: { name, plugin, ...detail },
      ...(requestId !== undefined && { requestId }),
    });
  }

  #read<T>(caller: TenantActor, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }
}

function refuseDisabled(row: WebhookRow): void {
  if (row.disabledAt)
    throw outcomeErrors.error(
      'WEBHOOK_DISABLED',
      `The webhook ${quote(row.name)} is disabled: ${row.disabledReason ?? ''} POST /api/webhooks/${row.id}/enable ` +
        'lets it go on.',
    );
}

function nameTaken(name: string): Error {
  return webhookErrors.error(
    'WEBHOOK_EXISTS',
    `There is a webhook ${quote(name)} already. Choose another name, or change that one.`,
  );
}

function deliveryNotFound(id: string): Error {
  return webhookErrors.error(
    'DELIVERY_NOT_FOUND',
    `This tenant has no delivery ${quote(id, 40)}; it may be older than deliveries are kept.`,
  );
}

/** Most faults that one refusal lists. */
const maxUnfit = 50;

function refuseUnfit(faults: readonly InputFault[]): void {
  if (faults.length === 0) return;
  const detail = faults.map((fault) => fault.detail).join('; ');
  throw webhookErrors.error('SECRET_UNFIT', detail.slice(0, 1000), { errors: faults.slice(0, maxUnfit) });
}
