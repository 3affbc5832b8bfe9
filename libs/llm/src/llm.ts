import { isAnnexError, quote, SECOND, type AnnexError, type Clock, type Id } from '@annex/kernel';
import { llmLimits } from '@annex/limits';
import type { Database } from '@annex/database';
import OpenAI from 'openai';
import { reserve } from './daily-budget.js';
import { egressFetch, type LlmEgress } from './egress-fetch.js';
import {
  chooseEndpoint,
  tenantSettingNames,
  type Endpoint,
  type OperatorEndpoint,
  type TenantSetting,
} from './endpoint.js';
import { llmErrors } from './errors.js';

/** One turn of a conversation. */
export interface LlmMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface LlmRequest {
  tenantId: Id<'tenant'>;
  /** `<tenant>/<plugin>`, told to the endpoint's host as every outbound request tells it. */
  source: string;
  messages: readonly LlmMessage[];
  /** Default: the tenant's, else the operator's. */
  model?: string | undefined;
  maxTokens?: number | undefined;
  temperature?: number | undefined;
  stop?: string | readonly string[] | undefined;
  /** `json`: the model shall answer one JSON object. */
  responseFormat?: 'json' | 'text' | undefined;
  /** When the answer is not wanted any more, milliseconds since the epoch. */
  deadlineMs: number;
  signal?: AbortSignal | undefined;
}

export interface LlmUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

export interface LlmAnswer {
  text: string;
  usage: LlmUsage;
  /** As the endpoint names what answered. */
  model: string;
  /** Such as `stop` or `length`; `null` when the endpoint does not say. */
  finishReason: string | null;
}

/** Asks language models. Holds nothing between calls, so there is nothing to stop. */
export interface Llm {
  /**
   * Asks once. Throws `LLM_NOT_CONFIGURED`, `LLM_UNAUTHORIZED`, `LLM_UNAVAILABLE`, `LLM_REFUSED`, `LLM_CANCELLED`,
   * `RATE_LIMITED` or
   * `RESULT_TOO_LARGE`.
   */
  complete(request: LlmRequest): Promise<LlmAnswer>;
}

export interface LlmOptions {
  /** What holds for tenants that set nothing. */
  operator?: OperatorEndpoint;
  /** Reads the tenant-wide secrets of these names; what is not set is left out. */
  readTenantSettings(tenantId: Id<'tenant'>, names: readonly string[]): Promise<ReadonlyMap<string, TenantSetting>>;
  /** For URLs that a tenant chose, and for OpenAI's own. */
  egress: LlmEgress;
  /** For the operator's URL, which may lie inside the operator's network. */
  operatorEgress: LlmEgress;
  /** Replaces these values in text (`@annex/vault`). */
  maskerOf(values: Iterable<string>): Promise<{ text(text: string): string }>;
  database: Pick<Database, 'forTenant'>;
  clock: Clock;
  /** Tokens of one tenant in a UTC day that the operator's key pays for. Default: no cap. */
  dailyTokens?: number | undefined;
}

/** Characters of what an endpoint says about a request that it refused. */
const maxReason = 300;
/** Tokens that an answer is expected to have when the call does not limit it. */
const expectedAnswerTokens = 1_000;

export function createLlm(options: LlmOptions): Llm {
  const { operator = {}, readTenantSettings, egress, operatorEgress, maskerOf, database, clock, dailyTokens } = options;

  return {
    async complete(request) {
      const { tenantId, signal } = request;
      const endpoint = chooseEndpoint(operator, await readTenantSettings(tenantId, tenantSettingNames), request.model);
      const masker = await maskerOf(endpoint.apiKey === undefined ? [] : [endpoint.apiKey]);
      const budget = { database, clock, maxTokens: endpoint.isOperatorKey ? dailyTokens : undefined };
      const reservation = await reserve(budget, tenantId, estimateTokens(request));
      let used = 0;
      try {
        signal?.throwIfAborted();
        const seen: { failure?: AnnexError } = {};
        const giveUp = new AbortController();
        const client = clientOf(endpoint, {
          fetch: egressFetch({
            egress: endpoint.isTenantUrl || endpoint.baseUrl !== operator.baseUrl ? egress : operatorEgress,
            baseUrl: endpoint.baseUrl,
            apiKey: endpoint.apiKey,
            deadlineMs: request.deadlineMs,
            clock,
            source: request.source,
            tenant: request.tenantId,
            onFailure: (error) => {
              seen.failure = error;
              // What did not fail by chance fails again.
              if (!mayPass.has(error.code)) giveUp.abort();
            },
          }),
          // The egress holds the deadline; the client's own clock comes after it, so that there is one answer to who
          // was late.
          timeoutMs: Math.max(1, request.deadlineMs - clock.now()) + SECOND,
        });
        let completion: unknown;
        try {
          completion = await client.chat.completions.create(bodyOf(request, endpoint.model), {
            signal: AbortSignal.any([giveUp.signal, ...(signal ? [signal] : [])]),
          });
        } catch (thrown) {
          throw explain(thrown, { endpoint, failure: seen.failure, mask: (text) => masker.text(text), signal });
        }
        const answer = readCompletion(completion, endpoint, request);
        used = answer.usage.total_tokens;
        return { ...answer, text: masker.text(answer.text) };
      } catch (thrown) {
        if (signal?.aborted && !isAnnexError(thrown))
          throw llmErrors.error('LLM_CANCELLED', 'The call was given up before it was answered.', { cause: thrown });
        throw thrown;
      } finally {
        await reservation.settle(used);
      }
    },
  };
}

/** Failures of a connection that another try may not have. */
const mayPass = new Set(['EGRESS_CONNECT', 'EGRESS_RESPONSE', 'EGRESS_DNS']);

function clientOf(
  { baseUrl, apiKey }: Endpoint,
  { fetch, timeoutMs }: { fetch: typeof globalThis.fetch; timeoutMs: number },
): OpenAI {
  return new OpenAI({
    baseURL: baseUrl,
    // The client wants one even where the endpoint does not; the fetch sends only a real one.
    apiKey: apiKey ?? 'none',
    // Named, or the client looks for them in the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 1,
    timeout: timeoutMs,
    fetch,
  });
}

function bodyOf(
  { messages, maxTokens, temperature, stop, responseFormat }: LlmRequest,
  model: string,
): OpenAI.ChatCompletionCreateParamsNonStreaming {
  return {
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    stream: false,
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(stop !== undefined && { stop: typeof stop === 'string' ? stop : [...stop] }),
    ...(responseFormat === 'json' && { response_format: { type: 'json_object' } }),
  };
}

interface Failure {
  endpoint: Endpoint;
  /** What the egress said, if it was the connection. */
  failure: AnnexError | undefined;
  mask(text: string): string;
  signal: AbortSignal | undefined;
}

function explain(thrown: unknown, { endpoint, failure, mask, signal }: Failure): AnnexError {
  const whose = endpoint.isTenantUrl
    ? "the tenant's endpoint (its secret LLM_BASE_URL)"
    : 'the language model endpoint';
  if (signal?.aborted)
    return llmErrors.error('LLM_CANCELLED', 'The call was given up before it was answered.', { cause: thrown });
  if (thrown instanceof OpenAI.APIError && typeof thrown.status === 'number')
    return explainStatus(thrown.status, thrown, { endpoint, whose, mask });
  if (failure?.code === 'HTTP_LIMIT')
    return llmErrors.error(
      'RESULT_TOO_LARGE',
      `The answer is larger than ${llmLimits.answerBytes} bytes, which is the limit. Ask for less with max_tokens.`,
      { cause: thrown },
    );
  if (failure?.kind.fault === 'policy' || failure?.code === 'EGRESS_URL' || failure?.code === 'EGRESS_SCHEME') {
    return llmErrors.error(
      'LLM_NOT_CONFIGURED',
      `LLM_BASE_URL cannot be requested (${failure.code}: ${failure.kind.title}). Set one that is reachable from ` +
        'the Internet.',
      { cause: thrown },
    );
  }
  if (failure?.code === 'EGRESS_TIMEOUT' || thrown instanceof OpenAI.APIConnectionTimeoutError) {
    return unavailable(
      endpoint,
      `${whose} did not answer in time. Ask for less (max_tokens), or call it from a job, which has more time.`,
      thrown,
    );
  }
  const why = failure ? ` (${failure.code})` : '';
  return unavailable(
    endpoint,
    `${whose} could not be reached or did not answer in the form of the OpenAI API${why}. Try again later.`,
    thrown,
  );
}

function explainStatus(
  status: number,
  error: InstanceType<typeof OpenAI.APIError>,
  { endpoint, whose, mask }: { endpoint: Endpoint; whose: string; mask(text: string): string },
): AnnexError {
  if (status === 401 || status === 403) {
    const way = endpoint.isOperatorKey
      ? 'The operator sets LLM_API_KEY anew.'
      : 'An admin sets the tenant-wide secret LLM_API_KEY anew.';
    return llmErrors.error(
      'LLM_UNAUTHORIZED',
      `${capital(whose)} refused ${endpoint.apiKey === undefined ? 'a call without a key' : 'the key'} with ` +
        `${status}. ${way}`,
      { cause: error },
    );
  }
  if (status === 429) {
    const retryAfterS = readRetryAfter(error.headers);
    return llmErrors.error(
      'RATE_LIMITED',
      `${capital(whose)} takes no more calls for now (429). Try again in ${retryAfterS} s, or throw ` +
        `RetryAfter(${retryAfterS * 1000}) from a job or hook.`,
      { cause: error, retryAfterS },
    );
  }
  if (status >= 500 || status === 408 || status === 409)
    return unavailable(endpoint, `${whose} failed with ${status}. Try again later.`, error);
  if (status >= 300 && status < 400) {
    return llmErrors.error(
      'LLM_NOT_CONFIGURED',
      `${capital(whose)} answered with a redirect (${status}), which is not followed. Set LLM_BASE_URL to where it ` +
        'leads.',
      { cause: error },
    );
  }
  const said = quote(mask(error.message).slice(0, maxReason));
  const hint =
    status === 404 ? ' Is the model’s name right, and does LLM_BASE_URL end as the provider says (often in /v1)?' : '';
  return llmErrors.error('LLM_REFUSED', `${capital(whose)} refused the request: ${said}.${hint}`, { cause: error });
}

function unavailable({ isTenantUrl }: Endpoint, detail: string, cause: unknown): AnnexError {
  const error = llmErrors.error('LLM_UNAVAILABLE', capital(detail), { cause, retryAfterS: 5 });
  // A tenant's own endpoint is not the platform's to keep up.
  return isTenantUrl ? Object.assign(error, { kind: { ...error.kind, fault: 'plugin' as const } }) : error;
}

/** Seconds, from a `Retry-After` in seconds or as a date (RFC 9110 §10.2.3); 1 to 3600, default 10. */
function readRetryAfter(headers: Headers | undefined): number {
  const text = headers?.get('retry-after') ?? '';
  const seconds = /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / SECOND;
  return Number.isFinite(seconds) ? Math.min(3600, Math.max(1, Math.ceil(seconds))) : 10;
}

/** Reads a completion. The endpoint may be anybody's: nothing of it is believed unseen. */
function readCompletion(completion: unknown, endpoint: Endpoint, request: LlmRequest): LlmAnswer {
  const { choices, usage, model } = (completion ?? {}) as { choices?: unknown; usage?: unknown; model?: unknown };
  const choice = (Array.isArray(choices) ? choices[0] : undefined) as
    { message?: { content?: unknown; refusal?: unknown }; finish_reason?: unknown } | undefined;
  const content = choice?.message?.content ?? choice?.message?.refusal;
  if (choice?.message === undefined || (content !== null && content !== undefined && typeof content !== 'string')) {
    throw unavailable(
      endpoint,
      'The endpoint’s answer is no chat completion. Check that LLM_BASE_URL is that of an OpenAI-compatible API.',
      undefined,
    );
  }
  const text = (content ?? '').toWellFormed();
  return {
    text,
    usage: readUsage(usage, { prompt: estimatePrompt(request), completion: estimate(text) }),
    model: typeof model === 'string' && model !== '' ? model.slice(0, 200).toWellFormed() : endpoint.model,
    finishReason: typeof choice.finish_reason === 'string' ? choice.finish_reason.slice(0, 50) : null,
  };
}

/**
 * What the endpoint says of tokens, else an estimate: a provider that does not count must not make calls free of the
 * cap.
 */
function readUsage(usage: unknown, estimated: { prompt: number; completion: number }): LlmUsage {
  const said = (usage ?? {}) as Record<string, unknown>;
  const count = (value: unknown, otherwise: number): number =>
    typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= 1e9 ? Math.round(value) : otherwise;
  const prompt = count(said['prompt_tokens'], estimated.prompt);
  const completion = count(said['completion_tokens'], estimated.completion);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: Math.max(count(said['total_tokens'], 0), prompt + completion),
  };
}

/** About four bytes of text make a token. */
function estimate(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

function estimatePrompt({ messages }: LlmRequest): number {
  return messages.reduce((sum, { content }) => sum + estimate(content) + 4, 0);
}

function estimateTokens(request: LlmRequest): number {
  return estimatePrompt(request) + (request.maxTokens ?? expectedAnswerTokens);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
