import type { LlmPort } from '@annex/execution';
import { defineErrors } from '@annex/kernel';
import type { LlmMessage } from '../context.js';

const errors = defineErrors('sdk', {
  LLM_NOT_CONFIGURED: { title: 'No language model is configured', status: 409, fault: 'policy' },
});

/** A language model that is a function of the test. Tokens are counted as words, prompt and answer. */
export function answeredLlm(
  answer: ((request: { messages: LlmMessage[]; model: string | undefined }) => string | Promise<string>) | undefined,
): LlmPort {
  return {
    async complete({ messages, model }) {
      if (!answer) throw errors.error('LLM_NOT_CONFIGURED', 'This test answers no prompts. Give openPlugin an `llm`.');
      const text = await answer({ messages: messages.map(({ role, content }) => ({ role, content })), model });
      const prompt = messages.reduce((sum, { content }) => sum + words(content), 0);
      return {
        text,
        usage: { prompt_tokens: prompt, completion_tokens: words(text), total_tokens: prompt + words(text) },
        model: model ?? 'test',
        finishReason: 'stop',
      };
    },
  };
}

function words(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}
