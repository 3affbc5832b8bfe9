import { llmLimits, longestRunMs } from '@annex/limits';
import { z } from 'zod';
import { row } from '../row.js';
import { line, optional } from '../wire.js';

/** A conversation, as the OpenAI API has it. */
export const llmMessages = z
  .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
  .min(1)
  .max(llmLimits.messages);

const maxTokens = z.int().min(1).max(llmLimits.answerTokens);
const timeout = z.number().positive().max(longestRunMs);
/** Options of `ctx.llm.run`, in either spelling; handlers get one. */
const llmOptions = z
  .strictObject({
    model: line(200).min(1).nullish(),
    system: z.string().nullish(),
    messages: llmMessages.nullish(),
    max_tokens: maxTokens.nullish(),
    maxTokens: maxTokens.nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    response_format: z
      .union([z.enum(['json', 'text']), z.strictObject({ type: z.enum(['json_object', 'text']) })])
      .nullish(),
    responseFormat: z.enum(['json', 'text']).nullish(),
    stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
    timeoutMs: timeout.nullish(),
    timeout_ms: timeout.nullish(),
  })
  .transform(({ model, system, messages, temperature, stop, ...rest }) => {
    const format = rest.response_format ?? rest.responseFormat;
    return {
      model: model ?? undefined,
      system: system ?? undefined,
      messages: messages ?? undefined,
      maxTokens: rest.max_tokens ?? rest.maxTokens ?? undefined,
      temperature: temperature ?? undefined,
      responseFormat:
        format === 'json' || (typeof format === 'object' && format?.type === 'json_object')
          ? ('json' as const)
          : undefined,
      stop: stop ?? undefined,
      timeoutMs: rest.timeout_ms ?? rest.timeoutMs ?? undefined,
    };
  });

export const llmCalls = {
  'llm.run': row({
    args: z.tuple([z.union([z.string().min(1), llmMessages]), optional(llmOptions)]),
    result: z.object({
      text: z.string(),
      usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }),
      model: z.string(),
      finish_reason: z.string().nullable(),
    }),
    permission: 'llm.use',
    meter: 'llm_calls',
    doc:
      'Sends a prompt, or a list of messages, to the configured language model; answers its text and the tokens ' +
      'used. The prompt has at most 256 KiB, the answer 1 MiB. The filters `llm.prompt` and `llm.response` of the ' +
      'tenant’s plugins stand around it.',
    example: "const { text } = await ctx.llm.run('Summarise: ' + body, { max_tokens: 200 })",
  }),
};
