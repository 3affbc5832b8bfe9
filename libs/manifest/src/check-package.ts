import { isUtf8 } from 'node:buffer';
import { jsonPointer, MINUTE, SourcePlaces, type InputFault } from '@annex/kernel';
import { archiveLimits } from '@annex/limits';
import { bundlePackage, type BundleReading, type PackageBundle } from './bundle/bundle-package.js';
import { bundlePython, isPython, notTriedOut, pythonFaults } from './bundle/bundle-python.js';
import { entryAdvice } from './inspect/entry-advice.js';
import { agreementWarnings, checkAgreement } from './inspect/agreement.js';
import type { EntryInspection } from './inspect/entry-inspection.js';
import { reachWarnings, reservedFaults } from './reach/reach-warnings.js';
import { readReach, readReachHere, type BundleReach, type ReachReading } from './reach/read-reach.js';
import type { Registration } from './registration.js';
import { contractVersion, defaultManifestLimits, type Manifest, type ManifestLimits } from './schema/manifest.js';
import { readManifest } from './schema/read-manifest.js';
import { type PackageLimits } from './zip/limits.js';
import { agentPermissionWarnings, readAgents } from './agents/read-agents.js';
import { readPackageMappings, type PackageMapping } from './mappings/read-package-mappings.js';
import type { WebhookDefinition } from './webhooks/definition.js';
import { readWebhooks } from './webhooks/read-webhooks.js';
import { bundleTransforms } from './webhooks/transforms.js';
import { addWebhookNeeds } from './webhooks/webhook-needs.js';
import { manifestPath, readPackage, type PackageFiles } from './zip/read-package.js';
import { isInstalled } from './zip/read-zip.js';

/** Faults of templates; lines from 1. */
export type TemplatesPort = (
  files: Record<string, string>,
) => { file: string; line: number | undefined; message: string }[];

export interface CheckPackageOptions {
  /**
   * Runs a bundle's entry once. Called with one that compiled: that of the package, and that of its transforms if there
   * are any.
   */
  inspect(bundle: PackageBundle): Promise<EntryInspection>;
  /**
   * Reads templates, by their path below `templates/`, for faults (`@annex/templates`). Default: they are not looked
   * at.
   */
  findTemplateFaults?: TemplatesPort;
  /**
   * This process checks one package and may be killed meanwhile, so nothing needs a thread that can be ended. Default:
   * no.
   */
  isExpendable?: boolean;
  /**
   * There is no interpreter here: Python is packed and not tried out, which a warning says. Then `registrations` may be
   * missing. Default: no.
   */
  withoutPython?: boolean;
  /** The operator's ceilings. Default: {@link defaultManifestLimits}. */
  limits?: ManifestLimits;
  /** Default: {@link contractVersion}. */
  hostVersion?: string;
  /** Default: {@link archiveLimits}. */
  packageLimits?: PackageLimits;
}

/**
 * All that is known of an uploaded package. `manifest`, `bundle` and `registrations` are there as far as the checks
 * got.
 */
export interface PackageReport {
  /** No errors; then `manifest` and `bundle` are there, and `registrations` of what was tried out. */
  ok: boolean;
  manifest?: Manifest;
  bundle?: PackageBundle;
  registrations?: Registration[];
  /** What the bundle's code can reach. */
  reach?: BundleReach;
  /** What `webhooks/*.yaml` and `agents/*.yaml` say; of a package with faults, those that are sound. */
  webhooks: WebhookDefinition[];
  /** What `mappings/*.yaml` say; of a package with faults, those that are sound. */
  mappings: PackageMapping[];
  /** The script of the webhooks' transforms; `null`: there are none. */
  transforms: PackageBundle | null;
  /**
   * The files by their paths, of `node_modules` those that a bundle holds something of; empty when the archive cannot
   * be
   * read.
   */
  files: PackageFiles;
  /**
   * Files that were looked at for the bundles; with them alone the same bundles come out. Only there where the check
   * ran in the caller's own process.
   */
  read?: string[];
  /**
   * Every fault that could be found. Pointers: into the manifest, `/file` for the archive, `/handlers/<index>` for
   * registrations.
   */
  errors: InputFault[];
  /** Same shape; nothing is refused because of them. */
  warnings: InputFault[];
}

/**
 * The one door for an uploaded package: archive, manifest, bundle, and whether code and manifest agree. Faults of all
 * stages come together, as far as a stage can be judged without those before it; only an archive that cannot be read is
 * reported alone. Never throws for what the package holds.
 */
export async function checkPackage(bytes: Uint8Array, options: CheckPackageOptions): Promise<PackageReport> {
  const { limits = defaultManifestLimits, hostVersion = contractVersion, packageLimits = archiveLimits } = options;
  const archive = await readPackage(bytes, packageLimits);
  if (!archive.ok)
    return {
      ok: false,
      files: new Map(),
      webhooks: [],
      mappings: [],
      transforms: null,
      errors: archive.errors,
      warnings: [],
    };
  const { files } = archive;
  const reading = readManifest(files.get(manifestPath) ?? new Uint8Array(), {
    limits,
    hostVersion,
    paths: [...files.keys()],
  });
  const report: PackageReport = {
    ok: false,
    files,
    webhooks: [],
    mappings: [],
    transforms: null,
    errors: reading.ok ? [] : [...reading.errors],
    warnings: [...reading.warnings],
  };
  if (reading.ok) report.manifest = reading.manifest;
  const entry = reading.ok ? reading.manifest.entry : reading.entry;
  const code = entry === undefined ? nothing : await checkCode(report, entry, { ...options, limits });
  const webhooks = await checkWebhooks(report, options);
  const mappings = readPackageMappings(files, limits.reservedEvents);
  report.mappings = mappings.mappings;
  report.errors.push(...mappings.errors);
  report.warnings.push(...mappings.warnings);
  report.read = [...new Set([...code.read, ...webhooks.read])];
  keepCounted(report, [...code.reached, ...webhooks.reached], packageLimits);
  if (options.findTemplateFaults)
    report.errors.push(
      ...templateFaults(files, options.findTemplateFaults),
      ...promptFaults(report.webhooks, options.findTemplateFaults),
    );
  report.ok = report.errors.length === 0;
  return report;
}

/** Files that a bundle holds something of, and files that were looked at for it. */
interface Followed {
  reached: readonly string[];
  read: readonly string[];
}

const nothing: Followed = { reached: [], read: [] };

/** Leaves out the files that no bundle holds anything of: nobody reads them again. */
function keepCounted(report: PackageReport, reached: readonly string[], { maxFiles }: PackageLimits): void {
  const kept = new Set(reached);
  const files = new Map([...report.files].filter(([path]) => !isInstalled(path) || kept.has(path)));
  report.files = files;
  if (files.size <= maxFiles) return;
  report.files = new Map([...files].filter(([path]) => !isInstalled(path)));
  report.errors.push({
    pointer: '/file',
    code: 'ZIP_TOO_MANY_FILES',
    detail:
      `has ${report.files.size} files, and its bundle reaches ${files.size - report.files.size} of node_modules; at ` +
      `most ${maxFiles} count together. Import less, or bundle before you pack.`,
  });
}

const templatesFolder = 'templates/';
/** Faults of templates that are reported, one for each file. */
const maxTemplateFaults = 50;

function templateFaults(files: PackageFiles, find: TemplatesPort): InputFault[] {
  const texts = [...files]
    .filter(([path, bytes]) => path.startsWith(templatesFolder) && isText(bytes))
    .map(([path, bytes]) => [path.slice(templatesFolder.length), Buffer.from(bytes).toString('utf8')]);
  return find(Object.fromEntries(texts) as Record<string, string>)
    .slice(0, maxTemplateFaults)
    .map(({ file, line, message }) => {
      const path = templatesFolder + file;
      return {
        pointer: jsonPointer(...path.split('/')),
        code: 'TEMPLATE_INVALID',
        detail: `${path}${line === undefined ? '' : `:${line}`}: ${message}.`,
      };
    });
}

/** Faults of the questions that agents are asked, which are templates too. */
function promptFaults(webhooks: readonly WebhookDefinition[], find: TemplatesPort): InputFault[] {
  return webhooks.flatMap(({ name, agent }) =>
    agent === undefined
      ? []
      : find({ 'prompt.txt': agent.prompt })
          .slice(0, 1)
          .map(({ line, message }) => ({
            pointer: jsonPointer('agents', `${name}.yaml`, 'prompt'),
            code: 'TEMPLATE_INVALID',
            detail: `agents/${name}.yaml: prompt${line === undefined ? '' : `, line ${line}`}: ${message}.`,
          })),
  );
}

/** A picture among the templates is none. */
function isText(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && !bytes.includes(0);
}

async function checkWebhooks(report: PackageReport, options: CheckPackageOptions): Promise<Followed> {
  const { manifest, files } = report;
  const isOfPython = manifest !== undefined && isPython(manifest.entry);
  const reading = readWebhooks(
    files,
    isOfPython ? undefined : manifest?.secrets.map(({ name }) => name),
    manifest?.http.allow,
  );
  report.webhooks = reading.webhooks;
  report.errors.push(...reading.errors);
  report.warnings.push(...reading.warnings);
  if (isOfPython) {
    const needs = addWebhookNeeds(manifest, reading.webhooks);
    report.manifest = needs.manifest;
    report.errors.push(...needs.errors);
    report.warnings.push(...needs.warnings);
  } else if (
    manifest &&
    reading.webhooks.length > 0 &&
    !manifest.permissions.some(({ name }) => name === 'emit_webhook')
  ) {
    report.warnings.push({
      pointer: '/permissions',
      code: 'WEBHOOK_PERMISSION',
      detail: 'the package has webhooks, and none of them sends without the permission; add "emit_webhook".',
    });
  }
  const agents = readAgents(files, {
    declaredSecrets: manifest?.secrets.map(({ name }) => name),
    allow: manifest?.http.allow,
    taken: reading.webhooks.map(({ name }) => name),
  });
  report.webhooks = [...reading.webhooks, ...agents.agents];
  report.errors.push(...agents.errors);
  report.warnings.push(...agents.warnings);
  if (manifest) report.warnings.push(...agentPermissionWarnings(agents.agents, manifest));
  const transforms = await bundleTransforms(files, report.webhooks, options);
  report.transforms = transforms.bundle;
  report.errors.push(...transforms.errors);
  report.warnings.push(...transforms.warnings);
  return transforms;
}

async function checkCode(
  report: PackageReport,
  entry: string,
  {
    inspect,
    isExpendable = false,
    withoutPython = false,
    limits: { reservedEvents },
  }: CheckPackageOptions & { limits: ManifestLimits },
): Promise<Followed> {
  // Where the process itself is ended, a busy machine is given the time that the process has.
  const bundling: BundleReading = isPython(entry)
    ? bundlePython(report.files, { entry })
    : await bundlePackage(report.files, entry, isExpendable ? { timeoutMs: MINUTE } : {});
  if (!bundling.ok) {
    report.errors.push(...bundling.errors);
    return nothing;
  }
  report.bundle = bundling.bundle;
  report.warnings.push(...bundling.warnings);
  if (isPython(entry) && withoutPython) {
    report.warnings.push(notTriedOut('/entry', entry));
    return bundling;
  }
  const [inspection, { emits, ...reach }] = await Promise.all([
    inspect(bundling.bundle),
    isPython(entry) ? notRead : isExpendable ? readReachHere(bundling.bundle) : readReach(bundling.bundle),
  ]);
  report.reach = reach;
  report.errors.push(...reservedFaults(emits, reservedEvents));
  if (report.manifest !== undefined && !isPython(entry))
    report.warnings.push(...reachWarnings(reach, report.manifest, report.files));
  if (!inspection.ok) {
    const { code, message, stack = '' } = inspection.error;
    const faults = isPython(entry) ? pythonFaults(message) : undefined;
    if (faults !== undefined) {
      report.errors.push(...faults);
      return bundling;
    }
    const place = isPython(entry) ? firstPlace(stack) : await findThrowPlace(stack, bundling.bundle.sourceMap);
    report.errors.push({
      pointer: '/entry',
      code: 'ENTRY_FAILED',
      detail:
        `running the entry once, to see what it registers, ended with ${code}: ${message.slice(0, 1000)}` +
        `${entryAdvice(code, message)}${place}`,
    });
    return bundling;
  }
  report.registrations = inspection.registrations;
  report.warnings.push(...inspection.warnings.map((detail) => ({ pointer: '/entry', code: 'ENTRY_WARNING', detail })));
  // Without a sound manifest there is nothing to agree with; its own faults are reported already.
  if (report.manifest !== undefined) {
    report.errors.push(...checkAgreement(report.manifest, inspection.registrations));
    report.warnings.push(...agreementWarnings(report.manifest, inspection.registrations));
  }
  return bundling;
}

/** What code in Python reaches is not followed. */
const notRead: ReachReading = { complete: false, calls: [], emits: [], urls: [], dynamic: [] };

/** The first place of a stack of Python's, in brackets. */
function firstPlace(stack: string): string {
  const place = /^ {4}at .{1,200} \((?!\/)(.{1,512}:\d{1,7})\)$/m.exec(stack)?.[1];
  return place === undefined ? '' : ` (at ${place})`;
}

/** File and line of the author's where an entry threw, in brackets: the first of the stack that has one. */
async function findThrowPlace(stack: string, sourceMap: string): Promise<string> {
  const frames = [...stack.slice(0, 4096).matchAll(/\bplugin\.js:(\d{1,7}):(\d{1,7})/g)];
  const places = frames.length === 0 ? undefined : await SourcePlaces.read(sourceMap);
  for (const [, line, column] of frames) {
    const found = places?.find(Number(line), Number(column));
    if (found !== undefined && !/^(absent|empty|missing|node|sdk):/.test(found.source))
      return ` (at ${found.source}:${found.line}:${found.column})`;
  }
  return '';
}
