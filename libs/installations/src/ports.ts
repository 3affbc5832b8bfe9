import type { Clock, Id, Logger, TenantActor } from '@annex/kernel';
import type { ManifestEventSource, ManifestLimits, PackageMapping } from '@annex/manifest';
import type { Database, TenantTransaction } from '@annex/database';
import type { EmitEvent, NewRun, RunPolicy } from '@annex/runs';
import type { Compiler, Sandbox } from '@annex/sandbox';
import type { PackageVouch } from '@annex/signing';

/** Who asks. */
export interface InstallationsCaller extends TenantActor {
  /** Checked by the API per endpoint; here only where it depends on what a request says. */
  role: string;
  requestId: string;
}

/** What installations ask of secrets. `@annex/vault`'s `Vault` fits it. */
export interface SecretsPort {
  /** Which of `names` have no value, neither the plugin's own nor the tenant's. */
  missing(tx: TenantTransaction, installationId: Id<'installation'>, names: readonly string[]): Promise<string[]>;
  /** Whose value a plugin gets, by name; names without a value are left out. */
  setBy(
    tx: TenantTransaction,
    installationId: Id<'installation'>,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, 'plugin' | 'tenant'>>;
}

/** A webhook as a release declares it. */
export interface DeclaredWebhook {
  name: string;
  url: string;
  /** Patterns. */
  events: string[];
  policy: RunPolicy;
}

/** What installations ask of webhooks (`@annex/webhooks`). */
export interface WebhooksPort {
  /** Makes these the webhooks of an installation whose plugin is on. */
  connect(
    tx: TenantTransaction,
    owner: { installationId: Id<'installation'>; plugin: string },
    declared: readonly DeclaredWebhook[],
  ): Promise<void>;
  /** An installation's webhooks get no events any more. */
  rest(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void>;
}

/** What installations ask of mappings (`@annex/mappings`). */
export interface MappingsPort {
  /** Puts these, and no others of the installation, in force. Throws `MAPPING_LIMIT`. */
  connect(
    tx: TenantTransaction,
    owner: { installationId: Id<'installation'>; plugin: string },
    mappings: readonly PackageMapping[],
  ): Promise<void>;
  /** An installation's mappings are not in force any more. */
  rest(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void>;
}

/** What installations ask of sources (`@annex/sources`). */
export interface SourcesPort {
  /** Makes these the sources of an installation whose plugin is on. */
  connect(
    tx: TenantTransaction,
    owner: { installationId: Id<'installation'>; plugin: string },
    declared: readonly ManifestEventSource[],
  ): Promise<void>;
  /** Nothing comes from an installation's sources any more. */
  rest(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void>;
}

/** What installations ask of the tenant's settings (`@annex/settings`). */
export interface SettingsPort {
  /** Has an installation whose plugin is on hear of the settings that some patterns mean. */
  connect(tx: TenantTransaction, installationId: Id<'installation'>, patterns: readonly string[]): Promise<void>;
  /** An installation hears of no settings any more. */
  rest(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void>;
  /** Which of some installations refused a setting, and why. */
  refused(
    tx: TenantTransaction,
    installations: readonly Id<'installation'>[],
  ): Promise<ReadonlyMap<Id<'installation'>, { reason: string; since: string }>>;
}

/** What installations ask of whoever knows which packages the operator lets in (`@annex/catalogue`). */
export interface PackageJudge {
  /** Who vouches for an archive; `null`: nobody, and nobody has to. Throws what refuses it. */
  judge(archive: { sha256: string; signature: string | undefined }): Promise<PackageVouch | null>;
}

export interface InstallationsOptions {
  database: Pick<Database, 'forTenant'>;
  /** Runs a new entry once, without `ctx`, to read what it registers. */
  sandbox: Pick<Sandbox, 'inspect'>;
  /** Checks a package in processes of its own: what it holds may be made to be expensive, or to break what reads it. */
  compiler: Pick<Compiler, 'check'>;
  vault: SecretsPort;
  webhooks: WebhooksPort;
  mappings: MappingsPort;
  /** Left out: packages that declare sources get none. */
  sources?: SourcesPort;
  /** Left out: nobody hears of settings. */
  settings?: SettingsPort;
  /** Left out: every package is let in, and signatures are not looked at. */
  judge?: PackageJudge;
  emit: EmitEvent;
  enqueueRun(tx: TenantTransaction, run: NewRun): Promise<Id<'run'>>;
  /**
   * Forgets warm isolates of this process whose key begins so: `<installation id>`. Called after the commit. Default:
   * nobody is told.
   */
  evict?(isolateKeyPrefix: string): void;
  clock: Clock;
  logger: Logger;
  /** The operator's ceilings, the shortest interval of schedules among them. Default: as in docs/limits.md. */
  limits?: ManifestLimits;
  /** Version of the plugin contract, for `engines.annex`. Default: the one that this host serves. */
  hostVersion?: string;
  /** Releases of one plugin that are kept for rollback, the active one always. Default 50. */
  keepReleases?: number;
}
