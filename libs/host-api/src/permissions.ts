/**
 * Permissions: what a plugin may ask for, what an admin granted, and what follows from the two.
 * A permission may be narrowed by a scope (`tables` of `db.*`, `hosts` of `outbound_http`); no scope means all of it.
 */

/**
 * The closed list of permissions a manifest may ask for (docs/host-api.md). Its order is the order in which people read
 * them.
 */
export const permissionNames = [
  'db.read',
  'db.write',
  'files.read',
  'files.write',
  'outbound_http',
  'send_email',
  'emit_webhook',
  'llm.use',
  'agents.call',
] as const;

/** One name of {@link permissionNames}. */
export type PermissionName = (typeof permissionNames)[number];

/** What an admin reads before saying yes: a short title, and what a plugin can do with the permission. */
export interface PermissionText {
  title: string;
  detail: string;
  /** How much harm a careless yes does; the console orders and colours by it. */
  risk: 'low' | 'medium' | 'high';
}

/** The text people read for each permission. */
export const permissionTexts: Readonly<Record<PermissionName, PermissionText>> = {
  'db.read': { title: 'Read data', detail: "Read rows of this tenant's tables.", risk: 'medium' },
  'db.write': {
    title: 'Change data',
    detail: "Insert, change and delete rows of this tenant's own tables. System tables stay read-only.",
    risk: 'high',
  },
  'files.read': { title: 'Read files', detail: "List and read this tenant's files.", risk: 'medium' },
  'files.write': { title: 'Change files', detail: "Upload, replace and delete this tenant's files.", risk: 'high' },
  outbound_http: {
    title: 'Call other servers',
    detail:
      'Send data to, and receive data from, the hosts that the manifest lists under http.allow. Never to private ' +
      'addresses.',
    risk: 'high',
  },
  send_email: { title: 'Send email', detail: 'Send email in the name of this platform.', risk: 'medium' },
  emit_webhook: {
    title: 'Send webhooks',
    detail: 'Deliver to the webhooks that the package defines, at any moment.',
    risk: 'medium',
  },
  'llm.use': {
    title: 'Use the language model',
    detail: 'Send prompts to the configured language model; its tokens are billed to this tenant.',
    risk: 'medium',
  },
  'agents.call': {
    title: 'Ask agents',
    detail: 'Ask the agents that the package defines, about events and at any moment; what they are told leaves here.',
    risk: 'high',
  },
};

const known: ReadonlySet<string> = new Set(permissionNames);

/** Whether a text is a permission of the closed list. */
export function isPermissionName(text: string): text is PermissionName {
  return known.has(text);
}

/** Part of a permission. A missing list means everything; an empty one means nothing. */
export interface PermissionScope {
  /** Table names, for `db.read` and `db.write`. */
  tables?: string[];
  /** Host patterns (`api.slack.com`, `*.example.com`), for `outbound_http`. */
  hosts?: string[];
}

/** One entry of the manifest's `permissions`, in its long form. */
export interface PermissionRequest extends PermissionScope {
  name: PermissionName;
  /** Why the plugin needs it, in its author's words. */
  reason?: string;
}

/** What an admin said yes to. */
export interface PermissionGrant extends PermissionScope {
  name: PermissionName;
}

/** What follows from a request and a grant. */
export interface GrantMatch {
  /**
   * What the plugin may do now: the part of each request that is granted. In the order of {@link permissionNames}, each
   * name once.
   */
  effective: PermissionGrant[];
  /**
   * What was asked for and is not granted; a scope holds only the missing part. The plugin runs without it until an
   * admin says yes.
   */
  pending: PermissionRequest[];
  /** Granted, but no longer asked for. Harmless: a grant without a request has no effect. */
  unused: PermissionGrant[];
}

/**
 * Intersects what a manifest asks for with what an admin granted. Nothing is ever effective that is not in both, so an
 * upgrade that asks for more keeps its old grants, and a grant never outlives the request for it.
 */
export function matchGrants(requested: readonly PermissionRequest[], granted: readonly PermissionGrant[]): GrantMatch {
  const match: GrantMatch = { effective: [], pending: [], unused: [] };
  for (const name of permissionNames) {
    const asked = unite(requested.filter((entry) => entry.name === name));
    const given = unite(granted.filter((entry) => entry.name === name));
    if (!asked && given) match.unused.push({ ...given, name });
    if (!asked) continue;
    const reason = requested.find((entry) => entry.name === name && entry.reason !== undefined)?.reason;
    const why = reason === undefined ? {} : { reason };
    if (!given) {
      match.pending.push({ name, ...why, ...asked });
      continue;
    }
    const tables = overlap(asked.tables, given.tables, coversTable);
    const hosts = overlap(asked.hosts, given.hosts, coversHost);
    match.effective.push({ name, ...scope(tables.both, hosts.both) });
    if (tables.complete && hosts.complete) continue;
    match.pending.push({
      name,
      ...why,
      ...scope(tables.complete ? asked.tables : tables.missing, hosts.complete ? asked.hosts : hosts.missing),
    });
  }
  return match;
}

/** The grants that give a manifest all it asks for: what `grant: "all"` writes down. */
export function grantAll(requested: readonly PermissionRequest[]): PermissionGrant[] {
  return permissionNames.flatMap((name) => {
    const asked = unite(requested.filter((entry) => entry.name === name));
    return asked ? [{ name, ...asked }] : [];
  });
}

/** The grant that covers a permission, or `undefined`: what the broker asks before each host call. */
export function findGrant(grants: readonly PermissionGrant[], name: PermissionName): PermissionGrant | undefined {
  return grants.find((grant) => grant.name === name);
}

/** Whether a grant reaches one table. No scope: every table. */
export function grantsTable(grant: PermissionGrant, table: string): boolean {
  return grant.tables === undefined || grant.tables.includes(table);
}

/**
 * Whether a host pattern covers a host name or a narrower pattern: `*.example.com` covers `api.example.com`, not
 * `example.com`.
 */
export function coversHost(pattern: string, host: string): boolean {
  const wide = pattern.toLowerCase();
  const narrow = host.toLowerCase();
  if (wide === narrow) return true;
  return wide.startsWith('*.') && narrow.endsWith(wide.slice(1)) && narrow.length > wide.length - 1;
}

function coversTable(wide: string, narrow: string): boolean {
  return wide === narrow;
}

function scope(tables: string[] | undefined, hosts: string[] | undefined): PermissionScope {
  return { ...(tables && { tables }), ...(hosts && { hosts }) };
}

/** Several entries of one name ask for all their parts; one without a scope asks for everything. */
function unite(entries: readonly PermissionScope[]): PermissionScope | undefined {
  if (entries.length === 0) return undefined;
  const union = (part: 'tables' | 'hosts'): string[] | undefined =>
    entries.some((entry) => entry[part] === undefined)
      ? undefined
      : [...new Set(entries.flatMap((entry) => entry[part] ?? []))];
  return scope(union('tables'), union('hosts'));
}

interface Overlap {
  /** In both; `undefined`: everything. */
  both: string[] | undefined;
  /** Asked for, not given; `undefined`: everything. */
  missing: string[] | undefined;
  complete: boolean;
}

function overlap(
  asked: string[] | undefined,
  given: string[] | undefined,
  covers: (wide: string, narrow: string) => boolean,
): Overlap {
  if (given === undefined) return { both: asked, missing: [], complete: true };
  if (asked === undefined) return { both: given, missing: undefined, complete: false };
  const missing = asked.filter((item) => !given.some((wide) => covers(wide, item)));
  const both = [
    ...asked.filter((item) => !missing.includes(item)),
    ...given.filter((item) => !asked.includes(item) && missing.some((wide) => covers(wide, item))),
  ];
  return { both, missing, complete: missing.length === 0 };
}
