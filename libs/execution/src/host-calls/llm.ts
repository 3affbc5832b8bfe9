import { llmMessages, type HostArgs, type HostHandlers, type HostResult } from '@annex/host-api';
import { KiB, MiB, systemClock, type Clock, type Json } from '@annex/kernel';
import { llmLimits } from '@annex/limits';
import { z } from 'zod';
import { executionErrors } from '../errors.js';
import type { FilterAnswer, FilterCall } from '../filters/filter-chain.js';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';
import type { LlmPort } from './ports.js';
import type { RunIdentity } from './run-identity.js';

/**
 * Largest value around a call: a prompt or an answer with JSON around it. What a filter answers is at most what any
 * filter may.
 */
const maxFilteredBytes = 2 * MiB + 64 * KiB;

/** What the filters `llm.prompt` see and may change. More than this they may add for each other; it goes no further. */
const promptValue = z.object({
  messages: llmMessages,
  model: z.string().min(1).max(200).nullish(),
  max_tokens: z.int().min(1).max(llmLimits.answerTokens).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  response_format: z.enum(['json', 'text']).nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
});
const responseValue = z.object({ text: z.string() });

/** Whose usage a call is. */
export type UsageOwner = Pick<InstallationSnapshot, 'tenantId' | 'installationId'>;

export interface LlmHandlerOptions {
  llm: LlmPort;
  /** Passes a value through a filter point of the platform's own. */
  filters: { pass(call: FilterCall): Promise<FilterAnswer> };
  /** Told of what a call used, for the day's counts. */
  onUsed(owner: { snapshot: UsageOwner }, usage: HostResult<'llm.run'>['usage']): void;
  clock?: Clock;
}

type Options = Partial<NonNullable<HostArgs<'llm.run'>[1]>> | undefined;

/**
 * `ctx.llm`. Every call passes the tenant's filters: `llm.prompt` before it leaves, `llm.response` before the plugin
 * sees the answer; one that is declared `on_error: 'fail'` and fails stops the call. A filter that asks a model itself
 * is left out of the filters around that call, so it never waits for itself. Secrets that the plugin has read do not
 * leave in a prompt.
 */
export function llmHandlers({
  llm,
  filters,
  onUsed,
  clock = systemClock,
}: LlmHandlerOptions): Pick<HostHandlers<RunIdentity>, 'llm.run'> {
  return {
    'llm.run': async ([prompt, options], { identity, signal }) => {
      const { snapshot, runLimits, deadlineMs } = identity;
      if (identity.llmTokens >= runLimits.llmTokens) {
        throw executionErrors.error(
          'RATE_LIMITED',
          `This run used ${identity.llmTokens} language model tokens; the limit is ${runLimits.llmTokens}. Ask for ` +
            'less with max_tokens, or split the work over several runs.',
        );
      }
      const until = Math.min(deadlineMs, clock.now() + (options?.timeoutMs ?? llmLimits.defaultTimeoutMs));
      const { callChain, cause, user } = identity;
      return askFiltered(
        { llm, filters },
        {
          snapshot,
          prompt: identity.mask({ ...promptOf(prompt, options), plugin: snapshot.slug }, 'The prompt of ctx.llm'),
          pass: { user, signal, deadlineMs: until, cause: { ...cause, callers: callChain } },
          onUsed: (usage) => {
            identity.llmTokens += usage.total_tokens;
            onUsed(identity, usage);
          },
        },
      );
    },
  };
}

/** A prompt on its way to a model and back. */
export interface FilteredPrompt {
  snapshot: Pick<InstallationSnapshot, 'tenantId' | 'tenant' | 'slug'>;
  /** As the filters see it. */
  prompt: Json;
  pass: Pick<FilterCall, 'user' | 'cause'> & { deadlineMs: number; signal: AbortSignal };
  /** Told of what the call used, before a filter may refuse the answer. */
  onUsed(usage: HostResult<'llm.run'>['usage']): void;
}

/** Asks a model between the tenant's filters. */
export async function askFiltered(
  { llm, filters }: Pick<LlmHandlerOptions, 'llm' | 'filters'>,
  { snapshot, prompt, pass, onUsed }: FilteredPrompt,
): Promise<HostResult<'llm.run'>> {
  const through = async (name: string, value: Json): Promise<Json> =>
    (await filters.pass({ ...pass, tenantId: snapshot.tenantId, name, value, maxBytes: maxFilteredBytes })).value;
  const filtered = readPrompt(await through('llm.prompt', prompt));
  const answer = await llm.complete({
    tenantId: snapshot.tenantId,
    source: `${snapshot.tenant.slug}/${snapshot.slug}`,
    messages: filtered.messages,
    model: filtered.model ?? undefined,
    maxTokens: filtered.max_tokens ?? undefined,
    temperature: filtered.temperature ?? undefined,
    responseFormat: filtered.response_format ?? undefined,
    stop: filtered.stop ?? undefined,
    deadlineMs: pass.deadlineMs,
    signal: pass.signal,
  });
  const { usage, model, finishReason } = answer;
  onUsed(usage);
  const seen = { text: answer.text, usage: { ...usage }, model, finish_reason: finishReason, plugin: snapshot.slug };
  return { text: readResponse(await through('llm.response', seen)), usage, model, finish_reason: finishReason };
}

/** The call as the filters see it. */
export function promptOf(prompt: HostArgs<'llm.run'>[0], options: Options) {
  const { system, messages: before = [], model, maxTokens, temperature, responseFormat, stop } = options ?? {};
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
    ...before,
    ...(typeof prompt === 'string' ? [{ role: 'user' as const, content: prompt }] : prompt),
  ];
  const size = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (size > llmLimits.promptBytes) {
    throw executionErrors.error(
      'PAYLOAD_TOO_LARGE',
      `The prompt of ctx.llm is ${size} bytes; the limit is ${llmLimits.promptBytes}. Send the part that ` +
        'matters, or ask ' +
        'about one part at a time.',
    );
  }
  return {
    messages,
    model: model ?? null,
    max_tokens: maxTokens ?? null,
    temperature: temperature ?? null,
    response_format: responseFormat ?? null,
    stop: stop ?? null,
  };
}

function readPrompt(value: Json): z.output<typeof promptValue> {
  const read = promptValue.safeParse(value);
  if (read.success) return read.data;
  throw refused('llm.prompt', '{ messages, model?, max_tokens?, temperature?, response_format?, stop? }', read.error);
}

function readResponse(value: Json): string {
  const read = responseValue.safeParse(value);
  if (read.success) return read.data.text;
  throw refused('llm.response', '{ text }', read.error);
}

/**
 * What a filter made of a value that it must not: the call ends, since nobody can say what the filter wanted to keep
 * from happening.
 */
function refused(name: string, form: string, error: z.ZodError): Error {
  const where = error.issues[0]?.path.join('/') ?? '';
  return executionErrors.error(
    'FILTER_FAILED',
    `A filter ${name} of this tenant answered something that is not ` +
      `${form}${where === '' ? '' : ` (/${where}: ${error.issues[0]?.message ?? ''})`}. Answer the value it got, ` +
      'changed.',
  );
}
