/**
 * Makes one attempt at a delivery. The body is made once, stored, and only then sent, so that every attempt and replay
 * carries the same bytes under the same `webhook-id`; an attempt is written down before it leaves, so that none is sent
 * unseen.
 */
import { isUtf8 } from 'node:buffer';
import { isAnnexError, isJsonObject, messageOf, type Clock, type Id, type Json, type Logger } from '@annex/kernel';
import { webhookLimits } from '@annex/limits';
import type { WebhookDefinition } from '@annex/manifest';
import { beginDeliveryAttempt, endDeliveryAttempt, keepDeliveryBody, readDeliveryBody } from './rows/deliveries.js';
import { findWebhook } from './rows/webhooks.js';
import type { WebhookRow } from './rows/webhook-row.js';
import type { AttemptOutcome, EmitEvent } from '@annex/runs';
import type { Database } from '@annex/database';
import {
  destinationFault,
  ownDestination,
  packageDestination,
  secretsOf,
  type Destination,
  type DestinationFault,
} from './destination.js';
import { AgentDeliverer, type AgentAttempt } from './agents/agent-deliverer.js';
import { tellEnd, type AnsweredQuestion, type AskedOf } from './agents/agent-outcomes.js';
import { fileOf, missingPermission } from './agents/agent-permissions.js';
import { judgeAttempt } from './endpoint-health.js';
import { findQuestion } from './rows/agent-questions.js';
import type {
  EgressPort,
  EventBody,
  Masker,
  ModelsPort,
  SecretsPort,
  TextsPort,
  TransformsPort,
  WebhookInstallation,
  WebhookRun,
} from './ports.js';
import { readRetryAfter } from './retry-after.js';
import { signatureHeaders } from './signatures.js';

export interface DelivererOptions<Installation extends WebhookInstallation> {
  database: Database;
  secrets: SecretsPort;
  egress: EgressPort;
  transforms: TransformsPort<Installation>;
  /** Makes the questions of agents. */
  texts: TextsPort;
  models: ModelsPort<Installation>;
  /** Makes a masker of values, or has it from the last time. */
  maskerOf: (values: Iterable<string>) => Promise<Masker>;
  emit: EmitEvent;
  clock: Clock;
  logger: Logger;
  /** Told which secrets of a plugin a delivery sends. */
  onSecretsUsed?: (
    owner: { tenantId: Id<'tenant'>; installationId: Id<'installation'> },
    names: readonly string[],
  ) => void;
}

interface Prepared<Installation> {
  webhook: WebhookRow;
  definition: WebhookDefinition | null;
  snapshot: Installation | null;
  body: Buffer | null;
}

/** A question that is on its way. */
interface Asked<Installation> extends Prepared<Installation> {
  deliveryId: Id<'delivery'>;
  end: Ending;
  signal: AbortSignal;
}

export class Deliverer<Installation extends WebhookInstallation> {
  readonly #agents: AgentDeliverer<Installation>;

  constructor(private readonly options: DelivererOptions<Installation>) {
    this.#agents = new AgentDeliverer({ ...options, now: () => options.clock.now() });
  }

  /** Makes one attempt at a run of kind `webhook`. Throws only what the platform cannot do now; that is tried again. */
  async runAttempt(run: WebhookRun, signal: AbortSignal): Promise<AttemptOutcome> {
    const { clock, egress } = this.options;
    const { webhookId, deliveryId } = run;
    const end: Ending = { limits: {}, release: null };
    if (!webhookId || !deliveryId) return failed(end, 'HANDLER_MISSING', 'The run names no webhook.');
    const prepared = await this.#prepare(run, webhookId, deliveryId, end);
    if ('status' in prepared) return prepared;
    const { webhook } = prepared;
    if (prepared.definition?.agent && prepared.snapshot)
      return this.#askAgent(run, { ...prepared, deliveryId, end, signal });
    const made = prepared.body ?? (await this.#makeBody(run, prepared, deliveryId, end, signal));
    if ('status' in made) return made;
    const destination = await this.#destination(run, prepared);
    if ('fault' in destination) return failed(end, 'DELIVERY_INVALID', destination.fault);

    const always = defaultHeaders(destination.headers);
    const fault = destinationFault(destination, egress);
    const begun = await this.#begin(run, deliveryId, { destination, always, made, kept: prepared.body });
    if (!begun) return skipped(end, 'WEBHOOK_DISABLED', 'The delivery is not there any more.');

    const startedMs = clock.now();
    const answer = fault
      ? { error: fault, isInvalid: true, isAborted: false, isOurs: false }
      : await this.#send(
          run,
          destination,
          [...always, ...destination.headers, ...begun.signed],
          begun.body,
          prepared.snapshot,
          signal,
        );
    const masker = await this.options.maskerOf(destination.hidden);
    const response = 'response' in answer ? masker.json(shownResponse(answer.response)) : null;
    const error = judge(answer, masker);
    const attempt = { id: begun.attempt, durationMs: clock.now() - startedMs, response, error };
    await this.#writeDown(run, { webhook, deliveryId, answer, attempt });
    if ('error' in answer) return unsent(answer, error, end);
    if (error) return refused(answer.response, error, end, clock.now());
    return this.#afterwards(run, prepared, answer.response, begun.body, end, signal);
  }

  /** Asks the agent that the definition is of, or looks how far it is. */
  async #askAgent(run: WebhookRun, asked: Asked<Installation>): Promise<AttemptOutcome> {
    const { definition, snapshot, deliveryId, end, signal } = asked;
    if (!definition?.agent || !snapshot) return failed(end, 'HANDLER_MISSING', 'The release has no such agent.');
    const event = eventOf(run, deliveryId, snapshot);
    const told = { run, deliveryId, plugin: snapshot.slug, eventType: event.type };
    const attempt = await this.#agentAttempt(run, asked);
    if ('fault' in attempt) return this.#agentFailed(end, told, { code: 'DELIVERY_INVALID', message: attempt.fault });
    const step = await this.#agents.step(attempt);
    if ('outcome' in step) {
      const { outcome } = step;
      return outcome.status === 'failed'
        ? this.#agentFailed(end, told, outcome.error)
        : ({ ...end, ...outcome } as AttemptOutcome);
    }
    const { answered } = step;
    const result = await this.#agentResult(run, { ...asked, event, answered, end, signal });
    const ended = { type: 'agent.completed', taskId: answered.task_id, result } as const;
    return { ...end, status: 'succeeded', result, commit: tellEnd(this.options.emit, told, ended) };
  }

  #agentFailed(end: Ending, told: AskedOf, error: AttemptError): AttemptOutcome {
    const commit = tellEnd(this.options.emit, told, { type: 'agent.failed', error: { ...error } });
    return { ...failed(end, error.code, error.message), commit };
  }

  /** What an attempt at an agent needs. @internal */
  async #agentAttempt(
    run: WebhookRun,
    { webhook, definition, snapshot, body, deliveryId, signal }: Asked<Installation>,
  ): Promise<AgentAttempt<Installation> | DestinationFault> {
    if (!definition?.agent || !snapshot) return { fault: 'The release has no such agent.' };
    const { agent } = definition;
    const destination =
      agent.protocol === 'llm' ? null : await this.#destination(run, { webhook, definition, snapshot, body });
    if (destination && 'fault' in destination) return destination;
    const wrong = destination && destinationFault(destination, this.options.egress);
    if (wrong) return { fault: `${wrong.code}: ${wrong.message}` };
    const shown = destination?.shown ?? { url: 'llm:', headers: [] };
    return {
      ...{ run, deliveryId, name: definition.name, agent, snapshot, body, destination, signal },
      event: eventOf(run, deliveryId, snapshot),
      begin: (question) => this.#beginQuestion(run, deliveryId, { question, kept: body, shown }),
      end: async (attempt, { startedMs, response, error }) => {
        const masker = await this.options.maskerOf(destination?.hidden ?? []);
        const answer: Answer = error
          ? { error, isInvalid: false, isAborted: signal.aborted, isOurs: error.isOurs }
          : { response: response ?? { status: 200, headers: [], body: new Uint8Array(), cut: false } };
        const kept = response ? masker.json(shownResponse(response)) : null;
        const told = error && { code: error.code, message: error.message };
        const durationMs = this.options.clock.now() - startedMs;
        const made = { id: attempt, durationMs, response: kept, error: told };
        await this.#writeDown(run, { webhook, deliveryId, answer, attempt: made });
      },
    };
  }

  #beginQuestion(
    run: WebhookRun,
    deliveryId: Id<'delivery'>,
    { question, kept, shown }: { question: Buffer; kept: Buffer | null; shown: Destination['shown'] },
  ): Promise<{ body: Buffer; attempt: string } | undefined> {
    return this.options.database.forTenant(run.tenantId).transaction(async (tx) => {
      const body = kept ?? (await keepDeliveryBody(tx, deliveryId, question));
      if (!body) return undefined;
      const request = { method: 'POST', url: shown.url, headers: Object.fromEntries(shown.headers) };
      return { body, attempt: await beginDeliveryAttempt(tx, { deliveryId, runId: run.id, request }) };
    });
  }

  /** What a run of an agent answers: what it said, or what the package's function makes of that. */
  async #agentResult(
    run: WebhookRun,
    {
      definition,
      snapshot,
      event,
      answered,
      end,
      signal,
    }: Asked<Installation> & {
      event: EventBody;
      answered: AnsweredQuestion;
    },
  ): Promise<Json> {
    if (!definition?.postTransform || !snapshot) return { ...answered };
    const ending = await this.options.transforms.runTransform({
      snapshot,
      index: definition.postTransform.index,
      run,
      first: { ...answered },
      second: event,
      signal,
    });
    end.limits = ending.limits;
    // The agent was asked and has answered: that is not undone by what becomes of its answer.
    if (ending.status === 'failed') return { ...answered, result_error: ending.error };
    return ending.result === undefined ? { ...answered } : (JSON.parse(ending.result) as Json);
  }

  /**
   * Tells an agent that a question that was cancelled is wanted no more. Answers whether it took notice; never rejects
   * for what it says.
   */
  async forgetQuestion(run: WebhookRun, signal: AbortSignal): Promise<boolean> {
    const { webhookId, deliveryId } = run;
    if (!webhookId || !deliveryId) return false;
    const end: Ending = { limits: {}, release: null };
    const prepared = await this.#prepare(run, webhookId, deliveryId, end);
    if ('status' in prepared) return false;
    const { attempt, question } = {
      attempt: await this.#agentAttempt(run, { ...prepared, deliveryId, end, signal }),
      question: await this.options.database.forTenant(run.tenantId).transaction((tx) => findQuestion(tx, deliveryId)),
    };
    return 'fault' in attempt || !question ? false : this.#agents.forget(attempt, question);
  }

  /** Keeps the body and writes down what is about to be sent; `undefined` where the delivery is gone. */
  async #begin(
    run: WebhookRun,
    deliveryId: Id<'delivery'>,
    {
      destination,
      always,
      made,
      kept,
    }: { destination: Destination; always: Headers; made: Buffer; kept: Buffer | null },
  ): Promise<{ body: Buffer; signed: Headers; attempt: string } | undefined> {
    const { database, clock } = this.options;
    const timestampS = Math.floor(clock.now() / 1000);
    return database.forTenant(run.tenantId).transaction(async (tx) => {
      // Kept before anything leaves; whoever was first decides what is sent.
      const body = kept ?? (await keepDeliveryBody(tx, deliveryId, made));
      if (!body) return undefined;
      const signed = signatureHeaders(destination.keys, { id: deliveryId, timestampS, body });
      const request = {
        method: 'POST',
        url: destination.shown.url,
        headers: Object.fromEntries([...always, ...destination.shown.headers, ...signed]),
      };
      return { body, signed, attempt: await beginDeliveryAttempt(tx, { deliveryId, runId: run.id, request }) };
    });
  }

  /** Writes down how an attempt ended, and what that says of the endpoint. Never rejects. */
  async #writeDown(run: WebhookRun, { webhook, deliveryId, answer, attempt }: Made): Promise<void> {
    const { database, clock } = this.options;
    try {
      await database.forTenant(run.tenantId).transaction(async (tx) => {
        await endDeliveryAttempt(tx, attempt.id, attempt);
        // An endpoint answers for itself, and not for what the platform could not send.
        if ('error' in answer && (answer.isAborted || answer.isOurs)) return;
        const error = attempt.error?.code ?? null;
        const gone = 'response' in answer && answer.response.status === 410;
        await judgeAttempt(tx, webhook, { deliveryId, error, gone, nowMs: clock.now() }, this.options);
      });
    } catch (thrown) {
      // It was sent: that this is not in the log yet is no reason to send it again.
      this.options.logger.warn(
        { run: run.id, reason: messageOf(thrown) },
        'the log of a delivery’s attempt could not be completed',
      );
    }
  }

  /** What the delivery needs, or how it ends because it may not be sent. */
  async #prepare(
    run: WebhookRun,
    webhookId: Id<'webhook'>,
    deliveryId: Id<'delivery'>,
    end: Ending,
  ): Promise<Prepared<Installation> | AttemptOutcome> {
    const { database, transforms } = this.options;
    const { webhook, body } = await database.forTenant(run.tenantId).transaction(async (tx) => ({
      webhook: await findWebhook(tx, webhookId),
      body: await readDeliveryBody(tx, deliveryId),
    }));
    if (!webhook || body === undefined) return skipped(end, 'WEBHOOK_DISABLED', 'The webhook is not there any more.');
    if (webhook.deletedAt) return skipped(end, 'WEBHOOK_DISABLED', 'The webhook was deleted.');
    if (webhook.disabledAt)
      return skipped(
        end,
        'WEBHOOK_DISABLED',
        `The webhook is disabled: ${webhook.disabledReason ?? 'by an admin.'} Enable it, then replay the delivery.`,
      );
    if (webhook.installationId === null) return { webhook, definition: null, snapshot: null, body };
    const snapshot = await transforms.snapshots.getById(run.tenantId, webhook.installationId);
    if (!snapshot) return failed(end, 'PLUGIN_DISABLED', 'The plugin was uninstalled.');
    end.release = snapshot.version;
    if (snapshot.status !== 'enabled') {
      const isSuspended = snapshot.status === 'suspended';
      return failed(
        end,
        isSuspended ? 'PLUGIN_SUSPENDED' : 'PLUGIN_DISABLED',
        `The plugin ${snapshot.slug} is ` +
          `${snapshot.status}${isSuspended && snapshot.statusReason !== null ? `: ${snapshot.statusReason}` : ''}. ` +
          'Enable it to go on.',
      );
    }
    const definition = snapshot.webhooks.find(({ name }) => name === webhook.name);
    if (!definition)
      return failed(
        end,
        'HANDLER_MISSING',
        `The active release has no ${fileOf(webhook)}. It was there when this delivery was made; deploy ` +
          'a release that has it, then replay the delivery.',
      );
    const denied = missingPermission(definition, snapshot);
    if (denied !== undefined)
      return failed(
        end,
        'PERMISSION_DENIED',
        `The plugin ${snapshot.slug} may not ${definition.agent ? 'ask agents' : 'send webhooks'}: it was not ` +
          `granted ${denied}. Grant it, then replay the delivery.`,
      );
    return { webhook, definition, snapshot, body };
  }

  async #makeBody(
    run: WebhookRun,
    { definition, snapshot }: Prepared<Installation>,
    deliveryId: Id<'delivery'>,
    end: Ending,
    signal: AbortSignal,
  ): Promise<Buffer | AttemptOutcome> {
    const event = eventOf(run, deliveryId, snapshot);
    if (!definition || !snapshot || !definition.transform) {
      // What a plugin sends by itself is sent as it is; an event goes with its envelope.
      const content = run.eventId === null && definition ? event.data : event;
      return Buffer.from(JSON.stringify(content));
    }
    const ending = await this.options.transforms.runTransform({
      snapshot,
      index: definition.transform.index,
      run,
      first: event,
      signal,
    });
    end.limits = ending.limits;
    if (ending.status === 'failed') {
      const { code, message } = ending.error;
      if (code === 'CANCELLED') return { ...end, status: 'cancelled' };
      return {
        ...failed(
          end,
          code,
          `The transform ${definition.transform.path}#${definition.transform.export} failed: ${message}`,
        ),
        ...(ending.retryAfterMs !== undefined && { retryAfterMs: ending.retryAfterMs }),
      };
    }
    if (ending.result === undefined || ending.result.trim() === 'null') {
      return skipped(
        end,
        'DELIVERY_FILTERED',
        `The transform ${definition.transform.path}#${definition.transform.export} answered nothing, so nothing is ` +
          'sent.',
      );
    }
    return Buffer.from(ending.result);
  }

  async #destination(
    run: WebhookRun,
    { webhook, definition, snapshot }: Prepared<Installation>,
  ): Promise<Destination | DestinationFault> {
    const { database, secrets, clock } = this.options;
    if (definition && snapshot && webhook.installationId) {
      const owner = { tenantId: run.tenantId, installationId: webhook.installationId };
      const destination = await packageDestination({ definition, snapshot, ...owner }, secrets);
      if ('url' in destination) this.options.onSecretsUsed?.(owner, secretsOf(definition));
      return destination;
    }
    return database
      .forTenant(run.tenantId)
      .transaction((tx) => ownDestination(tx, webhook, { secrets, nowMs: clock.now() }));
  }

  async #send(
    run: WebhookRun,
    { url, allowHosts }: Destination,
    headers: [string, string][],
    body: Buffer,
    snapshot: Installation | null,
    signal: AbortSignal,
  ): Promise<Answer> {
    try {
      const response = await this.options.egress.request({
        method: 'POST',
        url,
        headers,
        body,
        allowHosts,
        redirect: 'manual',
        overflow: 'cut',
        tenant: run.tenantId,
        timeoutMs: webhookLimits.deliveryMs,
        maxResponseBytes: webhookLimits.readAnswerBytes,
        signal,
        // A delivery stands for as many passes through the platform as its event has causes.
        hops: run.depth,
        ...(snapshot && { source: `${snapshot.tenant.slug}/${snapshot.slug}` }),
      });
      return { response };
    } catch (thrown) {
      if (!isAnnexError(thrown)) throw thrown;
      return {
        error: { code: thrown.code, message: thrown.detail },
        isInvalid: invalidCodes.has(thrown.code),
        isAborted: signal.aborted,
        isOurs: thrown.kind.fault === 'platform',
      };
    }
  }

  /** The delivery was taken, and stays so whatever `post_transform` does. */
  async #afterwards(
    run: WebhookRun,
    { definition, snapshot }: Prepared<Installation>,
    response: Response,
    body: Buffer,
    end: Ending,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    const plain: AttemptOutcome = { ...end, status: 'succeeded', result: { status: response.status } };
    if (!definition?.postTransform || !snapshot) return plain;
    try {
      const answer = {
        status: response.status,
        headers: Object.fromEntries(response.headers.filter(([name]) => name !== 'set-cookie')),
        body: readableBody(response, webhookLimits.readAnswerBytes),
      };
      const ending = await this.options.transforms.runTransform({
        snapshot,
        index: definition.postTransform.index,
        run,
        first: answer,
        second: JSON.parse(body.toString()) as Json,
        signal,
      });
      if (ending.status === 'failed')
        return {
          ...end,
          limits: ending.limits,
          status: 'succeeded',
          result: { status: response.status, post_transform: { error: ending.error } },
        };
      return {
        ...end,
        limits: ending.limits,
        status: 'succeeded',
        result: ending.result === undefined ? { status: response.status } : (JSON.parse(ending.result) as Json),
      };
    } catch (thrown) {
      this.options.logger.warn({ run: run.id, reason: messageOf(thrown) }, 'a post_transform could not be run');
      return plain;
    }
  }
}

interface Ending {
  limits: Json;
  release: string | null;
}

interface Response {
  status: number;
  headers: [string, string][];
  body: Uint8Array;
  /** Whether there was more of the body. */
  cut: boolean;
}

type Headers = [string, string][];

type AttemptError = { code: string; message: string };

/** An attempt that was made. */
interface Made {
  webhook: WebhookRow;
  deliveryId: Id<'delivery'>;
  answer: Answer;
  attempt: { id: string; durationMs: number; response: Json; error: AttemptError | null };
}

type Answer =
  | { response: Response }
  | { error: { code: string; message: string }; isInvalid: boolean; isAborted: boolean; isOurs: boolean };

/** Codes of egress that speak of the URL or the headers, not of the endpoint's answer. */
const invalidCodes = new Set([
  'EGRESS_URL',
  'EGRESS_SCHEME',
  'EGRESS_REQUEST',
  'EGRESS_PORT',
  'EGRESS_PRIVATE_ADDRESS',
  'EGRESS_HOST_NOT_ALLOWED',
  'EGRESS_LOOP',
]);

function failed(end: Ending, code: string, message: string): Extract<AttemptOutcome, { status: 'failed' }> {
  return { ...end, status: 'failed', error: { code, message } };
}

function skipped(end: Ending, code: string, message: string): AttemptOutcome {
  return { ...end, status: 'skipped', error: { code, message } };
}

/** What every delivery carries, where its webhook says nothing else. */
function defaultHeaders(given: Headers): Headers {
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  const defaults: Headers = [
    ['content-type', 'application/json'],
    ['user-agent', 'Annex-Webhooks/1'],
  ];
  return defaults.filter(([name]) => !names.has(name));
}

/** How the run ends whose delivery got no answer. */
function unsent(
  { isAborted, isInvalid }: { isAborted: boolean; isInvalid: boolean },
  error: AttemptError | null,
  end: Ending,
): AttemptOutcome {
  if (isAborted) return { ...end, status: 'cancelled' };
  return failed(
    end,
    isInvalid ? 'DELIVERY_INVALID' : 'DELIVERY_FAILED',
    error ? `${error.code}: ${error.message}` : '',
  );
}

/** How the run ends whose delivery the endpoint did not take. */
function refused({ status, headers }: Response, error: AttemptError, end: Ending, nowMs: number): AttemptOutcome {
  if (status === 410) return failed(end, 'WEBHOOK_GONE', error.message);
  const retryAfterMs =
    status === 429 || status === 503
      ? readRetryAfter(headers.find(([name]) => name === 'retry-after')?.[1], nowMs)
      : undefined;
  return { ...failed(end, 'DELIVERY_FAILED', error.message), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** What goes wrong with an answer, `null` when it was taken: only 2xx is. */
function judge(answer: Answer, masker: Masker): AttemptError | null {
  if ('error' in answer) return { code: answer.error.code, message: masker.text(answer.error.message) };
  const { status } = answer.response;
  if (status >= 200 && status < 300) return null;
  if (status === 410) return { code: 'HTTP_410', message: 'The endpoint answered 410 Gone; the webhook is disabled.' };
  if (status >= 300 && status < 400)
    return {
      code: `HTTP_${status}`,
      message: `The endpoint answered ${status}; redirects are not followed. Set the URL that it points to.`,
    };
  return { code: `HTTP_${status}`, message: `The endpoint answered ${status}; only 2xx counts as taken.` };
}

/** The event as endpoints and transforms get it; what was sent directly stands in one of its own. */
function eventOf(run: WebhookRun, deliveryId: Id<'delivery'>, snapshot: WebhookInstallation | null): EventBody {
  // An event that is older than events are kept is gone; so is what to send, unless its bytes were made.
  if (run.eventId !== null && isJsonObject(run.payload) && typeof run.payload['id'] === 'string') {
    const { id, type, source, subject, time, data, severity, tags, attributes } = run.payload as EventBody;
    const { raw_type, mapped_from, alert } = run.payload as EventBody;
    return {
      ...{ id, type, source, subject, time, data, severity, tags, attributes },
      ...(raw_type !== undefined && { raw_type }),
      ...(mapped_from !== undefined && { mapped_from }),
      ...(alert !== undefined && { alert }),
    };
  }
  const source = snapshot ? `annex:plugin/${snapshot.slug}` : 'annex:platform';
  return {
    id: deliveryId,
    type: snapshot ? 'webhook.send' : 'webhook.test',
    source,
    subject: run.name,
    time: run.queuedAt.toISOString(),
    data: run.payload ?? null,
    severity: 'info',
    tags: [],
    attributes: {},
  };
}

function readableBody({ body }: Response, maxBytes: number): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, maxBytes));
  // A cut through a character leaves U+FFFD, no more.
  return isUtf8(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
    ? bytes.toString('utf8')
    : bytes.toString('base64');
}

function shownResponse(response: Response): Json {
  const { status, headers, body, cut } = response;
  const shown: Record<string, string> = {};
  for (const [name, value] of headers.slice(0, 100)) shown[name] = name === 'set-cookie' ? '***' : value.slice(0, 2048);
  return {
    status,
    headers: shown,
    body: readableBody(response, webhookLimits.keptAnswerBytes),
    body_bytes: body.byteLength,
    body_truncated: cut || body.byteLength > webhookLimits.keptAnswerBytes,
  };
}
