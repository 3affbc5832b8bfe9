import { idFromUuid, type Id, type JsonObject } from '@annex/kernel';
import { coversHost, matchGrants, type PermissionGrant } from '@annex/host-api';
import type { InstallationStatus, PluginLogLevel } from '@annex/installations';
import { effectiveLimits, type OperatorCeilings, type RunKind, type RunLimits } from '@annex/limits';
import {
  compileRoutes,
  isPython,
  judgeConfig,
  type Manifest,
  type RouteTable,
  type WebhookDefinition,
} from '@annex/manifest';
import type { Bundle, Language, Registration, SandboxLimits } from '@annex/sandbox';
import type { SnapshotRow } from '../rows/snapshot-rows.js';

/** A route as the plugin registered it; `index` names its handler. */
export type SnapshotRoute = Extract<Registration, { kind: 'route' }> & { index: number };

/** A filter as the plugin registered it. */
export type FilterRegistration = Extract<Registration, { kind: 'filter' }>;

/** The limits of one kind of run: the catalogue's, and the part that the sandbox itself holds. */
export interface SnapshotLimits {
  run: RunLimits;
  sandbox: SandboxLimits;
  /** As `sandbox`, for a route whose caller takes a stream. */
  streaming: SandboxLimits;
}

/**
 * Everything needed to run an installation's handlers, as it stood at one moment. It is never changed: after a change
 * there is a new one. The objects inside stay the same for its life, so that whoever serialises them can tell by
 * identity that they have not changed.
 */
export interface InstallationSnapshot {
  readonly tenantId: Id<'tenant'>;
  readonly tenant: { readonly id: Id<'tenant'>; readonly slug: string; readonly name: string };
  readonly installationId: Id<'installation'>;
  readonly slug: string;
  readonly status: InstallationStatus;
  /** Why it is suspended, for people; else `null`. */
  readonly statusReason: string | null;
  /** Lines of lower levels are not kept. */
  readonly logLevel: PluginLogLevel;
  /** Until when its runs' host calls are kept, milliseconds since the epoch; 0: they are not. */
  readonly recordingUntilMs: number;
  readonly releaseId: Id<'release'>;
  readonly version: string;
  readonly manifest: Manifest;
  /** What the entry registered, in order: a handler's index is its place here. */
  readonly registrations: readonly Registration[];
  readonly routes: RouteTable<SnapshotRoute>;
  /** What is both asked for and granted. */
  readonly grants: readonly PermissionGrant[];
  /** Hosts that `ctx.http` may reach: the manifest's, narrowed by the grant. */
  readonly allowHosts: readonly string[];
  /** The tenant's settings with the schema's defaults filled in. */
  readonly config: JsonObject;
  /** Names of the declared secrets. */
  readonly secrets: string[];
  /** Names of the secrets that the release declares which shall take over. */
  readonly nextSecrets: readonly string[];
  /**
   * Marks the placeholders of `secrets.ref`, so that no text from elsewhere can pass for one. Stays the same in one
   * process.
   */
  readonly refToken: string;
  /** Names of the effective permissions, for `ctx.permissions`. */
  readonly permissions: string[];
  /** What `ctx.plugin` shows. */
  readonly plugin: { id: string; slug: string; version: string };
  /** Names the warm isolate: installation and release. Begins with the installation's id. */
  readonly isolateKey: string;
  readonly bundleSha256: string;
  /** What the entry is written in. */
  readonly language: Language;
  /** What the package's `webhooks/*.yaml` say. */
  readonly webhooks: readonly WebhookDefinition[];
  /** The script of their transforms; `null`: there are none. */
  readonly transforms: {
    readonly language: Language;
    readonly bundleSha256: string;
    loadBundle(): Promise<Bundle>;
  } | null;
  /** Reads the script from the database. */
  loadBundle(): Promise<Bundle>;
  /** Reads the script's source map, `undefined` when none was kept. */
  loadSourceMap(): Promise<string | undefined>;
  /** The limits of a kind of run; for kinds `job` and `source` those of the named one. */
  limits(kind: RunKind, jobName?: string): SnapshotLimits;
}

/**
 * Makes a snapshot of what was read. `config`: what {@link readConfig} made of its settings; `ceilings`: the
 * operator's.
 */
export function buildSnapshot(
  row: SnapshotRow,
  {
    tenantId,
    config,
    ceilings,
    refToken,
    loadBundle,
    loadSourceMap,
  }: {
    tenantId: Id<'tenant'>;
    config: JsonObject;
    ceilings: OperatorCeilings;
    refToken: (installationId: Id<'installation'>) => string;
    loadBundle: (sha256: string) => Promise<Bundle>;
    loadSourceMap: (sha256: string) => Promise<string | undefined>;
  },
): InstallationSnapshot {
  const { manifest, registrations, transforms_sha256: transforms } = row;
  const installationId = idFromUuid('installation', row.id);
  const releaseId = idFromUuid('release', row.release_id);
  const grants = matchGrants(manifest.permissions, row.granted).effective;
  const limits = new Map<string, SnapshotLimits>();
  return {
    tenantId,
    tenant: { id: tenantId, slug: row.tenant_slug, name: row.tenant_name },
    installationId,
    slug: row.slug,
    status: row.status,
    statusReason: row.status_reason,
    logLevel: row.log_level,
    recordingUntilMs: row.recording_until?.getTime() ?? 0,
    releaseId,
    version: row.version,
    manifest,
    registrations,
    routes: compileRoutes(
      registrations.flatMap((registration, index) =>
        registration.kind === 'route' ? [{ ...registration, index }] : [],
      ),
    ),
    grants,
    allowHosts: narrowHosts(manifest.http.allow, grants),
    config,
    secrets: manifest.secrets.map((secret) => secret.name),
    nextSecrets: row.next_secrets?.map(({ name }) => name) ?? [],
    refToken: refToken(installationId),
    // Asked for some tables or hosts and granted others: nothing is left, so the plugin has not got it.
    permissions: grants
      .filter(({ tables, hosts }) => tables?.length !== 0 && hosts?.length !== 0)
      .map((grant) => grant.name),
    plugin: { id: installationId, slug: row.slug, version: row.version },
    isolateKey: `${installationId}/${releaseId}`,
    bundleSha256: row.bundle_sha256,
    language: languageOf(manifest.entry),
    webhooks: row.webhooks ?? [],
    transforms: transforms ? transformsOf(row, transforms, loadBundle) : null,
    loadBundle: () => loadBundle(row.bundle_sha256),
    loadSourceMap: () =>
      row.source_map_sha256 === null ? Promise.resolve(undefined) : loadSourceMap(row.source_map_sha256),
    limits(kind, jobName) {
      const key = kind === 'job' || kind === 'source' ? `${kind}/${jobName}` : kind;
      const known = limits.get(key);
      if (known) return known;
      const made = limitsOf(manifest, kind, jobName, ceilings);
      limits.set(key, made);
      return made;
    },
  };
}

function limitsOf(
  manifest: Manifest,
  kind: RunKind,
  jobName: string | undefined,
  ceilings: OperatorCeilings,
): SnapshotLimits {
  const named = kind === 'job' ? manifest.jobs : kind === 'source' ? (manifest.sources ?? []) : [];
  const job = named.find(({ name }) => name === jobName);
  const run = effectiveLimits(
    kind,
    {
      ...(manifest.limits.memoryMb !== null && { memoryMb: manifest.limits.memoryMb }),
      ...(manifest.limits.timeoutMs !== null && { timeoutMs: manifest.limits.timeoutMs }),
      ...(typeof job?.timeoutMs === 'number' && { jobTimeoutMs: job.timeoutMs }),
    },
    ceilings,
  );
  const { wallMs, cpuMs, memoryMb, resultBytes, logLines, logBytes, hostCalls, hostCallsAtOnce } = run;
  // One more than the broker allows, so that it is the broker that refuses and the run's error names the limit.
  const sandbox = {
    wallMs,
    cpuMs,
    memoryMb,
    resultBytes,
    logLines,
    logBytes,
    hostCalls: hostCalls + 1,
    hostCallsAtOnce,
  };
  const { streamMs, streamCpuMs, streamBytes, streamIdleMs } = run;
  return {
    run,
    sandbox,
    streaming: {
      ...sandbox,
      stream: { wallMs: streamMs, cpuMs: streamCpuMs, bytes: streamBytes, idleMs: streamIdleMs },
    },
  };
}

/**
 * Settings that an older schema let in may not fit a newer one: then they are shown as they are, which beats a plugin
 * that cannot run.
 */
export async function readConfig({ manifest, config }: SnapshotRow, tenantId: Id<'tenant'>): Promise<JsonObject> {
  if (manifest.config === null) return config;
  const reading = await judgeConfig(manifest.config, config, tenantId);
  return reading.ok ? reading.value : config;
}

function narrowHosts(allow: readonly string[], grants: readonly PermissionGrant[]): readonly string[] {
  const hosts = grants.find(({ name }) => name === 'outbound_http')?.hosts;
  if (hosts === undefined) return allow;
  return [
    ...allow.filter((host) => hosts.some((granted) => coversHost(granted, host))),
    ...hosts.filter((host) => !allow.includes(host) && allow.some((asked) => coversHost(asked, host))),
  ];
}

function transformsOf(
  { webhooks }: SnapshotRow,
  bundleSha256: string,
  loadBundle: (sha256: string) => Promise<Bundle>,
): InstallationSnapshot['transforms'] {
  const language = languageOf(transformPath(webhooks ?? []));
  return { language, bundleSha256, loadBundle: () => loadBundle(bundleSha256) };
}

function languageOf(path: string): Language {
  return isPython(path) ? 'python' : 'javascript';
}

/** All transforms of a package are in the language of the first. */
function transformPath(webhooks: readonly WebhookDefinition[]): string {
  for (const { transform, postTransform } of webhooks) {
    const script = transform ?? postTransform;
    if (script !== null) return script.path;
  }
  return '';
}
