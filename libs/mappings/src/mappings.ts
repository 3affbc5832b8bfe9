/** What people ask of mappings: list them, write and remove their own, and try them out. */
import { recordAct } from '@annex/audit';
import type { Database, TenantTransaction } from '@annex/database';
import { ruleThatHushesPlatform } from '@annex/events';
import {
  pageOf,
  quote,
  readCursor,
  type InputFault,
  type JsonObject,
  type Page,
  type PageRequest,
  type TenantActor,
} from '@annex/kernel';
import type { MappingRow } from '@annex/runs';
import { forgetMapping, putInForce } from './change.js';
import { dryRun, type DryRun, type DryRunInput } from './dry-run.js';
import { mappingErrors, refuseCursor } from './errors.js';
import { invalid, readDocument, type SentMapping } from './read-document.js';
import { beginMappingChange, deleteMapping, findMapping, listMappings } from './rows/mappings.js';

/** Names of a tenant's own mappings; those of packages hold a dot. */
const namePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const anyName = /^[a-z0-9][a-z0-9_-]{0,62}(\.[a-z0-9][a-z0-9_-]{0,62})?$/;

/** A mapping on the wire. */
export interface MappingView {
  name: string;
  /** The plugin whose package brought it; `null`: the tenant's own. */
  plugin: string | null;
  /** One more with each change. */
  version: number;
  /** How many rules it has, and how many of them are enabled. */
  rules: number;
  enabled_rules: number;
  correlations: number;
  /** As it was written. */
  document: JsonObject;
  created_at: string;
  updated_at: string;
}

/** What a change expects of the mapping. */
export interface MappingTerms {
  /** The version that the caller read; 0: there is none yet. Default: any. */
  ifVersion?: number | undefined;
}

export interface MappingsOptions {
  database: Pick<Database, 'forTenant'>;
  /** Patterns of events that no mapping makes (`ANNEX_RESERVED_EVENTS`). Default: none. */
  reservedEvents?: readonly string[] | undefined;
}

export class Mappings {
  constructor(private readonly options: MappingsOptions) {}

  /** A page of mappings by name, the tenant's own and those of packages. */
  async list(caller: TenantActor, { limit, cursor }: PageRequest): Promise<Page<MappingView>> {
    const after = readCursor(cursor, (text) => (anyName.test(text) ? text : undefined), refuseCursor);
    const rows = await this.#transaction(caller, (tx) => listMappings(tx, { limit: limit + 1, after }));
    const page = pageOf(rows, { limit }, ({ name }) => name);
    return { ...page, items: page.items.map(view) };
  }

  /** Throws `MAPPING_NOT_FOUND`. */
  get(caller: TenantActor, name: string): Promise<MappingView> {
    return this.#transaction(caller, async (tx) => view(await this.#require(tx, name)));
  }

  /**
   * Writes a mapping of the tenant's own, new or not: in force from its commit on, as a whole. A faulty one changes
   * nothing. `isAdmin`: whether the caller may keep back what the platform itself says. Throws `MAPPING_INVALID` with
   * every fault, `MAPPING_NEEDS_ADMIN`, `MAPPING_OF_PACKAGE`, `MAPPING_LIMIT`, and `MAPPING_CHANGED` unless its version
   * is `ifVersion` (0: there is none yet).
   */
  put(
    caller: TenantActor,
    name: string,
    { isAdmin, ifVersion, ...sent }: SentMapping & MappingTerms & { isAdmin: boolean },
  ): Promise<MappingView & { created: boolean; warnings: InputFault[] }> {
    if (name.includes('.') && anyName.test(name)) throw ofPackage(name);
    if (!namePattern.test(name))
      throw invalid([
        { pointer: '/name', code: 'NAME', detail: `${quote(name, 80)} is no name: 1 to 63 of a-z, 0-9, "_" and "-".` },
      ]);
    const { document, definition, warnings } = readDocument(sent, this.options.reservedEvents ?? []);
    const hushing = isAdmin ? undefined : ruleThatHushesPlatform(definition);
    if (hushing !== undefined) throw needsAdmin(hushing);
    return this.#transaction(caller, async (tx) => {
      await beginMappingChange(tx);
      requireVersion(await findMapping(tx, name), ifVersion);
      const created = await putInForce(tx, { name, document, definition }, { actor: caller.actor });
      const row = await this.#require(tx, name);
      const detail = { version: row.version, rules: definition.rules.length };
      await recordAct(tx, caller, { action: 'mapping.set', target: name, detail });
      return { ...view(row), created, warnings };
    });
  }

  /**
   * Removes a mapping of the tenant's own, with its alerts. Throws `MAPPING_NOT_FOUND`, `MAPPING_OF_PACKAGE`, and
   * `MAPPING_CHANGED` unless its version is `ifVersion`.
   */
  delete(caller: TenantActor, name: string, { ifVersion }: MappingTerms = {}): Promise<void> {
    return this.#transaction(caller, async (tx) => {
      await beginMappingChange(tx);
      const row = await this.#require(tx, name);
      if (row.installationId !== null) throw ofPackage(name);
      requireVersion(row, ifVersion);
      if (!(await deleteMapping(tx, name))) throw notFound(name);
      await forgetMapping(tx, name);
      await recordAct(tx, caller, { action: 'mapping.deleted', target: name, detail: { version: row.version } });
    });
  }

  /** Tells what would become of events, and writes nothing. Throws `MAPPING_INVALID`. */
  test(caller: TenantActor, input: DryRunInput): Promise<DryRun> {
    const { database, reservedEvents = [] } = this.options;
    return dryRun(database, caller, { ...input, reservedEvents });
  }

  async #require(tx: TenantTransaction, name: string): Promise<MappingRow> {
    const row = anyName.test(name) ? await findMapping(tx, name) : null;
    if (!row) throw notFound(name);
    return row;
  }

  #transaction<T>(caller: TenantActor, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }
}

function view({ name, plugin, version, document, definition, createdAt, updatedAt }: MappingRow): MappingView {
  return {
    name,
    plugin,
    version,
    rules: definition.rules.length,
    enabled_rules: definition.rules.filter(({ enabled }) => enabled).length,
    correlations: definition.correlations.length,
    document,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

/** Two people who edit one mapping do not write over one another. */
function requireVersion(row: MappingRow | null, expected: number | undefined): void {
  const version = row?.version ?? 0;
  if (expected === undefined || expected === version) return;
  throw mappingErrors.error(
    'MAPPING_CHANGED',
    version === 0
      ? 'There is no such mapping, and If-Match expects one.'
      : `The mapping has version ${version}, and If-Match names another one. Read it again, and make your change ` +
          `there.`,
  );
}

function notFound(name: string): Error {
  return mappingErrors.error(
    'MAPPING_NOT_FOUND',
    `There is no mapping ${quote(name, 80)} here. GET /api/mappings lists what is in force.`,
  );
}

function needsAdmin(rule: string): Error {
  return mappingErrors.error(
    'MAPPING_NEEDS_ADMIN',
    `The rule ${quote(rule, 100)} could keep back what the platform itself says, such as auth.user.deleted, and that ` +
      'takes the role admin. Name the source of the events that you mean, or a narrower type.',
  );
}

function ofPackage(name: string): Error {
  return mappingErrors.error(
    'MAPPING_OF_PACKAGE',
    `${quote(name, 130)} comes with a plugin's package. Write a mapping of your own, which is asked first, upload a ` +
      'release without it, or disable the plugin.',
  );
}
