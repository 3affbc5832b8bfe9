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
}
