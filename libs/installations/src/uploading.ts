/** From an archive to a release: checked outside any transaction, stored and made active in one. */
import { createHash } from 'node:crypto';
import type { Actor } from '@annex/kernel';
import type { PackageReport } from '@annex/manifest';
import { requireVouched, type PackageVouch } from '@annex/signing';
import { findInstallationBySlug, insertInstallation, updateInstallation } from './rows/installations.js';
import {
  findRelease,
  findReleaseBySha256,
  insertRelease,
  originOf,
  pruneReleases,
  setReleaseSigner,
} from './rows/releases.js';
import { insertReleaseReach } from './rows/release-reach.js';
import { linkReleaseFiles, removeUnusedBlobs, storeBlobs } from './rows/blobs.js';
import type { InstallationRow } from './rows/installation-row.js';
import type { ReleaseRow, ReleaseSigner } from './rows/release-row.js';
import type { TenantTransaction } from '@annex/database';
import type { InstallationsContext, Subject } from './context.js';
import { installationErrors } from './errors.js';
import { inspectEntry } from './inspect-entry.js';
import { refuseQuarantined } from './quarantines.js';
import { giveUpUpgrade } from './giving-up.js';
import { goOnWith, isOn } from './switching.js';
import { beginUpgrade, isTriedFirst } from './upgrading.js';
import { listTexts } from './text.js';

/**
 * Runs every check of a package. Only faults of the package are in the report; a platform that cannot check now throws
 * `OVERLOADED` or `COMPILER_LOST`.
 */
export async function checkArchive(context: InstallationsContext, bytes: Uint8Array): Promise<PackageReport> {
  return context.options.compiler.check(bytes, {
    limits: context.limits,
    hostVersion: context.hostVersion,
    inspect: (bundle) => inspectEntry(context.options.sandbox, bundle),
  });
}

/** The hex SHA-256 that names an archive. */
export function archiveSha256(bytes: Uint8Array): string {
  return sha256(bytes);
}

/** The report of a package that may become a release. */
export type SoundReport = Required<PackageReport>;

/** Throws `PACKAGE_INVALID` with every fault unless the package is sound. */
export function requireSound(report: PackageReport): asserts report is SoundReport {
  if (report.ok && report.manifest && report.bundle && report.registrations) return;
  const count = report.errors.length;
  throw installationErrors.error(
    'PACKAGE_INVALID',
    `The package has ${count} fault${count === 1 ? '' : 's'}; nothing was stored. ${listTexts(
      report.errors.map((fault) => `${fault.pointer || 'plugin.json'}: ${fault.detail}`),
      900,
    )}`,
    {
      errors: report.errors,
    },
  );
}

export interface StoredUpload extends Subject {
  /** A release was added; `false`: the same bytes had been uploaded before. */
  created: boolean;
  /** The release of these bytes; with `activate: false` not always the active one. */
  uploaded: ReleaseRow;
  /** The release that was active until now; `null`: there was none, or it is still active. */
  previous: ReleaseRow | null;
}

/**
 * Makes the archive's release the active one, or stores it only (`activate: false`; a plugin's first release is active
 * all the same). The same bytes as the active release: nothing changes. Bytes of an earlier release: that one is active
 * again. `undefined`: the archive is not known, so it must be checked first.
 */
export async function storeUpload(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  {
    archive,
    report,
    activate,
    vouch,
  }: { archive: string; report: SoundReport | undefined; activate: boolean; vouch: PackageVouch | null },
): Promise<StoredUpload | undefined> {
  await refuseQuarantined(tx, { slug: report?.manifest.slug ?? null, sha256: archive });
  const found = await findReleaseBySha256(tx, archive);
  if (found) {
    const known = await vouchedFor(tx, found, vouch);
    const { installation, release: live } = await context.require(tx, known.installationId);
    const stays = { installation, release: live, uploaded: known, created: false, previous: null };
    if (!activate) return stays;
    if (live.id === known.id)
      return { ...stays, installation: await stayWith(context, tx, { installation, release: live }) };
    const active = await activateRelease(context, tx, author, { installation, release: known, previous: live });
    return { ...stays, ...active, previous: active.release.id === live.id ? null : live };
  }
  if (!report) return undefined;
  const { manifest } = report;
  if (vouch) requireVouched(vouch, manifest);
  const existing = await findInstallationBySlug(tx, manifest.slug);
  const previous = existing?.releaseId ? await findRelease(tx, existing.releaseId) : null;
  const installation =
    existing ?? (await insertInstallation(tx, { slug: manifest.slug, name: manifest.name, at: context.now() }));
  const release = await storeRelease(context, tx, author, { archive, report, installation, vouch });
  const staged = previous !== null && !activate;
  if (staged) await context.record(tx, author, { installation, release }, 'plugin.staged', originOf(release));
  const now = staged
    ? { installation, release: previous }
    : await activateRelease(context, tx, author, { installation, release, previous });
  if ((await pruneReleases(tx, installation.id, context.keepReleases)) > 0) await removeUnusedBlobs(tx);
  return { ...now, uploaded: release, created: true, previous: now.release.id === previous?.id ? null : previous };
}

/** Whoever asks for the active release does not want the one that shall take over. */
export function stayWith(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
): Promise<InstallationRow> {
  return giveUpUpgrade(context, tx, subject, { reason: `Release ${subject.release.version} was asked for again.` });
}

/** A release that was uploaded before, with who vouches for it now. Throws `SIGNATURE_MISMATCH`. */
async function vouchedFor(tx: TenantTransaction, release: ReleaseRow, vouch: PackageVouch | null): Promise<ReleaseRow> {
  if (!vouch) return release;
  requireVouched(vouch, release.manifest);
  if (release.signedBy) return release;
  const signedBy = signerOf(vouch);
  await setReleaseSigner(tx, release.id, signedBy);
  return { ...release, signedBy };
}

function signerOf({ publisher, keyId, by }: PackageVouch): ReleaseSigner {
  return { publisher, key_id: keyId, by };
}

async function storeRelease(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  {
    archive,
    report,
    installation,
    vouch,
  }: { archive: string; report: SoundReport; installation: InstallationRow; vouch: PackageVouch | null },
): Promise<ReleaseRow> {
  const { manifest, bundle, registrations } = report;
  const blobs = new Map<string, Uint8Array>();
  const keep = (bytes: Uint8Array): string => {
    const name = sha256(bytes);
    blobs.set(name, bytes);
    return name;
  };
  const files = [...report.files].map(([path, bytes]) => ({ path, sha256: keep(bytes), size: bytes.length }));
  const bundleSha256 = keep(Buffer.from(bundle.code));
  const sourceMapSha256 = keep(Buffer.from(bundle.sourceMap));
  const transformsSha256 = report.transforms === null ? null : keep(Buffer.from(report.transforms.code));
  await storeBlobs(tx, blobs);
  const release = await insertRelease(tx, {
    installationId: installation.id,
    version: manifest.version,
    sha256: archive,
    manifest,
    registrations,
    bundleSha256,
    sourceMapSha256,
    webhooks: report.webhooks,
    mappings: report.mappings,
    transformsSha256,
    signedBy: vouch && signerOf(vouch),
    createdBy: author.actor,
    createdAt: context.now(),
  });
  await insertReleaseReach(tx, release.id, report.reach);
  await linkReleaseFiles(tx, release.id, files);
  return release;
}

/**
 * Makes a release the active one, at once where the plugin is enabled, or once its `onInit` has succeeded: then the
 * answer is the one that goes on until then. `previous`: the one before, `null` when there was none. Throws
 * `UPGRADE_BLOCKED`. Grants, settings, secrets and schedules that admins changed stay.
 */
export async function activateRelease(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  {
    installation: before,
    release,
    previous,
    action = 'plugin.upgraded',
  }: Subject & { previous: ReleaseRow | null; action?: 'plugin.upgraded' | 'plugin.rolled_back' },
): Promise<Subject> {
  await refuseQuarantined(tx, { slug: before.slug, sha256: release.sha256 });
  if (previous && isTriedFirst({ installation: before, release })) {
    const upgrade = { installation: before, release: previous, next: release };
    return { installation: await beginUpgrade(context, tx, author, upgrade), release: previous };
  }
  const reason = `Release ${release.version} took its place.`;
  const free = previous
    ? await giveUpUpgrade(context, tx, { installation: before, release: previous }, { reason })
    : before;
  const updated = await updateInstallation(tx, free, {
    releaseId: release.id,
    name: release.manifest.name,
    updatedAt: context.now(),
  });
  const installation = isOn(updated.status) ? await goOnWith(context, tx, { installation: updated, release }) : updated;
  const subject = { installation, release };
  if (previous === null) {
    await context.record(tx, author, subject, 'plugin.installed', originOf(release));
    await context.announce(tx, 'plugin.installed', subject);
  } else {
    await context.record(tx, author, subject, action, { ...originOf(release), previous_version: previous.version });
    await context.announce(tx, 'plugin.upgraded', subject, { previous_version: previous.version });
  }
  await context.invalidate(tx, installation.id);
  return subject;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
