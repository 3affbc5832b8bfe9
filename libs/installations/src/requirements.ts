import { jsonPointer, type InputFault, type Json, type JsonObject } from '@annex/kernel';
import { judgeConfig, type ConfigReading, type Manifest } from '@annex/manifest';
import type { InstallationRow } from './rows/installation-row.js';
import type { ReleaseRow } from './rows/release-row.js';
import type { TenantTransaction } from '@annex/database';
import { dependencyJson, findUnmetDependencies, type UnmetDependency } from './dependencies.js';
import { viewPermissions } from './grants.js';
import type { SecretsPort } from './ports.js';
import { requiredSecrets } from './views.js';

/** What stands between an installation and being enabled. Nothing anywhere: it can be. */
export interface MissingRequirements {
  /** Permissions that the release asks for and nobody granted. */
  permissions: string[];
  /** Required secrets without a value. */
  secrets: string[];
  dependencies: UnmetDependency[];
  /** Faults of the settings by the release's schema. */
  config: InputFault[];
}

/** Looks for everything that is missing, so that one answer names it all. */
export async function findMissing(
  tx: TenantTransaction,
  secrets: SecretsPort,
  installation: Pick<InstallationRow, 'id' | 'granted' | 'config'>,
  release: Pick<ReleaseRow, 'manifest'>,
): Promise<MissingRequirements> {
  const required = requiredSecrets(release);
  return {
    permissions: viewPermissions(release.manifest, installation.granted).pending,
    secrets: required.length === 0 ? [] : await secrets.missing(tx, installation.id, required),
    dependencies: await findUnmetDependencies(tx, release.manifest),
    config: await configFaults(tx, release.manifest, installation.config),
  };
}

type WithSettings = Pick<Manifest, 'config'>;

/** What a release's schema says of a tenant's settings; without a schema, any fit. */
export async function readConfig(
  { tenantId }: Pick<TenantTransaction, 'tenantId'>,
  { config: schema }: WithSettings,
  config: JsonObject,
): Promise<ConfigReading> {
  return schema === null ? { ok: true, value: config } : judgeConfig(schema, config, tenantId);
}

/** Why settings do not fit a release. */
export async function configFaults(
  tx: Pick<TenantTransaction, 'tenantId'>,
  manifest: WithSettings,
  config: JsonObject,
): Promise<InputFault[]> {
  const reading = await readConfig(tx, manifest, config);
  return reading.ok ? [] : reading.errors;
}

/**
 * The settings as the plugin sees them, defaults filled in; those that do not fit (the plugin is not enabled then) as
 * they are.
 */
export async function effectiveConfig(
  tx: Pick<TenantTransaction, 'tenantId'>,
  manifest: WithSettings,
  config: JsonObject,
): Promise<JsonObject> {
  const reading = await readConfig(tx, manifest, config);
  return reading.ok ? reading.value : config;
}

export function isNothingMissing(missing: MissingRequirements): boolean {
  return (
    missing.permissions.length + missing.secrets.length + missing.dependencies.length + missing.config.length === 0
  );
}

/** One fault for each missing thing, pointing into the plugin as the API shows it. */
export function missingFaults(
  { permissions, secrets, dependencies, config }: MissingRequirements,
  slug: string,
): InputFault[] {
  return [
    ...permissions.map((name) => ({
      pointer: jsonPointer('permissions', name),
      code: 'GRANT_MISSING',
      detail: `${name} is not granted; send it as grant, or PUT /api/plugins/${slug}/permissions.`,
    })),
    ...secrets.map((name) => ({
      pointer: jsonPointer('secrets', name),
      code: 'SECRET_MISSING',
      detail: `${name} has no value; PUT /api/plugins/${slug}/secrets/${name}.`,
    })),
    ...dependencies.map(({ slug: dependency, detail }) => ({
      pointer: jsonPointer('dependencies', dependency),
      code: 'DEPENDENCY_UNMET',
      detail,
    })),
    ...config.map((fault) => ({ ...fault, pointer: `/config${fault.pointer}` })),
  ];
}

/** As a problem member (RFC 9457 §3.2). */
export function missingJson(missing: MissingRequirements): { [key: string]: Json } {
  return {
    permissions: missing.permissions,
    secrets: missing.secrets,
    dependencies: missing.dependencies.map(dependencyJson),
    config: missing.config.map((fault) => fault.pointer),
  };
}

/** What is missing, in one sentence. */
export function describeMissing({ permissions, secrets, dependencies, config }: MissingRequirements): string {
  return [
    permissions.length > 0 && `permissions not granted: ${permissions.join(', ')}`,
    secrets.length > 0 && `secrets without a value: ${secrets.join(', ')}`,
    dependencies.length > 0 &&
      `dependencies not met: ${dependencies.map((each) => `${each.slug} ${each.range}`).join(', ')}`,
    config.length > 0 && `settings that do not fit: ${config.map((fault) => fault.pointer || 'all').join(', ')}`,
  ]
    .filter((part) => part !== false)
    .join('; ')
    .slice(0, 1000);
}
