import { defineErrors } from '@annex/kernel';

/** With what a call of a language model fails. */
export const llmErrors = defineErrors('llm', {
  LLM_NOT_CONFIGURED: { title: 'No language model is configured', status: 409, fault: 'policy' },
  LLM_UNAUTHORIZED: { title: 'The language model endpoint refused the key', status: 502, fault: 'policy' },
  LLM_UNAVAILABLE: {
    title: 'The language model endpoint cannot be used at the moment',
    status: 503,
    fault: 'platform',
  },
  LLM_REFUSED: { title: 'The language model endpoint refused the request', status: 422, fault: 'plugin' },
  LLM_CANCELLED: { title: 'The call was cancelled', status: 409, fault: 'caller' },
  RATE_LIMITED: { title: 'Too many requests', status: 429, fault: 'limit' },
  RESULT_TOO_LARGE: { title: 'The answer is larger than its limit', status: 413, fault: 'limit' },
});
