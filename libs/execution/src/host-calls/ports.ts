import type { Id, Json } from '@annex/kernel';
import type { ManifestJob } from '@annex/manifest';
import type { TenantTransaction } from '@annex/database';

/** Reads the secrets of an installation: the names given, its own before the tenant's. What is not set is left out. */
export interface SecretsPort {
  readForRun(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
  /** The same with the hosts to which a value may be sent; none named: every host that the plugin may reach. */
  readForRef(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, { value: string; allowedHosts: readonly string[] }>>;
}

/** Replaces secrets in words that are kept (`@annex/vault`). */
export interface Masker {
  text(text: string): string;
  json(value: Json): Json;
}

/** A masker that learns values, in all the forms in which they may appear. */
export interface GrowingMasker extends Masker {
  /** Answers when the value is hidden. */
  add(value: string): Promise<void>;
  /** A measure of its memory. */
  readonly size: number;
}

/** Makes a masker that knows nothing yet. */
export type CreateMasker = () => GrowingMasker;

/** Outbound HTTP that cannot reach where it should not (`@annex/egress`). */
export interface EgressPort {
  request(request: {
    method: string;
    url: string;
    headers?: [string, string][];
    body?: Uint8Array | string | null;
    allowHosts: readonly string[];
    timeoutMs?: number;
    maxRequestBytes?: number;
    maxResponseBytes?: number;
    signal?: AbortSignal;
    source?: string;
    /** Whose share of the places it takes. */
    tenant?: string;
    hops?: number;
    /** Refuses redirects to another origin. */
    stayOnOrigin?: boolean;
    /** Default `follow`. */
    redirect?: 'follow' | 'manual' | 'error';
  }): Promise<{ status: number; headers: [string, string][]; url: string; body: Uint8Array }>;
}

/** A job that plugin code starts. */
export interface JobStart {
  /** The run to be. */
  runId: Id<'run'>;
  installationId: Id<'installation'>;
  /** The plugin's slug. */
  plugin: string;
  job: ManifestJob;
  payload: Json;
  depth: number;
  /** The run whose code starts it. */
  startedBy: Id<'run'>;
}

/** Starts a job in a transaction, by its overlap policy; answers how the run stands then. */
export type StartJob = (tx: TenantTransaction, start: JobStart) => Promise<{ status: string }>;

/** Makes a delivery to a webhook of a package, in a transaction (`@annex/webhooks`). */
export type SendWebhook = (
  tx: TenantTransaction,
  send: {
    /** The run to be. */
    runId: Id<'run'>;
    installationId: Id<'installation'>;
    /** The plugin's slug. */
    plugin: string;
    /** The webhook's name in the package. */
    name: string;
    payload: Json;
    depth: number;
    startedBy: Id<'run'>;
  },
) => Promise<void>;

/** A language model (`@annex/llm`). */
export interface LlmPort {
  complete(request: {
    tenantId: Id<'tenant'>;
    source: string;
    messages: readonly { role: 'system' | 'user' | 'assistant'; content: string }[];
    model?: string | undefined;
    maxTokens?: number | undefined;
    temperature?: number | undefined;
    stop?: string | readonly string[] | undefined;
    responseFormat?: 'json' | 'text' | undefined;
    deadlineMs: number;
    signal?: AbortSignal | undefined;
  }): Promise<{
    text: string;
    usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
    model: string;
    finishReason: string | null;
  }>;
}
