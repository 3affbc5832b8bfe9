import type { PermissionRequest } from '@annex/host-api';
import { inexactNumbers, isJsonObject, quote, type InputFault, type Json, type JsonObject } from '@annex/kernel';
import { packageFileLimits } from '@annex/limits';
import { readCors, type CorsRules } from '../routes/cors.js';
import type { RouteAuth } from '../routes/route-auth.js';
import {
  contractVersion,
  defaultManifestLimits,
  type Manifest,
  type ManifestEventSource,
  type ManifestJob,
  type ManifestLimits,
} from './manifest.js';
import { readJson } from './read-json.js';
import { judgeManifest, normalEntry } from './semantics.js';
import { manifestShape, type ManifestSource } from './shape.js';
import { shapeFaults } from './shape-faults.js';

export type ManifestReading =
  | { ok: true; manifest: Manifest; warnings: InputFault[] }
  | {
      ok: false;
      errors: InputFault[];
      warnings: InputFault[];
      /** The entry, when that much is sound: the rest of the package can be checked. */ entry: string | undefined;
    };

export interface ReadManifestOptions {
  limits?: ManifestLimits;
  /** Version of the plugin contract that the host serves. Default: {@link contractVersion}. */
  hostVersion?: string;
  /** The schema of settings was judged already, by a process that may take its time. Default: no. */
  trustConfigSchema?: boolean;
  /** Paths of the package, to find the entry in. Left out: the manifest is judged alone. */
  paths?: readonly string[];
}

/**
 * Reads the bytes of a `plugin.json`. Every fault is reported, together, each with its JSON pointer and what to write
 * instead.
 */
export function readManifest(bytes: Uint8Array, options: ReadManifestOptions = {}): ManifestReading {
  const refuse = (...errors: InputFault[]): ManifestReading => ({ ok: false, errors, warnings: [], entry: undefined });
  if (bytes.length > packageFileLimits.manifestBytes)
    return refuse({
      pointer: '',
      code: 'MANIFEST_TOO_LARGE',
      detail: `plugin.json is ${bytes.length} bytes; at most ${packageFileLimits.manifestBytes} are read.`,
    });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse({ pointer: '', code: 'JSON_SYNTAX', detail: 'plugin.json is not UTF-8; save it in that encoding.' });
  }
  const json = readJson(text);
  if (!json.ok) return refuse(...json.errors);
  if (!isJsonObject(json.value))
    return refuse({ pointer: '', code: 'TYPE', detail: 'plugin.json must hold one object: {"slug": "my-plugin", …}.' });
  const reading = checkManifest(json.value, options);
  // A warning, not a fault: as the bound of a setting (the largest integer of 64 bits) such a number does no harm.
  const numbers = inexactNumbers(text, maxNumberWarnings).map(({ pointer, text: number }): InputFault => ({
    pointer,
    code: 'NUMBER',
    detail: `${quote(number, 60)} is read as ${String(Number(number))}; if every digit counts, write it as a string.`,
  }));
  return { ...reading, warnings: [...reading.warnings, ...numbers] };
}

const maxNumberWarnings = 20;

/** As {@link readManifest}, for JSON that was parsed already. */
export function checkManifest(source: JsonObject, options: ReadManifestOptions = {}): ManifestReading {
  const { limits = defaultManifestLimits, hostVersion = contractVersion, paths, trustConfigSchema = false } = options;
  const meaning = judgeManifest(source, { limits, hostVersion, paths, trustConfigSchema });
  const shape = manifestShape.safeParse(source);
  const ofShape = shape.success ? [] : shapeFaults(shape.error.issues, source);
  const errors = merge(ofShape, meaning.errors);
  if (!shape.success || errors.length > 0) {
    const isEntrySound = typeof source['entry'] === 'string' && !errors.some((fault) => fault.pointer === '/entry');
    return {
      ok: false,
      errors,
      warnings: meaning.warnings,
      entry: isEntrySound ? normalEntry(String(source['entry'])) : undefined,
    };
  }
  return { ok: true, manifest: normalise(shape.data, source), warnings: meaning.warnings };
}

/**
 * Where both found something, the one who knows the meaning says it better. In the order of the manifest's pointers.
 */
function merge(ofShape: readonly InputFault[], ofMeaning: readonly InputFault[]): InputFault[] {
  const known = new Set(ofMeaning.map((fault) => fault.pointer));
  return [...ofShape.filter((fault) => !known.has(fault.pointer) || fault.code === 'REQUIRED'), ...ofMeaning];
}

function normalise(shape: ManifestSource, source: JsonObject): Manifest {
  return {
    slug: shape.slug,
    name: shape.name,
    version: shape.version,
    description: shape.description ?? null,
    author: shape.author ?? null,
    repoUrl: shape.repo_url ?? null,
    entry: normalEntry(shape.entry),
    permissions: (shape.permissions ?? []).map((permission): PermissionRequest =>
      typeof permission === 'string'
        ? { name: permission }
        : { ...permission, ...(permission.hosts && { hosts: permission.hosts.map((host) => host.toLowerCase()) }) },
    ),
    routes: shape.routes ?? false,
    ...(shape.cors !== undefined && { cors: normalCors(shape.cors) }),
    events: shape.events ?? [],
    filters: shape.filters ?? [],
    jobs: (shape.jobs ?? []).map(normalJob),
    ...(shape.sources !== undefined && { sources: shape.sources.map(normalSource) }),
    ...(shape.shared !== undefined && { shared: shape.shared }),
    ...(shape.watch !== undefined && { watch: shape.watch.map((pattern) => pattern.normalize('NFC')) }),
    http: { allow: (shape.http?.allow ?? []).map((host) => host.toLowerCase()) },
    secrets: (shape.secrets ?? []).map((secret) =>
      typeof secret === 'string'
        ? { name: secret, required: false, description: null }
        : { name: secret.name, required: secret.required ?? false, description: secret.description ?? null },
    ),
    config: isJsonObject(source['config']) ? source['config'] : null,
    ...(shape.config_changes?.debounce_ms && { configChanges: { debounceMs: shape.config_changes.debounce_ms } }),
    limits: { memoryMb: shape.limits?.memory_mb ?? null, timeoutMs: shape.limits?.timeout_ms ?? null },
    dependencies: shape.dependencies ?? {},
    health: shape.health === undefined ? null : { intervalS: shape.health.interval_s ?? 60 },
    ...(shape.upgrade?.on_init_failure && { upgrade: { onInitFailure: shape.upgrade.on_init_failure } }),
    engines: { annex: shape.engines?.annex ?? null },
  };
}

function normalCors(cors: NonNullable<ManifestSource['cors']>): CorsRules | null {
  const reading = readCors(cors as Json);
  return reading.ok ? reading.rules : null;
}

function normalSource(source: NonNullable<ManifestSource['sources']>[number]): ManifestEventSource {
  return {
    name: source.name,
    type: source.type,
    schedule: source.schedule ?? null,
    timezone: source.timezone ?? 'UTC',
    auth: (source.auth ?? null) as RouteAuth | null,
    verifyToken: source.verify_token ?? null,
    with: (source.with ?? {}) as JsonObject,
    events: source.events,
    require: [...new Set(source.require ?? [])],
    timeoutMs: source.timeout_ms ?? null,
  };
}

function normalJob(job: NonNullable<ManifestSource['jobs']>[number]): ManifestJob {
  const { retry } = job;
  return {
    name: job.name,
    schedule: job.schedule ?? null,
    timezone: job.timezone ?? 'UTC',
    overlap: job.overlap ?? 'skip',
    catchUp: job.catch_up ?? 'latest',
    misfireDeadlineS: job.misfire_deadline_s ?? null,
    ...(job.jitter_s !== undefined && { jitterS: job.jitter_s }),
    timeoutMs: job.timeout_ms ?? null,
    retry:
      retry === undefined
        ? null
        : {
            ...(retry.max_attempts !== undefined && { maxAttempts: retry.max_attempts }),
            ...(retry.backoff !== undefined && { backoff: retry.backoff }),
            ...(retry.initial_delay_s !== undefined && { initialDelayS: retry.initial_delay_s }),
            ...(retry.max_delay_s !== undefined && { maxDelayS: retry.max_delay_s }),
          },
  };
}
