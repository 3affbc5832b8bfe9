/**
 * Where rows come from: a tenant's own table, the platform's tables as tenants may read them, a view of the operator's.
 */
import { idFromUuid, parseId, uuidFromId, type Id, type IdKind } from '@annex/kernel';
import { endOfPage, openedFor } from '@annex/runs';
import type { RowSource } from './filter-sql.js';

/** Names of the platform's own tables that tenants may read. */
export const systemTables = ['users', 'files', 'events', 'runs'] as const;
export type SystemTable = (typeof systemTables)[number];

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A UUID as the database writes it; `undefined`: not one. */
export function readUuid(text: string): string | undefined {
  return uuidPattern.test(text) ? text.toLowerCase() : undefined;
}

/**
 * The least or greatest UUIDv7 of a millisecond (RFC 9562 §5.7); before 1970 and beyond 48 bits, that of the nearest.
 */
function uuidAt(ms: number, end: 'first' | 'last'): string {
  const hex = Math.min(Math.max(ms, 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  const rest = end === 'first' ? '7000-8000-000000000000' : '7fff-bfff-ffffffffffff';
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${ms < 0 && end === 'last' ? '0000-0000-000000000000' : rest}`;
}

/** Text that can be compared with a column; no row holds anything else. */
function readText(text: string): string | undefined {
  return text.length <= 4096 && !text.includes('\0') && text.isWellFormed() ? text : undefined;
}

const same = (id: string): string => id;

/** A table that the tenant made. `$1`: the tenant, `$2`: the table. */
export const documentSource: RowSource = {
  from: 'documents d',
  where: 'd.tenant_id = $1 and d.table_name = $2',
  id: 'd.id',
  createdAt: 'd.created_at',
  updatedAt: 'd.updated_at',
  data: 'd.data',
  size: 'd.size',
  idType: 'uuid',
  readId: readUuid,
  writeId: same,
  exactTimes: true,
  idAt: uuidAt,
};

function wireIds(kind: IdKind): Pick<RowSource, 'idType' | 'readId' | 'writeId'> {
  return {
    idType: 'uuid',
    readId: (text) => {
      const id: Id | undefined = parseId(kind, text);
      return id === undefined ? undefined : uuidFromId(id);
    },
    writeId: (uuid) => idFromUuid(kind, uuid),
  };
}

/**
 * The platform's tables, each with the columns that are shown; what is not named here (password hashes, payloads of
 * runs) stays unseen.
 * `$1`: the tenant.
 */
export const systemSources: Readonly<Record<SystemTable, RowSource>> = {
  users: {
    from: 'users t',
    where: 't.tenant_id = $1',
    id: 't.id',
    createdAt: 't.created_at',
    updatedAt: 't.updated_at',
    data: `jsonb_build_object('email', t.email, 'role', t.role)`,
    ...wireIds('user'),
    textColumns: { role: 't.role' },
    exactTimes: false,
  },
  files: {
    from: 'files t',
    where: 't.tenant_id = $1',
    id: 't.key',
    createdAt: 't.created_at',
    updatedAt: 't.updated_at',
    data:
      `jsonb_build_object('key', t.key, 'size', t.size_bytes, 'content_type', t.content_type, 'etag', t.sha256, ` +
      `'created_by', t.created_by)`,
    idType: 'text',
    readId: readText,
    writeId: same,
    textColumns: { key: 't.key' },
    exactTimes: false,
  },
  events: {
    // jsonb cannot hold U+0000 and half surrogate pairs, which an event's data may: such data is not shown here, GET
    // /api/events/:id shows it.
    from: `events t`,
    where: 't.tenant_id = $1',
    id: 't.id collate "C"',
    createdAt: 't.created_at',
    updatedAt: 't.created_at',
    data: `jsonb_build_object('type', t.type, 'source', t.source, 'subject', t.subject, 'time', ${instant('t.time')},
      'severity', t.severity, 'tags', to_jsonb(t.tags),
      'data', case when t.data::text ~ '\\\\u(0000|d[89a-f])' then null else t.data::jsonb end)`,
    idType: 'text',
    readId: readText,
    writeId: same,
    textColumns: { type: 't.type', source: 't.source', subject: 't.subject', severity: 't.severity' },
    // Their ids may be the senders' own.
    defaultOrder: [{ path: ['created_at'], descending: false }],
    exactTimes: false,
  },
  runs: {
    from: 'every_run t',
    where: 't.tenant_id = $1',
    id: 't.id',
    createdAt: 't.queued_at',
    updatedAt: 'coalesce(t.finished_at, t.started_at, t.queued_at)',
    data: `jsonb_build_object('plugin', t.plugin, 'release', t.release, 'kind', t.kind,
      'name', t.name, 'status', t.status, 'event_id', t.event_id,
      'attempt', t.attempt_count, 'error_code', t.error ->> 'code', 'queued_at', ${instant('t.queued_at')},
      'started_at', ${instant('t.started_at')}, 'finished_at', ${instant('t.finished_at')})`,
    ...wireIds('run'),
    textColumns: { kind: 't.kind', status: 't.status', event_id: 't.event_id', name: 't.name', plugin: 't.plugin' },
    exactTimes: false,
    opened: {
      within: openedFor,
      // Behind an id means from the next one on; one run more does no harm.
      first: ({ rows, back, after }, bind) => [
        endOfPage(back ? { before: after } : { from: after }, { limit: rows + 1, isNewest: back }, bind),
      ],
    },
  },
};

/** A time as text, as the wire writes it. The session's zone is UTC. */
function instant(column: string): string {
  return `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** A view of the operator's, mapped to a table's name. */
export interface MappedView {
  /** `schema.view`, or `view`. */
  view: string;
  /** Holds whose row it is. */
  tenantColumn: string;
  /** What the tenant column holds: the slug, or the id (`ten_…` in a text, the bare UUID in a uuid). */
  tenant: 'slug' | 'id';
  /** Holds the row's id. */
  idColumn: string;
}

/** A view whose columns were found ({@link import('./check-views.js').checkViews}). */
export interface CheckedView {
  source: RowSource;
  /** What `$1` stands for. */
  tenantValue: 'slug' | 'uuid' | 'id';
}

/** An identifier as SQL (PostgreSQL manual, 4.1.1). */
function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * The source that a view is. `types`: its columns and their types. Rows without `created_at` or `updated_at` have
 * `null` there.
 */
export function viewSource(
  { view, tenantColumn, idColumn }: MappedView,
  types: ReadonlyMap<string, string>,
): RowSource {
  const column = (name: string): string => `t.${quoteIdentifier(name)}`;
  const hidden = [tenantColumn, idColumn, 'id', 'created_at', 'updated_at'];
  const shown = [...types.keys()].filter((name) => !hidden.includes(name));
  const time = (name: string): string =>
    types.get(name)?.startsWith('timestamp') ? `${column(name)}::timestamptz` : 'null::timestamptz';
  return {
    from: `${view.split('.').map(quoteIdentifier).join('.')} t`,
    where: `${column(tenantColumn)} = $1`,
    id: types.get(idColumn) === 'uuid' ? column(idColumn) : `${column(idColumn)}::text collate "C"`,
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
    data: `${objectOf(shown.map((name) => [name, column(name)]))}`,
    idType: types.get(idColumn) === 'uuid' ? 'uuid' : 'text',
    readId: types.get(idColumn) === 'uuid' ? readUuid : readText,
    writeId: same,
    textColumns: Object.fromEntries(
      shown.filter((name) => types.get(name) === 'text').map((name) => [name, column(name)]),
    ),
    exactTimes: false,
  };
}

/** `jsonb_build_object` takes a hundred arguments at most (`FUNC_MAX_ARGS`). */
function objectOf(fields: [string, string][]): string {
  if (fields.length === 0) return `'{}'::jsonb`;
  const parts: string[] = [];
  for (let at = 0; at < fields.length; at += 50) {
    parts.push(
      `jsonb_build_object(${fields
        .slice(at, at + 50)
        .map(([name, value]) => `${quoteText(name)}, ${value}`)
        .join(', ')})`,
    );
  }
  return `(${parts.join(' || ')})`;
}

/** A text as SQL, for the names of columns, which come from the catalogue. */
function quoteText(text: string): string {
  return `U&'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
}
