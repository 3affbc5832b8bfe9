/**
 * A package's report on its way from a compiler to the parent. The parent believes nothing of it that it can find out
 * itself: the manifest is read again from the package's bytes, digests are made anew, registrations are those that the
 * parent's own sandbox saw.
 */
import { createHash } from 'node:crypto';
import { readUtf8, type InputFault } from '@annex/kernel';
import { bundleLimits } from '@annex/limits';
import {
  addWebhookNeeds,
  checkAgreement,
  entryNameProblem,
  manifestPath,
  readManifest,
  type EntryInspection,
  type Manifest,
  type ManifestLimits,
  type PackageBundle,
  type PackageLimits,
  type PackageReport,
} from '@annex/manifest';
import { asMappings, asReach, asWebhooks, isCount, isList, isRecord, isText } from './report-shapes.js';
import { maxFaults } from './limits.js';

/** What a compiler says that cannot be: it is not to be trusted any more. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

interface ReportHead {
  hasManifest: boolean;
  errors: unknown;
  warnings: unknown;
  reach: unknown;
  webhooks: unknown;
  /** Names and documents: what they mean is read again. */
  mappings: unknown;
  /** Paths and sizes, in the order of their bytes. */
  files: unknown;
  /** Bytes of code and of source map. */
  bundle: unknown;
  transforms: unknown;
}

/** Takes a report apart into JSON and the bytes that follow it. */
export function packReport(report: PackageReport): { head: ReportHead; rest: Uint8Array[] } {
  const files = [...report.files];
  const scripts = [report.bundle, report.transforms ?? undefined].map(
    (bundle) => bundle && [Buffer.from(bundle.code), Buffer.from(bundle.sourceMap)],
  );
  const head: ReportHead = {
    hasManifest: report.manifest !== undefined,
    errors: report.errors.slice(0, maxFaults).map(shortened),
    warnings: report.warnings.slice(0, maxFaults).map(shortened),
    reach: report.reach ?? null,
    webhooks: report.webhooks,
    mappings: report.mappings.map(({ name, document }) => ({ name, document })),
    files: files.map(([path, bytes]) => [path, bytes.length]),
    bundle: scripts[0]?.map((part) => part.length) ?? null,
    transforms: scripts[1]?.map((part) => part.length) ?? null,
  };
  return { head, rest: [...files.map(([, bytes]) => bytes), ...scripts.flatMap((parts) => parts ?? [])] };
}

const maxDetail = 4000;

function shortened({ pointer, code, detail }: InputFault): InputFault {
  return { pointer: pointer.slice(0, maxDetail), code, detail: detail.slice(0, maxDetail) };
}

export interface UnpackOptions {
  limits: ManifestLimits;
  hostVersion: string;
  packageLimits: PackageLimits;
  /** What the parent's sandbox found, by the digest of the script. */
  inspections: ReadonlyMap<string, EntryInspection>;
}

/** Puts a report together again. Throws {@link ReportError} for one that no honest compiler makes. */
export function unpackReport(head: unknown, rest: Buffer, options: UnpackOptions): PackageReport {
  if (!isRecord(head)) throw new ReportError('a report is an object');
  const reader = new RestReader(rest);
  const files = readFiles(head['files'], reader, options.packageLimits);
  const bundle = readBundle(head['bundle'], reader);
  const transforms = readBundle(head['transforms'], reader) ?? null;
  if (!reader.isAtEnd) throw new ReportError('bytes are left over');
  const report: PackageReport = {
    ok: false,
    files,
    webhooks: asWebhooks(head['webhooks']),
    mappings: asMappings(head['mappings'], options.limits.reservedEvents),
    transforms,
    errors: asFaults(head['errors']),
    warnings: asFaults(head['warnings']),
  };
  if (head['reach'] !== null) report.reach = asReach(head['reach']);
  if (head['hasManifest'] === true) readOwnManifest(report, options);
  if (bundle !== undefined) readOwnInspection(report, bundle, options.inspections);
  if (report.manifest !== undefined) addOwnNeeds(report, report.manifest);
  if (transforms !== null && options.inspections.get(transforms.sha256)?.ok !== true)
    throw new ReportError('transforms that were not tried out');
  report.ok = report.errors.length === 0;
  if (report.ok && !(report.manifest && report.bundle && report.registrations))
    throw new ReportError('a sound package without its parts');
  return report;
}

function readOwnManifest(report: PackageReport, { limits, hostVersion }: UnpackOptions): void {
  const reading = readManifest(report.files.get(manifestPath) ?? new Uint8Array(), {
    limits,
    hostVersion,
    paths: [...report.files.keys()],
    trustConfigSchema: true,
  });
  if (!reading.ok) throw new ReportError('a manifest that is none');
  report.manifest = reading.manifest;
}

/** A compiler adds nothing that the report's webhooks do not use. */
function addOwnNeeds(report: PackageReport, manifest: Manifest): void {
  const needs = addWebhookNeeds(manifest, report.webhooks);
  if (needs.errors.length > 0 && report.errors.length === 0) throw new ReportError('more secrets than a package has');
  report.manifest = needs.manifest;
}

function readOwnInspection(
  report: PackageReport,
  bundle: PackageBundle,
  inspections: UnpackOptions['inspections'],
): void {
  report.bundle = bundle;
  const inspection = inspections.get(bundle.sha256);
  if (inspection === undefined) throw new ReportError('a bundle that was not tried out');
  if (!inspection.ok) {
    if (report.errors.length === 0) throw new ReportError('a bundle whose entry failed');
    return;
  }
  report.registrations = inspection.registrations;
  if (report.manifest === undefined || report.errors.length > 0) return;
  report.errors.push(...checkAgreement(report.manifest, inspection.registrations));
}

function asFaults(value: unknown): InputFault[] {
  if (!isList(value) || value.length > maxFaults) throw new ReportError('faults');
  return value.map((each) => {
    if (!isRecord(each)) throw new ReportError('a fault');
    const { pointer, code, detail } = each;
    if (
      !isText(pointer, maxDetail) ||
      !isText(code, 64) ||
      !/^[A-Z][A-Z0-9_]*$/.test(code) ||
      !isText(detail, maxDetail)
    )
      throw new ReportError('a fault');
    return { pointer, code, detail };
  });
}

function readFiles(
  value: unknown,
  reader: RestReader,
  { maxFiles, maxUnpackedBytes }: PackageLimits,
): Map<string, Uint8Array> {
  if (!isList(value) || value.length > maxFiles) throw new ReportError('files');
  const files = new Map<string, Uint8Array>();
  let bytes = 0;
  for (const each of value) {
    const [path, size] = isList(each) ? each : [];
    if (!isText(path, 512) || !isCount(size) || files.has(path) || entryNameProblem(path) !== undefined)
      throw new ReportError('a file');
    bytes += size;
    if (bytes > maxUnpackedBytes) throw new ReportError('files that are too large');
    files.set(path, reader.take(size));
  }
  return files;
}

function readBundle(value: unknown, reader: RestReader): PackageBundle | undefined {
  if (value === null) return undefined;
  const [codeBytes, mapBytes] = isList(value) ? value : [];
  if (
    !isCount(codeBytes) ||
    !isCount(mapBytes) ||
    codeBytes > bundleLimits.scriptBytes ||
    mapBytes > bundleLimits.sourceMapBytes
  )
    throw new ReportError('a bundle');
  const code = reader.take(codeBytes);
  return {
    code: readUtf8(code),
    sha256: createHash('sha256').update(code).digest('hex'),
    sourceMap: readUtf8(reader.take(mapBytes)),
  };
}

class RestReader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  take(size: number): Buffer {
    const end = this.#at + size;
    if (end > this.bytes.length) throw new ReportError('bytes are missing');
    const taken = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }
}
