export { Agents, type AgentsOptions, type AskedView } from './agents/agents.js';
export type { AgentView, QuestionView } from './agents/agent-views.js';
export { Deliverer, type DelivererOptions } from './deliverer.js';
export { disableAfter } from './endpoint-health.js';
export { webhookErrors } from './errors.js';
export { InboundHooks, type HookSourceView, type InboundHooksOptions, type Reception } from './inbound.js';
export { answerHandshake, methodFault, wrongMethod, type HandshakeAnswer } from './inbound-handshake.js';
export { unpackProven, type Proving } from './inbound-body.js';
export type { HookSourceInput } from './inbound-input.js';
export {
  headerOf,
  hookPresets,
  readInbound,
  slackChallenge,
  type HookPreset,
  type InboundRequest,
} from './inbound-request.js';
export type { EgressPort, SecretsPort, TransformsPort, WebhookInstallation, WebhookRun } from './ports.js';
export { readRetryAfter } from './retry-after.js';
export { hmacAlgorithms, hmacContents, hmacEncodings, type HmacForm } from './hmac-forms.js';
export { tokenHeaderOf, tokenSchemes, verifyToken, type TokenRequest, type TokenScheme } from './tokens.js';
export {
  signatureHeaders,
  signatureSchemes,
  signingKey,
  standardSignature,
  verifySignature,
  type Signable,
  type SignatureScheme,
  type SignedRequest,
} from './signatures.js';
export type { WebhookInput } from './webhook-input.js';
export { Webhooks, type WebhooksOptions } from './webhooks.js';
export type { AttemptView, DeliveryView, WebhookView } from './views.js';
export { connectPackageWebhooks, restPackageWebhooks } from './rows/webhooks.js';
export { sendPackageWebhook } from './send-package-webhook.js';
export { findHookSource, listHookSources } from './rows/hook-sources.js';
export { HookSourceRow } from './rows/hook-source-row.js';
export { WebhookAttemptRow } from './rows/webhook-attempt-row.js';
export { WebhookDeliveryRow } from './rows/webhook-delivery-row.js';
export { WebhookRow } from './rows/webhook-row.js';
export { AgentQuestionRow } from './rows/agent-question-row.js';
