/** One release in full, and what is different between two. */
import { isDeepStrictEqual } from 'node:util';
import type { PermissionRequest } from '@annex/host-api';
import { isJsonObject, type JsonObject } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import semver from 'semver';
import { viewContents, type ReleaseContents } from './contents.js';
import type { RouteView } from './handlers.js';
import type { InstallationRow } from './rows/installation-row.js';
import { listReleaseFiles, readReleaseFile, type ReleaseFile } from './rows/blobs.js';
import type { ReleaseRow } from './rows/release-row.js';
import { viewRelease, type ReleaseView } from './views.js';

/** `GET /api/plugins/:id/releases/:release`. */
export interface ReleaseDetail extends ReleaseView {
  /** What `plugin.json` says, as its author wrote it. */
  manifest: JsonObject;
  /** JSON Schema of the settings; `null`: the plugin has none. */
  config_schema: JsonObject | null;
  contents: ReleaseContents;
  /** In order of path. */
  files: ReleaseFile[];
}

/** Things of one kind that two releases name, told apart by their key. */
export interface Changes<T> {
  added: T[];
  removed: T[];
  changed: { before: T; after: T }[];
}

/** `GET /api/plugins/:id/releases/:release/diff`. */
export interface ReleaseDiff {
  from: ReleaseView;
  to: ReleaseView;
  /** By SemVer precedence (semver.org §11); builds of one version are the `same`. */
  direction: 'upgrade' | 'downgrade' | 'same';
  permissions: Changes<PermissionRequest>;
  routes: Changes<RouteView>;
  events: Changes<string>;
  filters: Changes<string>;
  jobs: Changes<ReleaseContents['jobs'][number]>;
  secrets: Changes<ReleaseContents['secrets'][number]>;
  webhooks: Changes<ReleaseContents['webhooks'][number]>;
  agents: Changes<ReleaseContents['agents'][number]>;
  mappings: Changes<ReleaseContents['mappings'][number]>;
  dependencies: Changes<{ slug: string; range: string }>;
  /** The schema of the settings is another one. */
  config_schema_changed: boolean;
  files: Changes<ReleaseFile>;
}

export async function readReleaseDetail(
  tx: TenantTransaction,
  installation: InstallationRow,
  release: ReleaseRow,
): Promise<ReleaseDetail> {
  const written = await readReleaseFile(tx, release.id, 'plugin.json');
  const manifest: unknown = written && JSON.parse(Buffer.from(written.bytes).toString('utf8'));
  if (!isJsonObject(manifest)) throw new Error(`release ${release.id} has no plugin.json`);
  return {
    ...viewRelease(release, installation.releaseId),
    manifest,
    config_schema: release.manifest.config,
    contents: viewContents(release),
    files: await listReleaseFiles(tx, release.id),
  };
}

export async function diffReleases(
  tx: TenantTransaction,
  installation: InstallationRow,
  { from, to }: { from: ReleaseRow; to: ReleaseRow },
): Promise<ReleaseDiff> {
  const [before, after] = [viewContents(from), viewContents(to)];
  const filesBefore = await listReleaseFiles(tx, from.id);
  const filesAfter = await listReleaseFiles(tx, to.id);
  const byName = ({ name }: { name: string }): string => name;
  const itself = (text: string): string => text;
  return {
    from: viewRelease(from, installation.releaseId),
    to: viewRelease(to, installation.releaseId),
    direction: directionOf(from.version, to.version),
    permissions: changes(before.permissions, after.permissions, byName),
    routes: changes(before.routes, after.routes, ({ methods, path }) => `${[...methods].sort().join(',')} ${path}`),
    events: changes(before.events, after.events, itself),
    filters: changes(before.filters, after.filters, itself),
    jobs: changes(before.jobs, after.jobs, byName),
    secrets: changes(before.secrets, after.secrets, byName),
    webhooks: changes(before.webhooks, after.webhooks, byName),
    agents: changes(before.agents, after.agents, byName),
    mappings: changes(before.mappings, after.mappings, byName),
    dependencies: changes(listed(before.dependencies), listed(after.dependencies), ({ slug }) => slug),
    config_schema_changed: !isDeepStrictEqual(from.manifest.config, to.manifest.config),
    files: changes(filesBefore, filesAfter, ({ path }) => path),
  };
}

/** Which way a change from one version to another goes. */
export function directionOf(from: string, to: string): ReleaseDiff['direction'] {
  const order = semver.compare(to, from);
  return order > 0 ? 'upgrade' : order < 0 ? 'downgrade' : 'same';
}

function changes<T>(before: readonly T[], after: readonly T[], keyOf: (item: T) => string): Changes<T> {
  const [old, fresh] = [before, after].map((items) => new Map(items.map((item) => [keyOf(item), item])));
  const both = [...(old ?? [])].flatMap(([key, item]) => {
    const now = fresh?.get(key);
    return now === undefined ? [] : [{ before: item, after: now }];
  });
  return {
    added: [...(fresh ?? [])].flatMap(([key, item]) => (old?.has(key) ? [] : [item])),
    removed: [...(old ?? [])].flatMap(([key, item]) => (fresh?.has(key) ? [] : [item])),
    changed: both.filter((pair) => !isDeepStrictEqual(pair.before, pair.after)),
  };
}

function listed(dependencies: Record<string, string>): { slug: string; range: string }[] {
  return Object.entries(dependencies).map(([slug, range]) => ({ slug, range }));
}
