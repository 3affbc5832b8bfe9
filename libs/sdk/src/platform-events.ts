/** What the events hold that Annex itself emits (docs/plugins.md, "Background"). */
import type { Json, User } from './context.js';

interface EventUser {
  id: string;
  email: string;
  role: User['role'];
}

interface EventPlugin {
  id: string;
  slug: string;
  version: string;
}

interface EventFile {
  key: string;
  /** Bytes. */
  size: number;
  content_type: string;
  /** SHA-256 of the bytes, hex. */
  etag: string;
}

/**
 * `data` of each of the platform's events, by its name.
 * @example
 * const nameOf = (data: PlatformEvents['files.uploaded']): string => data.file.key
 */
export interface PlatformEvents {
  'auth.user.created': { user: EventUser };
  /** `changed`: the fields that did, such as `role`. */
  'auth.user.updated': { user: EventUser; changed: string[] };
  'auth.user.deleted': { user: EventUser };
  'files.uploaded': { file: EventFile };
  'files.deleted': { file: EventFile };
  'plugin.installed': { plugin: EventPlugin };
  'plugin.enabled': { plugin: EventPlugin };
  'plugin.disabled': { plugin: EventPlugin; reason: string };
  'plugin.unhealthy': { plugin: EventPlugin; failures: number; error: { code: string; message: string } | null };
  'plugin.recovered': { plugin: EventPlugin; since: string; status: 'healthy' | 'degraded' };
  'plugin.upgraded': { plugin: EventPlugin; previous_version: string };
  'plugin.uninstalled': { plugin: EventPlugin };
  'source.failed': {
    source: { name: string; type: string };
    /** Times that its connection broke within an hour. */
    restarts: number;
    error: { code: string; message: string };
  };
  'webhook.received': {
    /** Of `/hooks/<tenant>/<source>`. */
    source: string;
    event_type: string | null;
    delivery_id: string | null;
    headers: Record<string, string>;
    query: Record<string, string | string[]>;
    /** The body as `body_encoding` says: JSON, fields of a form, text, base64, or `null`. */
    body: Json;
    body_encoding: 'json' | 'form' | 'text' | 'base64' | 'none';
    /** Pointers of numbers that JSON readers would change, and that are texts here. */
    numbers_as_text?: string[];
  };
  'webhook.disabled': { webhook: { id: string; name: string; plugin: string | null }; reason: string };
}
