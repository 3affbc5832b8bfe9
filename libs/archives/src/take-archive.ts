/** Makes a tenant of what an archive holds, in one transaction. */
import { createHash } from 'node:crypto';
import { uuidFromId, type Id } from '@annex/kernel';
import { tenantArchiveLimits } from '@annex/limits';
import { isUniqueViolation, type PlatformTransaction } from '@annex/database';
import { canonicalZone, parseSchedule } from '@annex/scheduling';
import { archivedTables, type ArchivedTable } from './archived-tables.js';
import { archiveErrors, invalidArchive } from './errors.js';
import { fileRow, readShape, tableOf, wholeBody, type ArchivedFile } from './format.js';
import { entriesOf, type CheckedArchive, type SpooledArchive } from './read-archive.js';
import { countFiles, writeFile } from './sql/files.js';
import { readColumns, writeRowsSql, type Column } from './sql/tables.js';
import { dropOpenDays, isBadData } from './sql/imported.js';
import type { TarEntry } from './tar/tar.js';

export interface TakeArchiveOptions extends CheckedArchive {
  file: SpooledArchive;
  tenantId: Id<'tenant'>;
  /** Keeps bytes as an object that goes by itself unless a file takes it. */
  storeObject(content: AsyncIterable<Buffer>): Promise<{ object: string; size: number; sha256: string }>;
}

/**
 * Writes rows and files of a tenant whose own row is there. Throws `ARCHIVE_INVALID`, `ARCHIVE_COLLIDES`,
 * `QUOTA_EXCEEDED`.
 */
export async function takeArchive(tx: PlatformTransaction, options: TakeArchiveOptions): Promise<void> {
  const tenantUuid = uuidFromId(options.tenantId);
  const rows = new RowWriter(tx, tenantUuid);
  let file: ArchivedFile | undefined;
  for await (const entry of entriesOf(options.file)) {
    const table = tableOf(entry.name)?.table;
    if (table) await rows.write(table, entry);
    else if (entry.name.endsWith('.json')) {
      if (entry.name.startsWith('files/')) file = readShape(fileRow, await wholeBody(entry), entry.name);
    } else if (file) {
      await takeFile(tx, { tenantUuid, file, entry, storeObject: options.storeObject });
      file = undefined;
    }
  }
  for (const [name, { rows: said }] of Object.entries(options.counts.tables))
    if ((rows.counts.get(name) ?? 0) !== said) throw invalidArchive(`${name} has other rows than it says.`);
  await countFiles(tx, tenantUuid);
  await dropOpenDays(tx, tenantUuid);
}

async function takeFile(
  tx: PlatformTransaction,
  {
    tenantUuid,
    file,
    entry,
    storeObject,
  }: { tenantUuid: string; file: ArchivedFile; entry: TarEntry } & Pick<TakeArchiveOptions, 'storeObject'>,
): Promise<void> {
  const stored = await storeObject(entry.body);
  if (stored.sha256 !== file.sha256 || stored.size !== entry.size)
    throw invalidArchive(`The bytes of the file ${JSON.stringify(file.key)} are not those of its row.`);
  const taken = await reading(entry.name, () =>
    writeFile(tx, tenantUuid, { ...file, object: stored.object, size: stored.size }),
  );
  if (!taken) throw invalidArchive('Reading the archive took longer than its files are kept for.');
}

/** Database faults that come of what an archive holds, told as such. */
export async function reading<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (isUniqueViolation(thrown))
      throw archiveErrors.error(
        'ARCHIVE_COLLIDES',
        `Something in ${name} is here already, in another tenant, or twice in the archive. Nothing was kept.`,
        { cause: thrown },
      );
    if (isBadData(thrown)) throw invalidArchive(`${name} holds what no tenant can have.`, thrown);
    throw thrown;
  }
}

const lastReferring = archivedTables.findIndex(({ name }) => name === 'releases');

class RowWriter {
  readonly counts = new Map<string, number>();
  #table: { name: string; sql: string; columns: readonly Column[] } | undefined;
  #isChecked = false;

  constructor(
    private readonly tx: PlatformTransaction,
    private readonly tenantUuid: string,
  ) {}

  async write(table: ArchivedTable, entry: TarEntry): Promise<void> {
    const text = await wholeBody(entry, tenantArchiveLimits.readPartBytes);
    const { sql, columns } = await this.#of(table);
    const lines = text.toString('utf8').split('\n');
    if (lines.pop() !== '') throw invalidArchive(`${entry.name} ends in the middle of a row.`);
    for (const line of lines) readRow(line, { table: table.name, columns, name: entry.name });
    await reading(entry.name, () => this.tx.execute(sql, [this.tenantUuid, `[${lines.join(',')}]`]));
    this.counts.set(table.name, (this.counts.get(table.name) ?? 0) + lines.length);
  }

  async #of(table: ArchivedTable): Promise<{ sql: string; columns: readonly Column[] }> {
    if (this.#table?.name === table.name) return this.#table;
    // Installations and releases name each other; from here on nothing waits for the commit, which has little time.
    if (!this.#isChecked && archivedTables.indexOf(table) > lastReferring) {
      this.#isChecked = true;
      await reading('releases', () => this.tx.execute('set constraints all immediate'));
    }
    const columns = await readColumns(this.tx, table);
    this.#table = { name: table.name, columns, sql: writeRowsSql(table, columns) };
    return this.#table;
  }
}

function readRow(
  line: string,
  { table, columns, name }: { table: string; columns: readonly Column[]; name: string },
): void {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (thrown) {
    throw invalidArchive(`${name} has a row that is no JSON.`, thrown);
  }
  const isRow = (value: unknown): value is Record<string, string | null> =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === columns.length &&
    columns.every(({ name: column }) => column in value) &&
    Object.values(value).every((each) => each === null || typeof each === 'string');
  if (!isRow(row)) throw invalidArchive(`${name} has a row with other columns than ${table} has.`);
  if (table === 'schedules') requireSchedule(row);
  if (table === 'blobs') requireBytes(row);
}

function requireBytes({ sha256, bytes }: Record<string, string | null>): void {
  if (
    sha256 !==
    createHash('sha256')
      .update(Buffer.from((bytes ?? '').slice(2), 'hex'))
      .digest('hex')
  )
    throw invalidArchive('The bytes of a package are not those of its name.');
}

/** A worker that cannot read one schedule would fire nobody's. */
function requireSchedule({ schedule, timezone }: Record<string, string | null>): void {
  if (!parseSchedule(schedule ?? '').ok || canonicalZone(timezone ?? '') === undefined)
    throw invalidArchive('It has a schedule that says no time.');
}
