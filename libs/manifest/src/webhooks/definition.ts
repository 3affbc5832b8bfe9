import type { JsonObject } from '@annex/kernel';
import type { ManifestRetry } from '../schema/manifest.js';

/** A function of the package that a webhook uses. */
export interface ScriptRef {
  /** Path of a file of the package. */
  path: string;
  /** Name under which the file exports it. */
  export: string;
  /** Place of its handler in the bundle of transforms. */
  index: number;
}

/** A file of `webhooks/` that was checked (docs/webhooks.md). Plain data: it may be stored as JSON and read back. */
export interface WebhookDefinition {
  /** The file's name without `.yaml`. */
  name: string;
  description: string | null;
  /** Patterns of the events that it sends; empty: it is sent by `ctx.webhooks.send` only. */
  on: string[];
  /** As written: may hold `${SECRET:NAME}` and `${TENANT_ID}`, like the headers' values and the signing secret. */
  url: string;
  headers: Record<string, string>;
  /** `null`: deliveries are not signed. */
  signing: { secret: string } | null;
  /** `null`: the event is sent as it is. */
  transform: ScriptRef | null;
  /** Called with the endpoint's answer. */
  postTransform: ScriptRef | null;
  /** `null`, or a part left out: what webhooks get by default. */
  retry: ManifestRetry | null;
  /** A filter that events must pass. Left out: each does. */
  where?: JsonObject;
  /** It is an agent (`agents/`), which is asked and answers. Left out: it is a webhook. */
  agent?: AgentTerms;
}

/** How an agent is asked (docs/agents.md). Its `bearer` stands among the headers of its definition. */
export interface AgentTerms {
  /** `a2a`: an agent behind `url`. `llm`: the tenant's language model, and `url` is empty. */
  protocol: 'a2a' | 'llm';
  /** The version of A2A that it speaks; `null`: it is found out. */
  version: '1.0' | '0.3' | null;
  /** For `llm`; `null`: the tenant's default. */
  model: string | null;
  /** For `llm`: what it is told before the question. */
  system: string | null;
  /** How long it may work on a question, in seconds. */
  timeoutS: number;
  /** A Liquid template that makes the question of an event. */
  prompt: string;
  /** How many seconds a question waits for an admin's yes; `null`: nobody is asked for one. */
  approvalS: number | null;
}
