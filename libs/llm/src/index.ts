export {
  createLlm,
  type Llm,
  type LlmAnswer,
  type LlmMessage,
  type LlmOptions,
  type LlmRequest,
  type LlmUsage,
} from './llm.js';
export { openAiUrl, tenantSettingNames, type OperatorEndpoint } from './endpoint.js';
export { type LlmEgress } from './egress-fetch.js';
export { llmErrors } from './errors.js';
export { LlmDayRow } from './rows/llm-day-row.js';
