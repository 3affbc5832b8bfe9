/**
 * What a plugin asks for, and reading what an admin says yes to. A request for outbound HTTP is pinned to the hosts
 * that the manifest lists, so an upgrade that adds a host asks for more and keeps the old hosts until an admin says
 * yes.
 */
import {
  grantAll,
  isPermissionName,
  matchGrants,
  permissionNames,
  permissionTexts,
  type PermissionGrant,
  type PermissionName,
  type PermissionRequest,
  type PermissionScope,
  type PermissionText,
} from '@annex/host-api';
import { didYouMean, quote, type Id, type InputFault } from '@annex/kernel';
import type { BundleReach, Manifest } from '@annex/manifest';
import { installationErrors } from './errors.js';
import { viewReach, type ReachView } from './reach.js';

/** `all`: everything that the active release asks for. A list: those, by name. */
export type GrantInput = 'all' | readonly string[];

/** What a manifest asks for; outbound HTTP without hosts of its own means `http.allow`. */
export function requestedPermissions(manifest: Pick<Manifest, 'permissions' | 'http'>): PermissionRequest[] {
  return manifest.permissions.map((request) =>
    request.name === 'outbound_http' && request.hosts === undefined
      ? { ...request, hosts: manifest.http.allow }
      : request,
  );
}

/** The grants that a caller names. Throws `GRANT_INVALID` with every name that the manifest does not ask for. */
export function readGrants(
  manifest: Pick<Manifest, 'permissions' | 'http'>,
  input: GrantInput,
  pointer: string,
): PermissionGrant[] {
  const possible = grantAll(requestedPermissions(manifest));
  if (input === 'all') return possible;
  const faults: InputFault[] = [];
  input.forEach((name, index) => {
    if (possible.some((grant) => grant.name === name)) return;
    const detail = isPermissionName(name)
      ? `the manifest does not ask for ${quote(name)}; ` +
        `${possible.length === 0 ? 'it asks for nothing' : `it asks for ${names(possible).join(', ')}`}.`
      : `${quote(name)} is not a permission.${didYouMean(name, permissionNames)}`;
    faults.push({ pointer: `${pointer}/${index}`, code: 'GRANT_INVALID', detail });
  });
  if (faults.length > 0)
    throw installationErrors.error(
      'GRANT_INVALID',
      faults
        .map((fault) => fault.detail)
        .join(' ')
        .slice(0, 1000),
      { errors: faults },
    );
  return possible.filter((grant) => input.includes(grant.name));
}

/** Grants with more of them: a name that is granted anew gets the scope that is asked for now. */
export function addGrants(granted: readonly PermissionGrant[], more: readonly PermissionGrant[]): PermissionGrant[] {
  const kept = granted.filter((grant) => !more.some((other) => other.name === grant.name));
  return [...kept, ...more].sort((a, b) => permissionNames.indexOf(a.name) - permissionNames.indexOf(b.name));
}

/**
 * The three lists of a plugin's `permissions` in the REST API, by name. One that is granted in part stands in `granted`
 * and in `pending`.
 */
export interface PermissionsView {
  requested: PermissionName[];
  granted: PermissionName[];
  pending: PermissionName[];
}

export function viewPermissions(
  manifest: Pick<Manifest, 'permissions' | 'http'>,
  granted: readonly PermissionGrant[],
): PermissionsView {
  const requested = requestedPermissions(manifest);
  const { effective, pending } = matchGrants(requested, granted);
  return { requested: names(grantAll(requested)), granted: names(effective), pending: names(pending) };
}

/** The same with what people need to decide: texts, the author's reasons, scopes. */
export interface PermissionsReport extends PermissionsView, ReachView {
  id: Id<'installation'>;
  /** When each permission that is asked for was last used, RFC 3339; `null`: never. Exact to a minute. */
  last_used_at: { [permission: string]: string | null };
  details: PermissionDetail[];
  /** Patterns of the tenant's settings that it hears of, which takes no permission. */
  watch: string[];
  /** State that it shares, or reads of plugins that it depends on, which takes no permission. */
  shared: { name: string; access: 'read' | 'write' }[];
}

/** What people need to know to say yes or no to one permission. */
export interface PermissionDetail {
  name: PermissionName;
  title: string;
  detail: string;
  risk: PermissionText['risk'];
  /** The author's; `null`: none is given. */
  reason: string | null;
  requested: PermissionScope | null;
  granted: PermissionScope | null;
  pending: PermissionScope | null;
  /** Where the code uses it. */
  used: { call: string; file: string; line: number }[];
  last_used_at: string | null;
}

/** What is known of the use of permissions: from reading the code, and from running it. */
export interface PermissionUsage {
  reach: BundleReach | undefined;
  lastUses: ReadonlyMap<string, Date>;
}

export function reportPermissions(
  id: Id<'installation'>,
  manifest: Pick<Manifest, 'permissions' | 'http' | 'watch' | 'shared'>,
  granted: readonly PermissionGrant[],
  { reach, lastUses }: PermissionUsage,
): PermissionsReport {
  const seen = viewReach(reach, manifest);
  const lastUsedAt = (name: string): string | null => lastUses.get(name)?.toISOString() ?? null;
  const requested = requestedPermissions(manifest);
  const { effective, pending } = matchGrants(requested, granted);
  const scope = (entry: PermissionGrant | undefined): PermissionScope | null =>
    entry === undefined
      ? null
      : { ...(entry.tables && { tables: entry.tables }), ...(entry.hosts && { hosts: entry.hosts }) };
  return {
    id,
    ...viewPermissions(manifest, granted),
    ...seen,
    last_used_at: Object.fromEntries(names(grantAll(requested)).map((name) => [name, lastUsedAt(name)])),
    details: grantAll(requested).map((asked) => ({
      name: asked.name,
      title: permissionTexts[asked.name].title,
      detail: permissionTexts[asked.name].detail,
      risk: permissionTexts[asked.name].risk,
      reason: requested.find((entry) => entry.name === asked.name && entry.reason !== undefined)?.reason ?? null,
      requested: scope(asked),
      granted: scope(effective.find((entry) => entry.name === asked.name)),
      pending: scope(pending.find((entry) => entry.name === asked.name)),
      used: seen.used
        .filter(({ permission }) => permission === asked.name)
        .map(({ call, file, line }) => ({ call, file, line })),
      last_used_at: lastUsedAt(asked.name),
    })),
    watch: manifest.watch ?? [],
    shared: (manifest.shared ?? []).map(({ name, access }) => ({ name, access })),
  };
}

function names<Name extends string>(entries: readonly { name: Name }[]): Name[] {
  return entries.map((entry) => entry.name);
}
