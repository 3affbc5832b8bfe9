import type { Id, Json, JsonObject, SealedValue } from '@annex/kernel';
import type { EventAttributes, EventSeverity } from '@annex/events';
import type { WebhookDefinition } from '@annex/manifest';
import type { ClaimedRun } from '@annex/runs';
import type { TenantTransaction } from '@annex/database';

/** What webhooks ask of secrets. `@annex/vault`'s `Vault` fits it. */
export interface SecretsPort {
  /**
   * The values that an installation may read with the hosts to which each may go (none named: any), those that are not
   * set left out.
   */
  readForRef(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, { value: string; allowedHosts: readonly string[] }>>;
  /** The values that present ones replaced within the last day. */
  readReplaced(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
  seal(tx: TenantTransaction, what: string, text: string): Promise<SealedValue>;
  unseal(tx: TenantTransaction, what: string, sealed: SealedValue): Promise<string>;
}

/** Outbound HTTP that cannot reach where it should not (`@annex/egress`). */
export interface EgressPort {
  request(request: {
    method: string;
    url: string;
    headers?: [string, string][];
    body?: Uint8Array | null;
    allowHosts: readonly string[] | 'any';
    timeoutMs?: number;
    maxResponseBytes?: number;
    redirect?: 'manual';
    overflow?: 'cut';
    tenant?: string;
    signal?: AbortSignal;
    source?: string;
    hops?: number;
  }): Promise<{ status: number; headers: [string, string][]; body: Uint8Array; cut: boolean }>;
  /** What is wrong with a URL as far as its text tells. */
  checkUrl(url: string, allowHosts: readonly string[] | 'any'): { code: string; detail: string } | undefined;
}

/** An installation as webhooks see it. `@annex/execution`'s snapshots fit it. */
export interface WebhookInstallation {
  readonly tenant: { readonly slug: string };
  readonly slug: string;
  readonly version: string;
  readonly status: string;
  readonly statusReason: string | null;
  /** Names of the effective permissions. */
  readonly permissions: readonly string[];
  readonly webhooks: readonly WebhookDefinition[];
  /** Its settings, defaults filled in. */
  readonly config: JsonObject;
  readonly manifest: { readonly http: { readonly allow: readonly string[] } };
  /** The hosts of `http.allow` that are granted. */
  readonly allowHosts: readonly string[];
  readonly registrations: readonly { readonly kind: string; readonly auth?: unknown }[];
}

/** Finds installations. `@annex/execution`'s snapshots fit it. */
export interface InstallationsPort<Installation extends WebhookInstallation = WebhookInstallation> {
  /** By slug; any text may come. */
  get(tenantId: Id<'tenant'>, slug: string): Promise<Installation | undefined>;
  getById(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<Installation | undefined>;
  /** Those that read a tenant-wide secret. */
  readingSecret(tenantId: Id<'tenant'>, name: string): Promise<readonly Installation[]>;
}

/** Runs the transforms of packages. `@annex/execution`'s `Execution` fits it. */
export interface TransformsPort<Installation extends WebhookInstallation = WebhookInstallation> {
  snapshots: Pick<InstallationsPort<Installation>, 'getById'>;
  runTransform(call: {
    snapshot: Installation;
    index: number;
    run: { id: Id<'run'>; name: string; attempt: number; depth: number };
    first: Json;
    second?: Json;
    signal: AbortSignal;
  }): Promise<
    { limits: Json } & (
      | { status: 'succeeded'; result: string | undefined }
      | { status: 'failed'; error: { code: string; message: string }; retryAfterMs?: number }
    )
  >;
}

/** Makes texts of templates (`@annex/templates`). */
export interface TextsPort {
  render(call: {
    files: Readonly<Record<string, string>>;
    name: string;
    data: JsonObject;
    tenant: string;
    signal?: AbortSignal;
  }): Promise<string>;
}

/** Asks language models (`@annex/execution`, which passes the filters of the tenant and counts). */
export interface ModelsPort<Installation extends WebhookInstallation = WebhookInstallation> {
  /** Throws what `ctx.llm` throws. */
  askModel(call: {
    snapshot: Installation;
    runId: Id<'run'>;
    depth: number;
    prompt: string;
    system: string | null;
    model: string | null;
    timeoutMs: number;
    signal: AbortSignal;
  }): Promise<{ text: string; usage: Json; model: string; finish_reason: string | null }>;
}

/** Replaces secrets in words that are kept (`@annex/vault`). */
export interface Masker {
  text(text: string): string;
  json(value: Json): Json;
}

/** A claimed run of kind `webhook`. */
export type WebhookRun = Pick<
  ClaimedRun,
  | 'id'
  | 'tenantId'
  | 'installationId'
  | 'name'
  | 'eventId'
  | 'payload'
  | 'attempt'
  | 'depth'
  | 'queuedAt'
  | 'webhookId'
  | 'deliveryId'
>;

/** An event in the form in which transforms and endpoints get it. */
export type EventBody = JsonObject & {
  id: string;
  type: string;
  source: string;
  subject: string | null;
  time: string;
  data: Json;
  severity: EventSeverity;
  tags: string[];
  attributes: EventAttributes;
  /** What a mapping says of it; left out where none took it. */
  raw_type?: string;
  mapped_from?: string;
  alert?: JsonObject;
};
