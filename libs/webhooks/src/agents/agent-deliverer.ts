/**
 * Makes one attempt at a question to an agent. A question is made once and stored, and goes under one id however often
 * it is sent; where somebody has to say yes, it is stored before that can be said. What the agent says of its task is
 * stored before anything else happens, so that whoever goes on, here or in another process, looks at that task and does
 * not ask again.
 */
import { failpoint, isAnnexError, messageOf, type Id, type Json } from '@annex/kernel';
import { agentLimits } from '@annex/limits';
import type { AgentTerms } from '@annex/manifest';
import type { Database, TenantTransaction } from '@annex/database';
import type { EmitEvent } from '@annex/runs';
import type { Destination } from '../destination.js';
import type {
  EgressPort,
  EventBody,
  Masker,
  ModelsPort,
  TextsPort,
  WebhookInstallation,
  WebhookRun,
} from '../ports.js';
import type { AgentQuestionRow } from '../rows/agent-question-row.js';
import { findQuestion, noteProgress, openQuestion } from '../rows/agent-questions.js';
import { keepDeliveryBody } from '../rows/deliveries.js';
import { A2aAgent, AgentCallError, type AgentEndpoint, type AgentProgress, type AgentResponse } from './a2a-agent.js';
import {
  failed,
  modelFault,
  pollDelayMs,
  tellApproval,
  waiting,
  type AnsweredQuestion,
  type WithoutEnding,
} from './agent-outcomes.js';
import { makeQuestion } from './make-question.js';

/** What a question is asked with. */
export interface AgentAttempt<Installation> {
  run: WebhookRun;
  deliveryId: Id<'delivery'>;
  name: string;
  agent: AgentTerms;
  snapshot: Installation;
  event: EventBody;
  /** The question, once it was made. */
  body: Buffer | null;
  destination: Destination | null;
  signal: AbortSignal;
  /** Keeps the question and writes down that it leaves; `undefined`: the delivery is gone. */
  begin(question: Buffer): Promise<{ body: Buffer; attempt: string } | undefined>;
  /** Writes down what came back. */
  end(attempt: string, made: MadeCall): Promise<void>;
}

/** A request to an agent, for the delivery log. */
export interface MadeCall {
  startedMs: number;
  response: AgentResponse | null;
  error: { code: string; message: string; isOurs: boolean } | null;
}

export interface AgentDelivererOptions<Installation extends WebhookInstallation> {
  database: Database;
  egress: EgressPort;
  texts: TextsPort;
  models: ModelsPort<Installation>;
  maskerOf: (values: Iterable<string>) => Promise<Masker>;
  emit: EmitEvent;
  now: () => number;
}

/** How an attempt went on: the run waits or has failed, or the agent has answered. */
export type AgentStep = { outcome: WithoutEnding } | { answered: AnsweredQuestion };

export class AgentDeliverer<Installation extends WebhookInstallation> {
  constructor(private readonly options: AgentDelivererOptions<Installation>) {}

  /** Goes on with a question as far as it can now. */
  async step(step: AgentAttempt<Installation>): Promise<AgentStep> {
    const opened = await this.#open(step);
    if ('outcome' in opened) return opened;
    const { question, attempt } = opened;
    const unapproved = this.#approval(question);
    if (unapproved) return { outcome: unapproved };
    if (question.answer !== null) return { answered: question.answer as unknown as AnsweredQuestion };
    return attempt.agent.protocol === 'llm' ? this.#askModel(attempt) : this.#askAgent(attempt, question);
  }

  /** The question's row. One that waits for a yes is kept in the same transaction: what is approved is what is sent. */
  async #open(
    attempt: AgentAttempt<Installation>,
  ): Promise<
    { question: AgentQuestionRow; attempt: AgentAttempt<Installation> } | Extract<AgentStep, { outcome: unknown }>
  > {
    const { run, deliveryId, agent, snapshot, event, name } = attempt;
    const { approvalS } = agent;
    const made = approvalS === null ? { question: attempt.body } : await makeQuestion(attempt, this.options.texts);
    if ('outcome' in made) return made;
    const opened = await this.#tx(run, async (tx) => {
      const body = attempt.body ?? (made.question && (await keepDeliveryBody(tx, deliveryId, made.question))) ?? null;
      const row = await openQuestion(tx, { deliveryId, runId: run.id, approvalS });
      if (row?.approval === 'pending') {
        const asked = { run, deliveryId, plugin: snapshot.slug, eventType: event.type };
        const prompt = body?.toString() ?? '';
        await tellApproval(tx, this.options.emit, { ...asked, prompt, expiresAt: row.approvalEndsAt });
      }
      const question = row ?? (await findQuestion(tx, deliveryId));
      return question && { question, attempt: { ...attempt, body } };
    });
    return opened ?? failed('WEBHOOK_DISABLED', `The question to ${name} is not there any more.`);
  }

  #approval({ approval, approvalEndsAt, decidedBy, reason }: AgentQuestionRow): WithoutEnding | undefined {
    if (approval === 'rejected') {
      const why = reason === null ? '' : `: ${reason}`;
      return { status: 'skipped', error: { code: 'AGENT_REJECTED', message: `${decidedBy ?? ''} said no${why}.` } };
    }
    if (approval !== 'pending') return undefined;
    const leftMs = (approvalEndsAt?.getTime() ?? 0) - this.options.now();
    if (leftMs > 0) return waiting('approval', leftMs);
    const message = 'Nobody said yes in time, so the agent was not asked. Replay the question, then approve it.';
    return { status: 'failed', error: { code: 'AGENT_APPROVAL_EXPIRED', message } };
  }

  /** A language model answers at once, so its answer is what is stored. */
  async #askModel(attempt: AgentAttempt<Installation>): Promise<AgentStep> {
    const { run, agent, snapshot, signal } = attempt;
    const made = await makeQuestion(attempt, this.options.texts);
    if ('outcome' in made) return made;
    const begun = await attempt.begin(made.question);
    if (!begun) return failed('WEBHOOK_DISABLED', 'The question is not there any more.');
    await this.#note(attempt, {});
    const startedMs = this.options.now();
    try {
      const { text, usage, model } = await this.options.models.askModel({
        ...{ snapshot, runId: run.id, depth: run.depth, signal, system: agent.system, model: agent.model },
        prompt: begun.body.toString(),
        timeoutMs: agent.timeoutS * 1000,
      });
      const kept = Buffer.from(text).subarray(0, agentLimits.keptTextBytes).toString();
      const answered: AnsweredQuestion = { task_id: null, state: 'completed', text: kept, data: [], usage, model };
      await this.#note(attempt, { state: 'completed', answer: { ...answered } });
      await attempt.end(begun.attempt, { startedMs, response: null, error: null });
      return { answered };
    } catch (thrown) {
      if (!isAnnexError(thrown)) throw thrown;
      const { code, detail: message } = thrown;
      await attempt.end(begun.attempt, { startedMs, response: null, error: { code, message, isOurs: true } });
      if (signal.aborted) return { outcome: { status: 'cancelled' } };
      return { outcome: { status: 'failed', error: modelFault(code, message) } };
    }
  }

  async #askAgent(attempt: AgentAttempt<Installation>, question: AgentQuestionRow): Promise<AgentStep> {
    const { destination, agent, signal } = attempt;
    if (!destination) return failed('DELIVERY_INVALID', 'The agent has no address.');
    const client = this.#client(attempt, destination, signal);
    const leftMs = question.askedAt
      ? question.askedAt.getTime() + agent.timeoutS * 1000 - this.options.now()
      : agent.timeoutS * 1000;
    if (leftMs <= 0) {
      await this.#giveUp(client, destination, question);
      return failed('AGENT_TIMEOUT', `The agent did not answer within ${agent.timeoutS} seconds; it was told to stop.`);
    }
    const masker = await this.options.maskerOf(destination.hidden);
    const goOn = (progress: AgentProgress, polls: number): Promise<AgentStep> =>
      this.#goOn(attempt, { progress, masker, delayMs: Math.min(leftMs, pollDelayMs(polls)) });
    if (question.taskId !== null) {
      const known = endpointOf(destination, question);
      try {
        const progress = await client.look(known, question.taskId);
        await this.#note(attempt, { state: progress.state, isPoll: true });
        return await goOn(progress, question.polls);
      } catch (thrown) {
        if (signal.aborted) return { outcome: { status: 'cancelled' } };
        if (thrown instanceof AgentCallError && thrown.details.isUnknownTask)
          return failed(
            'AGENT_FAILED',
            `The agent does not know the task ${question.taskId} any more. It was not asked again; replay the ` +
              'question if it should be.',
          );
        if (!isAnnexError(thrown) && !(thrown instanceof AgentCallError)) throw thrown;
        // An agent that is away for a while goes on working; only its time ends the wait.
        await this.#note(attempt, { isPoll: true });
        return { outcome: waiting('agent', Math.min(leftMs, pollDelayMs(question.polls))) };
      }
    }
    return this.#ask(attempt, { question, client, destination, masker, goOn });
  }

  async #ask(
    attempt: AgentAttempt<Installation>,
    { question, client, destination, masker, goOn }: Asking,
  ): Promise<AgentStep> {
    const { run, deliveryId, agent, signal } = attempt;
    const made = await makeQuestion(attempt, this.options.texts);
    if ('outcome' in made) return made;
    const begun = await attempt.begin(made.question);
    if (!begun) return failed('WEBHOOK_DISABLED', 'The question is not there any more.');
    const startedMs = this.options.now();
    try {
      let endpoint = await client.locate(destination.url, agent.version);
      // It was on its way before, and what became of it is not known: perhaps the agent has it.
      const lost = question.askedAt ? await client.find(endpoint, run.id) : undefined;
      await this.#note(attempt, { ...placeOf(destination, endpoint), taskId: lost ?? null });
      failpoint('agent.asking');
      const progress =
        lost === undefined
          ? await client.ask(
              endpoint,
              { messageId: deliveryId, contextId: run.id, text: begun.body.toString() },
              (to) => {
                endpoint = to;
              },
            )
          : await client.look(endpoint, lost);
      failpoint('agent.asked');
      await this.#note(attempt, {
        ...placeOf(destination, endpoint),
        taskId: progress.taskId,
        state: progress.state,
      });
      await attempt.end(begun.attempt, { startedMs, response: client.lastResponse ?? null, error: null });
      return await goOn(progress, 0);
    } catch (thrown) {
      const error = callFault(thrown, masker);
      if (!error) throw thrown;
      await attempt.end(begun.attempt, { startedMs, response: client.lastResponse ?? null, error });
      if (signal.aborted) return { outcome: { status: 'cancelled' } };
      return failed('DELIVERY_FAILED', `${error.code}: ${error.message}`);
    }
  }

  /** What follows from what the agent said. */
  async #goOn(
    attempt: AgentAttempt<Installation>,
    { progress, masker, delayMs }: { progress: AgentProgress; masker: Masker; delayMs: number },
  ): Promise<AgentStep> {
    const { stand, state, taskId } = progress;
    const text = masker.text(progress.text);
    switch (stand) {
      case 'open':
        return { outcome: waiting('agent', delayMs) };
      case 'completed': {
        const data = masker.json(progress.data as Json) as Json[];
        const answered: AnsweredQuestion = { task_id: taskId, state, text, data };
        await this.#note(attempt, { state, answer: { ...answered } });
        return { answered };
      }
      case 'failed':
        return failed('AGENT_FAILED', `The agent ended its task as ${state}${text === '' ? '.' : `: ${text}`}`);
      case 'asks':
        return failed(
          'AGENT_FAILED',
          `The agent wants to know more (${state}), and nobody answers here${text === '' ? '.' : `: ${text}`}`,
        );
    }
  }

  /** Tells an agent that nobody wants its answer any more, as far as it can be told. */
  async forget(attempt: AgentAttempt<Installation>, question: AgentQuestionRow): Promise<boolean> {
    const { destination, signal } = attempt;
    if (!destination) return false;
    return this.#giveUp(this.#client(attempt, destination, signal), destination, question);
  }

  async #giveUp(client: A2aAgent, destination: Destination, question: AgentQuestionRow): Promise<boolean> {
    if (question.taskId === null) return false;
    try {
      await client.cancel(endpointOf(destination, question), question.taskId);
      return true;
    } catch {
      // It works on for nobody.
      return false;
    }
  }

  #client(
    { run, snapshot }: AgentAttempt<Installation>,
    { allowHosts, headers }: Destination,
    signal: AbortSignal,
  ): A2aAgent {
    return new A2aAgent({
      headers,
      request: (call) =>
        this.options.egress.request({
          ...call,
          allowHosts,
          redirect: 'manual',
          tenant: run.tenantId,
          timeoutMs: agentLimits.requestMs,
          maxResponseBytes: agentLimits.answerBytes,
          signal,
          hops: run.depth,
          source: `${snapshot.tenant.slug}/${snapshot.slug}`,
        }),
    });
  }

  #note({ run, deliveryId }: AgentAttempt<Installation>, progress: Parameters<typeof noteProgress>[2]): Promise<void> {
    return this.#tx(run, (tx) => noteProgress(tx, { deliveryId, runId: run.id }, progress));
  }

  #tx<T>({ tenantId }: WebhookRun, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(tenantId).transaction(work);
  }
}

interface Asking {
  question: AgentQuestionRow;
  client: A2aAgent;
  destination: Destination;
  masker: Masker;
  goOn: (progress: AgentProgress, polls: number) => Promise<AgentStep>;
}

/** Where the agent took the question: the card's path below the address as it is now, or that address. */
function endpointOf({ url }: Destination, { endpointPath, protocolVersion }: AgentQuestionRow): AgentEndpoint {
  return {
    url: endpointPath === null ? url : new URL(endpointPath, url).href,
    version: protocolVersion === '0.3' ? '0.3' : '1.0',
  };
}

/** The same, to be kept. A path that was written down stays where it was: a secret may be in it. */
function placeOf(
  { url }: Destination,
  endpoint: AgentEndpoint,
): { endpointPath: string | null; protocolVersion: string } {
  const { pathname, search } = new URL(endpoint.url);
  return { endpointPath: endpoint.url === url ? null : pathname + search, protocolVersion: endpoint.version };
}

function callFault(thrown: unknown, masker: Masker): MadeCall['error'] {
  if (isAnnexError(thrown))
    return { code: thrown.code, message: masker.text(thrown.detail), isOurs: thrown.kind.fault === 'platform' };
  if (!(thrown instanceof AgentCallError)) return null;
  return { code: thrown.code, message: masker.text(messageOf(thrown)), isOurs: false };
}
