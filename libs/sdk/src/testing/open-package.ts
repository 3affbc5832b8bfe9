/**
 * What upload and enable do with a package, without a server: check it, read its grants and settings, look for what is
 * missing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { buildSnapshot, type InstallationSnapshot } from '@annex/execution';
import type { PermissionName } from '@annex/host-api';
import { installationErrors, readGrants } from '@annex/installations';
import { newId, newUuid, type AnnexError, type InputFault, type Json } from '@annex/kernel';
import {
  applyConfig,
  checkPackage,
  defaultManifestLimits,
  packFiles,
  type Manifest,
  type PackageBundle,
  type PackageMapping,
  type PackageReport,
} from '@annex/manifest';
import type { Bundle, Registration, Sandbox } from '@annex/sandbox';
import { findTemplateFaults } from '@annex/templates';
import { roomyLimits } from '../package/limits.js';
import { patientInspect } from '../package/patient-inspect.js';
import { readPlugin } from '../package/read-plugin.js';

/** One tenant for the whole process, so that one executor serves every plugin under test. */
const tenantId = newId('tenant');

/** How the plugin is installed. */
export interface Installing {
  secrets: Readonly<Record<string, string>>;
  config: { [key: string]: Json };
  grants: 'all' | readonly PermissionName[];
  tenant: { slug: string; name: string };
  /** Patterns of events that the operator keeps from plugins. */
  reservedEvents: readonly string[];
}

/**
 * Checks a folder as an upload and installs it in memory. Throws `PACKAGE_INVALID`, `GRANT_INVALID`, `CONFIG_INVALID`
 * or `REQUIREMENTS_MISSING`, every fault in its message.
 */
export async function openPackage(
  folder: string,
  { secrets, config, grants, tenant, reservedEvents }: Installing,
  sandbox: Pick<Sandbox, 'inspect'>,
): Promise<{ snapshot: InstallationSnapshot; mappings: readonly PackageMapping[] }> {
  const report = await check(packFiles((await readPlugin(folder)).files), sandbox, reservedEvents);
  const { manifest, registrations, bundle } = accepted(report, folder);
  const granted = readGrants(manifest, grants, '/grants');
  const settings = manifest.config === null ? undefined : applyConfig(manifest.config, config);
  if (settings && !settings.ok)
    throw refused('CONFIG_INVALID', 'The settings do not fit the schema in plugin.json', settings.errors);
  const missing = manifest.secrets.filter(({ name, required }) => required && secrets[name] === undefined);
  if (missing.length > 0) {
    const faults = missing.map(({ name }) => ({
      pointer: `/secrets/${name}`,
      code: 'SECRET_MISSING',
      detail: `${name} is required and has no value; give it to openPlugin in secrets.`,
    }));
    throw refused('REQUIREMENTS_MISSING', 'The plugin cannot be enabled', faults);
  }
  const snapshot = await buildSnapshot(
    {
      tenant_slug: tenant.slug,
      tenant_name: tenant.name,
      id: newUuid(),
      slug: manifest.slug,
      status: 'enabled',
      status_reason: null,
      log_level: 'debug',
      granted,
      config,
      release_id: newUuid(),
      version: manifest.version,
      manifest,
      registrations,
      webhooks: report.webhooks,
      bundle_sha256: bundle.sha256,
      source_map_sha256: bundle.sha256,
    },
    {
      tenantId,
      config: settings?.value ?? config,
      ceilings: {},
      refToken: () => randomBytes(12).toString('hex'),
      loadBundle: () => Promise.resolve(bundle),
      loadSourceMap: () => Promise.resolve(report.bundle?.sourceMap),
    },
  );
  return { snapshot, mappings: report.mappings };
}

/** The last packages checked, by their bytes: tests open the same one again and again. */
const checked = new Map<string, PackageReport>();
const maxChecked = 8;

async function check(
  packed: Uint8Array,
  sandbox: Pick<Sandbox, 'inspect'>,
  reservedEvents: readonly string[],
): Promise<PackageReport> {
  const sha256 = createHash('sha256').update(packed).update(reservedEvents.join()).digest('hex');
  const known = checked.get(sha256);
  if (known) return known;
  const report = await checkPackage(packed, {
    inspect: patientInspect(sandbox),
    findTemplateFaults,
    packageLimits: roomyLimits,
    limits: { ...defaultManifestLimits, reservedEvents },
  });
  // Only what is sound for good is kept: an inspection may also have failed by the machine's fault.
  if (report.ok) checked.set(sha256, report);
  for (const oldest of checked.keys()) if (checked.size > maxChecked) checked.delete(oldest);
  return report;
}

function accepted(
  report: PackageReport,
  folder: string,
): { manifest: Manifest; registrations: Registration[]; bundle: Bundle } {
  const { ok, manifest, registrations, bundle, errors } = report;
  if (ok && manifest && registrations && bundle) return { manifest, registrations, bundle: plain(bundle) };
  throw refused('PACKAGE_INVALID', `The package in ${folder} has faults`, errors);
}

function plain({ code, sha256 }: PackageBundle): Bundle {
  return { code, sha256 };
}

function refused(
  code: 'PACKAGE_INVALID' | 'CONFIG_INVALID' | 'REQUIREMENTS_MISSING',
  what: string,
  errors: InputFault[],
): AnnexError {
  const lines = errors.map(({ pointer, code: rule, detail }) => `  ${pointer || '/'} [${rule}] ${detail}`);
  return installationErrors.error(code, `${what}:\n${lines.join('\n')}`, { errors });
}
