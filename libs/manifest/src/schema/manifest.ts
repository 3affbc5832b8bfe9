import type { PermissionRequest } from '@annex/host-api';
import type { JsonObject } from '@annex/kernel';
import { manifestCeilings, scheduleLimits } from '@annex/limits';
import type { SourceType } from './source-types.js';
import type { UpgradeFailure } from './upgrade-failures.js';
import type { CorsRules } from '../routes/cors.js';
import type { RouteAuth } from '../routes/route-auth.js';
import type { CatchUp, OverlapPolicy } from '@annex/scheduling';

/**
 * A manifest that was checked, in TypeScript's names, defaults filled in. Plain data: it may be stored as JSON and read
 * back.
 */
export interface Manifest {
  slug: string;
  name: string;
  /** SemVer 2.0. */
  version: string;
  description: string | null;
  author: string | null;
  repoUrl: string | null;
  /** Path of a file of the package, without `./`. */
  entry: string;
  permissions: PermissionRequest[];
  /** Whether the plugin may register routes. */
  routes: boolean;
  /** Which pages of other origins may call its routes, unless a route says otherwise. Left out or `null`: none. */
  cors?: CorsRules | null;
  /** Patterns (`@annex/events`) of the events that its hooks may subscribe to. */
  events: string[];
  filters: string[];
  jobs: ManifestJob[];
  /** Left out by releases from before there were any. */
  sources?: ManifestEventSource[];
  /** Patterns of the tenant's settings that it hears of. Left out: none. */
  watch?: string[];
  /** State that it shares, or reads of others. Left out: none. */
  shared?: ManifestShared[];
  http: { allow: string[] };
  secrets: ManifestSecret[];
  /** JSON Schema of the settings, or `null`: the plugin has none. */
  config: JsonObject | null;
  /** What the plugin lowers; `null`: the operator's word holds. */
  limits: { memoryMb: number | null; timeoutMs: number | null };
  /** Slug → SemVer range. */
  dependencies: Record<string, string>;
  health: { intervalS: number } | null;
  /** How its settings are told. Left out: each change. */
  configChanges?: { debounceMs: number };
  /** How the release takes over from another one. Left out: `rollback`. */
  upgrade?: { onInitFailure: UpgradeFailure };
  engines: { annex: string | null };
}

export interface ManifestJob {
  name: string;
  /** Cron text as written, or `null`: the job runs only when somebody asks for it. */
  schedule: string | null;
  /** IANA zone. Default: `UTC`. */
  timezone: string;
  overlap: OverlapPolicy;
  catchUp: CatchUp;
  /** A tick later than this does not run, in seconds; `null`: it always does. */
  misfireDeadlineS: number | null;
  /** Its ticks come up to this many seconds late, each by the same amount; `undefined`: on time. */
  jitterS?: number;
  /** `null`: what the operator gives jobs. */
  timeoutMs: number | null;
  /** `null`: what jobs get by default. A part left out likewise. */
  retry: ManifestRetry | null;
}

/** Where events come from (docs/sources.md). */
export interface ManifestEventSource {
  name: string;
  /** `poll` and `receive` are handlers of the package; of every other type Annex holds the connection. */
  type: SourceType;
  /** Cron text of a `poll`; `null` for every other type. */
  schedule: string | null;
  /** IANA zone of the schedule. */
  timezone: string;
  /** Who may send to a source that receives; `null` for every other type. */
  auth: RouteAuth | null;
  /** Name of the secret that senders bring along when they ask first (`hub.verify_token`); `null`: none. */
  verifyToken: string | null;
  /** What a connection needs, as it was written: it may hold `${SECRET:…}` and `${CONFIG:…}`. */
  with: JsonObject;
  /** Patterns of the events that it may emit. */
  events: string[];
  /** Paths that no event may lack. */
  require: string[];
  /** `null`: what the operator gives sources. */
  timeoutMs: number | null;
}

/** State that plugins share (docs/settings.md). */
export interface ManifestShared {
  name: string;
  /** `write`: it is the plugin's own. `read`: that of a plugin in `dependencies`. */
  access: 'read' | 'write';
  /** Of `read`: which one's. Left out: the only one's that has such a state. */
  from?: string;
}

export interface ManifestRetry {
  /** Tries in all, the first included. */
  maxAttempts?: number;
  backoff?: 'exponential' | 'fixed';
  initialDelayS?: number;
  maxDelayS?: number;
}

export interface ManifestSecret {
  name: string;
  /** Enabling needs a value. Default: no. */
  required: boolean;
  description: string | null;
}

/** What the operator allows; a manifest that asks for more is refused with the ceiling's name. */
export interface ManifestLimits {
  /** Heap, in MiB. */
  memoryMb: number;
  /** Routes, hooks, filters, lifecycle hooks: from start to answer, in milliseconds. */
  timeoutMs: number;
  /** Jobs and sources, in milliseconds. */
  jobTimeoutMs: number;
  /** Shortest time between two ticks of a schedule, in seconds (`ANNEX_MIN_INTERVAL_S`). */
  minIntervalS: number;
  /** Patterns of events that no plugin may emit (`ANNEX_RESERVED_EVENTS`). */
  reservedEvents: readonly string[];
}

/** What holds when the operator says nothing (docs/limits.md, docs/configuration.md). */
export const defaultManifestLimits: ManifestLimits = {
  ...manifestCeilings(),
  minIntervalS: scheduleLimits.intervalS,
  reservedEvents: [],
};

/** The version of the plugin contract that this host serves; `engines.annex` is a range over it. */
export const contractVersion = '1.0.0';
