/** What people ask of agents: which there are, what they were asked, whether they may be asked. */
import {
  idFromUuid,
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
  type Json,
  type Logger,
  type Page,
  type PageRequest,
  type TenantActor,
} from '@annex/kernel';
import { maxPayloadBytes } from '@annex/limits';
import { appendAudit } from '@annex/audit';
import type { Database, TenantTransaction } from '@annex/database';
import {
  cancelRun,
  ensureRoom,
  hasEnded,
  insertQueued,
  lockRunForReplay,
  markReplayed,
  outcomeErrors,
  type EmitEvent,
  type RunStatus,
} from '@annex/runs';
import { stopWebhook } from '../endpoint-health.js';
import { refuseCursor, webhookErrors } from '../errors.js';
import type { InstallationsPort, WebhookRun } from '../ports.js';
import { decideQuestion, findQuestion, findQuestions } from '../rows/agent-questions.js';
import {
  findDelivery,
  listDeliveries,
  listDeliveryAttempts,
  readDeliveryBody,
  type SentDelivery,
} from '../rows/deliveries.js';
import { enableWebhook, findWebhook, findWebhooksByName, listWebhooks } from '../rows/webhooks.js';
import type { WebhookRow } from '../rows/webhook-row.js';
import { agentView, questionView, type AgentView, type QuestionView } from './agent-views.js';

export interface AgentsOptions {
  database: Database;
  installations: InstallationsPort;
  emit: EmitEvent;
  clock: Clock;
  logger: Logger;
  /** Tells an agent that a question is wanted no more; answers whether it took notice. */
  forget(run: WebhookRun, signal: AbortSignal): Promise<boolean>;
}

/** A run that was made for a question. */
export interface AskedView {
  id: string;
  run_id: string;
  status: RunStatus;
}

/** Which questions. `agent`: an id or a name. */
export interface QuestionFilter {
  agent?: string | undefined;
  plugin?: string | undefined;
  status?: RunStatus | undefined;
  waitingFor?: 'approval' | 'agent' | undefined;
  eventId?: string | undefined;
}

export class Agents {
  constructor(private readonly options: AgentsOptions) {}

  /** A page of the agents that packages define. */
  list(
    caller: TenantActor,
    { limit, cursor, plugin }: PageRequest & { plugin?: string | undefined },
  ): Promise<Page<AgentView>> {
    const after = readCursor(cursor, (text) => parseId('webhook', text), refuseCursor);
    return this.#read(caller, async (tx) => {
      const rows = await listWebhooks(tx, { limit: limit + 1, after, plugin, kind: 'agent' });
      const page = pageOf(rows, { limit }, ({ id }) => id);
      const items: AgentView[] = [];
      for (const row of page.items) items.push(await this.#view(tx, row));
      return { ...page, items };
    });
  }

  /** One agent by its id, or by its name where only one has it. Throws `AGENT_NOT_FOUND`. */
  get(caller: TenantActor, idOrName: string): Promise<AgentView> {
    return this.#read(caller, async (tx) => this.#view(tx, await this.#require(tx, idOrName)));
  }

  /** Asks nothing of it any more; questions that come meanwhile are skipped. Throws `AGENT_NOT_FOUND`. */
  disable(caller: TenantActor, idOrName: string): Promise<AgentView> {
    return this.#read(caller, async (tx) => {
      const row = await this.#require(tx, idOrName, { lock: true });
      const { actor, requestId } = caller;
      await stopWebhook(tx, row, { reason: `Disabled by ${actor}.`, actor, requestId }, this.options);
      return this.#view(tx, await this.#require(tx, row.id));
    });
  }

  /** Lets an agent be asked again. Throws `AGENT_NOT_FOUND`. */
  enable(caller: TenantActor, idOrName: string): Promise<AgentView> {
    return this.#read(caller, async (tx) => {
      const row = await this.#require(tx, idOrName, { lock: true });
      if (await enableWebhook(tx, row.id)) await this.#record(tx, caller, 'agent.enabled', { target: row.id, row });
      return this.#view(tx, await this.#require(tx, row.id));
    });
  }

  /** Asks it now, with data in the place of an event's. Throws `AGENT_NOT_FOUND`, `PAYLOAD_TOO_LARGE`, `QUEUE_FULL`. */
  test(caller: TenantActor, idOrName: string, data: Json = { test: true }): Promise<AskedView> {
    if (jsonBytes(data) > maxPayloadBytes)
      throw outcomeErrors.error('PAYLOAD_TOO_LARGE', `The data is larger than ${maxPayloadBytes} bytes of JSON.`, {
        extra: { limit: maxPayloadBytes },
      });
    return this.#read(caller, async (tx) => {
      const row = await this.#require(tx, idOrName);
      this.#refuseDisabled(row);
      await ensureRoom(tx, 1);
      const { installationId, plugin, name, policy, id: webhookId } = row;
      const id = newId('run');
      await insertQueued(tx, [
        {
          ...{ id, installationId, plugin, kind: 'webhook', name, ordinal: 0, payload: data, policy, depth: 0 },
          ...{ webhookId, startedBy: caller.actor },
        },
      ]);
      await this.#record(tx, caller, 'agent.tested', { target: row.id, row, detail: { run_id: id } });
      return { id: idFromUuid('delivery', uuidFromId(id)), run_id: id, status: 'queued' };
    });
  }

  /** A page of questions, those asked last first. */
  questions(
    caller: TenantActor,
    { agent, ...filter }: QuestionFilter,
    { limit, cursor }: PageRequest,
  ): Promise<Page<QuestionView>> {
    const before = readCursor(cursor, (text) => parseId('run', text), refuseCursor);
    const webhookId = agent === undefined ? undefined : parseId('webhook', agent);
    return this.#read(caller, async (tx) => {
      const rows = await listDeliveries(tx, {
        ...filter,
        kind: 'agent',
        webhookId,
        webhook: webhookId ? undefined : agent,
        limit: limit + 1,
        before,
      });
      const asked = new Map(
        (
          await findQuestions(
            tx,
            rows.map(({ id }) => id),
          )
        ).map((row) => [row.deliveryId, row]),
      );
      const nowMs = this.options.clock.now();
      return mapPage(
        pageOf(rows, { limit }, ({ runId }) => runId),
        (row) => questionView(row, { question: asked.get(row.id), nowMs }),
      );
    });
  }

  /** One question with its prompt, its answer and each request. Throws `QUESTION_NOT_FOUND`. */
  question(caller: TenantActor, id: string): Promise<QuestionView> {
    return this.#read(caller, async (tx) => this.#question(tx, id));
  }

  /** Says yes to a question: it is asked now. Throws `QUESTION_NOT_FOUND`, `QUESTION_DECIDED`. */
  approve(caller: TenantActor, id: string): Promise<QuestionView> {
    return this.#decide(caller, id, { approval: 'approved', reason: null });
  }

  /** Says no to a question: it is never asked. Throws `QUESTION_NOT_FOUND`, `QUESTION_DECIDED`. */
  reject(caller: TenantActor, id: string, reason: string | null = null): Promise<QuestionView> {
    return this.#decide(caller, id, { approval: 'rejected', reason });
  }

  /**
   * Gives a question up, and tells the agent so as far as it can be told. Throws `QUESTION_NOT_FOUND`,
   * `QUESTION_ENDED`.
   */
  async cancel(caller: TenantActor, id: string): Promise<QuestionView> {
    const { sent, webhook } = await this.#read(caller, async (tx) => {
      const { sent, webhook } = await this.#sent(tx, id);
      const cancelled = await cancelRun(tx, sent.runId, `Cancelled by ${caller.actor}.`);
      if (!cancelled) throw webhookErrors.error('QUESTION_ENDED', `This question is ${sent.status} already.`);
      await this.#record(tx, caller, 'agent.question_cancelled', { target: sent.id, row: webhook });
      return { sent, webhook };
    });
    await this.#forget(caller, sent, webhook);
    return this.question(caller, id);
  }

  /**
   * Asks again what was asked before: the same words under the same id, and approved anew where that is needed. Throws
   * `QUESTION_NOT_FOUND`, `DELIVERY_NOT_ENDED`, `WEBHOOK_DISABLED`, `QUEUE_FULL`.
   */
  replay(caller: TenantActor, id: string): Promise<AskedView> {
    return this.#read(caller, async (tx) => {
      const { sent, webhook } = await this.#sent(tx, id);
      this.#refuseDisabled(webhook);
      const original = await lockRunForReplay(tx, sent.runId);
      if (!original || !hasEnded(original.status))
        throw webhookErrors.error(
          'DELIVERY_NOT_ENDED',
          `This question is ${original?.status ?? sent.status}. Wait until it has ended, or cancel it first.`,
        );
      await ensureRoom(tx, 1);
      const runId = newId('run');
      await insertQueued(tx, [{ ...original.again, id: runId, policy: webhook.policy, startedBy: caller.actor }]);
      await markReplayed(tx, [original.id]);
      await this.#record(tx, caller, 'agent.question_replayed', {
        target: sent.id,
        row: webhook,
        detail: { run_id: runId },
      });
      return { id: sent.id, run_id: runId, status: 'queued' };
    });
  }

  #decide(
    caller: TenantActor,
    id: string,
    decision: { approval: 'approved' | 'rejected'; reason: string | null },
  ): Promise<QuestionView> {
    return this.#read(caller, async (tx) => {
      const { sent, webhook } = await this.#sent(tx, id);
      if (!(await decideQuestion(tx, sent.id, { ...decision, actor: caller.actor })))
        throw webhookErrors.error(
          'QUESTION_DECIDED',
          'This question waits for no decision: nobody has to say yes to it, it was decided, its time is over, or ' +
            'its prompt is not filled in yet.',
        );
      await this.#record(tx, caller, `agent.question_${decision.approval}`, {
        target: sent.id,
        row: webhook,
        detail: { event_id: sent.eventId, ...(decision.reason !== null && { reason: decision.reason }) },
      });
      return this.#question(tx, id);
    });
  }

  /** An agent that cannot be told works on for nobody; the question is cancelled all the same. */
  async #forget(caller: TenantActor, sent: SentDelivery, webhook: WebhookRow): Promise<void> {
    const run: WebhookRun = {
      id: sent.runId,
      tenantId: caller.tenant.id,
      installationId: webhook.installationId,
      name: webhook.name,
      eventId: sent.eventId,
      payload: undefined,
      attempt: 1,
      depth: 0,
      queuedAt: sent.createdAt,
      webhookId: webhook.id,
      deliveryId: sent.id,
    };
    await this.options
      .forget(run, AbortSignal.timeout(10_000))
      .catch((thrown: unknown) =>
        this.options.logger.debug({ err: thrown, run: run.id }, 'an agent could not be told of a cancelled question'),
      );
  }

  async #question(tx: TenantTransaction, id: string): Promise<QuestionView> {
    const { sent } = await this.#sent(tx, id);
    const question = await findQuestion(tx, sent.id);
    return questionView(
      sent,
      { question, nowMs: this.options.clock.now() },
      {
        attempts: await listDeliveryAttempts(tx, sent.id),
        body: (await readDeliveryBody(tx, sent.id)) ?? null,
      },
    );
  }

  async #sent(tx: TenantTransaction, id: string): Promise<{ sent: SentDelivery; webhook: WebhookRow }> {
    const deliveryId = parseId('delivery', id);
    const sent = deliveryId && (await findDelivery(tx, deliveryId));
    const webhook = sent && (await findWebhook(tx, sent.webhookId));
    if (!sent || !webhook || webhook.transport === 'http')
      throw webhookErrors.error(
        'QUESTION_NOT_FOUND',
        `This tenant has no question ${quote(id, 40)}; it may be older than questions are kept.`,
      );
    return { sent, webhook };
  }

  async #view(tx: TenantTransaction, row: WebhookRow): Promise<AgentView> {
    const { installationId } = row;
    return agentView(
      row,
      installationId === null ? undefined : await this.options.installations.getById(tx.tenantId, installationId),
    );
  }

  async #require(tx: TenantTransaction, idOrName: string, options: { lock?: boolean } = {}): Promise<WebhookRow> {
    const id = parseId('webhook', idOrName) ?? (await this.#idOfName(tx, idOrName));
    const row = id && (await findWebhook(tx, id, options));
    if (!row || row.deletedAt || !row.declared || row.transport === 'http')
      throw webhookErrors.error(
        'AGENT_NOT_FOUND',
        `This tenant has no agent ${quote(idOrName, 80)}. GET /api/agents lists them.`,
      );
    return row;
  }

  async #idOfName(tx: TenantTransaction, name: string): Promise<Id<'webhook'> | undefined> {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(name)) return undefined;
    const rows = await findWebhooksByName(tx, name, 'agent');
    return rows.length === 1 ? rows[0]?.id : undefined;
  }

  #refuseDisabled(row: WebhookRow): void {
    if (row.disabledAt)
      throw outcomeErrors.error(
        'WEBHOOK_DISABLED',
        `The agent ${quote(row.name)} is disabled: ${row.disabledReason ?? ''} POST /api/agents/${row.id}/enable ` +
          'lets it be asked again.',
      );
  }

  async #record(
    tx: TenantTransaction,
    { actor, requestId }: TenantActor,
    action: string,
    { target, row, detail = {} }: { target: string; row: WebhookRow; detail?: Record<string, Json> },
  ): Promise<void> {
    await appendAudit(tx, {
      actor,
      action,
      target,
      detail: { agent: row.name, plugin: row.plugin, ...detail },
      ...(requestId !== undefined && { requestId }),
    });
  }

  #read<T>(caller: TenantActor, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }
}
