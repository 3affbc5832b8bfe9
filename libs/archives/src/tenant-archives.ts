/** A tenant as one file: written on one server, and made a tenant of on another. */
import { randomBytes } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import {
  changedWholly,
  findTenantBySlug,
  lockTenantBySlug,
  noTenant,
  recordOnTenant,
  requireOperator,
  tenantSlugShape,
  tenantView,
  accessErrors,
  actorOf,
  type Principal,
  type TenantView,
} from '@annex/access';
import type { Database, PlatformTransaction } from '@annex/database';
import type { Files } from '@annex/files';
import { DAY, messageOf, parseId, SECOND, uuidFromId, type Clock, type Id, type Logger } from '@annex/kernel';
import { tenantArchiveLimits } from '@annex/limits';
import { wakeRelays } from '@annex/runs';
import { canonicalZone } from '@annex/scheduling';
import type { Vault } from '@annex/vault';
import { archiveErrors, invalidArchive } from './errors.js';
import { firstEntry, formatVersion, type ArchiveHead } from './format.js';
import { ArchiveKeys } from './passphrase.js';
import { checkArchive, type CheckedArchive } from './read-archive.js';
import { readSchema } from './sql/tables.js';
import { insertImported, isHere, readTenant } from './sql/imported.js';
import { reading, takeArchive } from './take-archive.js';
import { writeArchive } from './write-archive.js';

export interface TenantArchivesOptions {
  database: Database;
  vault: Pick<Vault, 'dataKeys' | 'adoptDataKeys'>;
  files: Pick<Files, 'readObject' | 'storeObject' | 'dropObjects'>;
  clock: Clock;
  logger: Logger;
  /** Of Annex, for people. */
  version: string;
  /** Folder in which archives lie while they are read. */
  spoolDir: string;
}

export interface ExportOptions {
  /** Left out: without secrets. */
  passphrase?: string | undefined;
  requestId: string;
}

export interface ImportOptions extends ExportOptions {
  /** Default: the one that it had. */
  slug?: string | undefined;
  /** Let it go on at once; default: it is suspended, so that nothing is done on two servers. */
  start?: boolean | undefined;
}

export interface ImportedTenant {
  tenant: TenantView;
  /** By table. */
  rows: Record<string, number>;
  files: number;
}

/** One snapshot, which a slow reader does not lose. */
const snapshot = {
  transaction_isolation: `'repeatable read'`,
  transaction_read_only: 'on',
  idle_in_transaction_session_timeout: String(tenantArchiveLimits.stalledMs),
  datestyle: `'ISO, YMD'`,
};

export class TenantArchives {
  readonly #underWay = { writing: 0, forOwners: 0, reading: 0 };

  constructor(private readonly options: TenantArchivesOptions) {}

  /**
   * A stream of the archive, once it has begun. Who may do this is checked by the caller; secrets are an operator's to
   * move. One that cannot be finished breaks off. Throws `NOT_FOUND`, `FORBIDDEN`, `ARCHIVE_PASSPHRASE`,
   * `ARCHIVES_BUSY`.
   */
  async export(principal: Principal, slug: string, { passphrase, requestId }: ExportOptions): Promise<Readable> {
    requirePassphrase(passphrase);
    if (passphrase !== undefined && !principal.operator)
      throw accessErrors.error(
        'FORBIDDEN',
        'Nobody of a tenant takes its secrets and passwords out. Leave X-Archive-Passphrase out, or ask an operator.',
      );
    const leave = this.#enter(principal.operator ? ['writing'] : ['writing', 'forOwners']);
    try {
      const keys = passphrase === undefined ? undefined : await ArchiveKeys.of(passphrase);
      const id = await this.options.database.platform(async (tx) => {
        const row = tenantSlugShape.test(slug) ? await findTenantBySlug(tx, slug) : null;
        if (!row) throw noTenant(slug);
        const detail = { secrets: keys !== undefined };
        await recordOnTenant(tx, principal, { row, action: 'tenant.exported', requestId, detail });
        return row.id;
      });
      return this.#write(id, keys, leave);
    } catch (thrown) {
      leave();
      throw thrown;
    }
  }

  #write(id: Id<'tenant'>, keys: ArchiveKeys | undefined, leave: () => void): Readable {
    const { database, files, logger } = this.options;
    const gzip = createGzip();
    // Whoever reads it hears of it; nobody may be reading yet.
    gzip.on('error', () => undefined);
    const ended = new AbortController();
    gzip.once('close', () => ended.abort(new Error('nobody reads the archive any more')));
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(tenantArchiveLimits.writeMs)]);
    const work = async (tx: PlatformTransaction): Promise<void> => {
      const head = await this.#head(tx, id, keys);
      const readObject = files.readObject.bind(files);
      await writeArchive(tx, gzip, { head, keys, tenantUuid: uuidFromId(id), readObject, signal });
    };
    void database
      .platform(work, { settings: snapshot })
      .then(() => gzip.end())
      .catch((thrown: unknown) => {
        logger.warn({ tenant: id, reason: messageOf(thrown) }, 'the archive of a tenant was not finished');
        gzip.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
      })
      .finally(leave);
    return gzip;
  }

  async #head(tx: PlatformTransaction, id: Id<'tenant'>, keys: ArchiveKeys | undefined): Promise<ArchiveHead> {
    const row = await readTenant(tx, id);
    const opened = keys === undefined ? [] : await this.options.vault.dataKeys(tx, id);
    return {
      format: 'annex-tenant',
      format_version: formatVersion,
      annex: this.options.version,
      schema: await readSchema(tx),
      exported_at: new Date(this.options.clock.now()).toISOString(),
      tenant: {
        id,
        slug: row.slug,
        name: row.name,
        timezone: row.timezone,
        weight: row.weight,
        background_concurrency: row.backgroundConcurrency,
        quotas: row.quotas,
        created_at: row.createdAt.toISOString(),
      },
      secrets: keys === undefined ? null : { salt: keys.salt, keys: opened.map((key) => keys.lock(key, id)) },
    };
  }

  /**
   * Makes a tenant of an archive, whole or not at all. Throws `FORBIDDEN`, `ARCHIVE_INVALID`, `ARCHIVE_TOO_LARGE`,
   * `ARCHIVE_VERSION`, `ARCHIVE_PASSPHRASE`, `ARCHIVE_COLLIDES`, `ARCHIVES_BUSY`, `SLUG_TAKEN`, `QUOTA_EXCEEDED`.
   */
  async import(principal: Principal, content: Readable, options: ImportOptions): Promise<ImportedTenant> {
    requireOperator(principal);
    requirePassphrase(options.passphrase);
    const leave = this.#enter(['reading']);
    try {
      const file = await this.#spool(content);
      try {
        const schema = await this.options.database.platform((tx) => readSchema(tx));
        const checked = await checkArchive(file, { passphrase: options.passphrase, schema });
        return await this.#take(principal, { ...checked, file, options });
      } finally {
        await file.close();
      }
    } finally {
      leave();
    }
  }

  async #take(
    principal: Principal,
    { options, ...archive }: CheckedArchive & { file: FileHandle; options: ImportOptions },
  ): Promise<ImportedTenant> {
    const { database, vault, files } = this.options;
    const id = parseId('tenant', archive.head.tenant.id);
    if (id === undefined) throw invalidArchive('It names no tenant.');
    const slug = options.slug ?? archive.head.tenant.slug;
    if (!tenantSlugShape.test(slug)) throw invalidArchive('Its slug is none.');
    if (canonicalZone(archive.head.tenant.timezone) === undefined) throw invalidArchive('Its time zone is none.');
    const objects: string[] = [];
    const storeObject = async (bytes: AsyncIterable<Buffer>) => {
      const stored = await files.storeObject(id, Readable.from(bytes, { objectMode: false }), objectLifeS);
      objects.push(stored.object);
      return stored;
    };
    try {
      return await database.platform(
        async (tx) => {
          await reading(firstEntry, async () => {
            await this.#begin(tx, principal, { ...archive, id, slug, start: options.start ?? false });
            await vault.adoptDataKeys(tx, id, unlocked(archive, id));
          });
          await takeArchive(tx, { ...archive, tenantId: id, storeObject });
          return await this.#finish(tx, principal, { ...archive, slug, options });
        },
        {
          settings: {
            idle_in_transaction_session_timeout: String(tenantArchiveLimits.stalledMs),
            datestyle: `'ISO, YMD'`,
          },
        },
      );
    } catch (thrown) {
      await files.dropObjects(id, objects).catch(() => undefined);
      throw thrown;
    }
  }

  async #begin(
    tx: PlatformTransaction,
    principal: Principal,
    { head, id, slug, start }: { head: ArchiveHead; id: Id<'tenant'>; slug: string; start: boolean },
  ): Promise<void> {
    if (await isHere(tx, id))
      throw archiveErrors.error(
        'ARCHIVE_COLLIDES',
        `The tenant ${id} is here already. Import it into another server, or delete it here first.`,
      );
    if (await lockTenantBySlug(tx, slug))
      throw accessErrors.error('SLUG_TAKEN', `Another tenant has the slug ${slug}. Choose another with ?slug=.`, {
        errors: [{ pointer: '/slug', code: 'SLUG_TAKEN', detail: 'is taken' }],
      });
    await insertImported(tx, { id, slug, head: head.tenant, by: actorOf(principal), start });
  }

  async #finish(
    tx: PlatformTransaction,
    principal: Principal,
    { head, counts, slug, options }: CheckedArchive & { slug: string; options: ImportOptions },
  ): Promise<ImportedTenant> {
    const row = await lockTenantBySlug(tx, slug);
    if (!row) throw noTenant(slug);
    await recordOnTenant(tx, principal, {
      row,
      action: 'tenant.imported',
      requestId: options.requestId,
      detail: { exported_at: head.exported_at, annex: head.annex, started: options.start ?? false },
    });
    await changedWholly(tx, row.id);
    if (options.start) await wakeRelays(tx);
    const rows = Object.fromEntries(Object.entries(counts.tables).map(([name, table]) => [name, table.rows]));
    return { tenant: tenantView(row), rows, files: counts.files.count };
  }

  /** Takes the archive in as fast as it comes, into a file that has no name, so that no crash leaves it. */
  async #spool(content: Readable): Promise<FileHandle> {
    const path = join(this.options.spoolDir, `import-${randomBytes(8).toString('hex')}`);
    const file = await open(path, 'wx+', 0o600);
    try {
      await unlink(path);
      let bytes = 0;
      for await (const chunk of content as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > tenantArchiveLimits.readBytes) throw tooLarge();
        await file.writeFile(chunk);
      }
      return file;
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  #enter(kinds: readonly (keyof typeof most)[]): () => void {
    for (const kind of kinds) {
      const count = this.#underWay[kind];
      if (count >= most[kind])
        throw archiveErrors.error(
          'ARCHIVES_BUSY',
          `${count} archives are under way here, the most there may be. Try again when one has ended.`,
          { retryAfterS: 30 },
        );
    }
    for (const kind of kinds) this.#underWay[kind] += 1;
    return () => {
      for (const kind of kinds) this.#underWay[kind] -= 1;
    };
  }
}

/** Archives at once. */
const most = {
  writing: tenantArchiveLimits.atOnce,
  forOwners: tenantArchiveLimits.ownersAtOnce,
  reading: tenantArchiveLimits.atOnce,
};

/** Objects are kept for longer than reading any archive takes. */
const objectLifeS = DAY / SECOND;

function unlocked({ head, keys }: CheckedArchive, id: Id<'tenant'>): { version: number; key: Buffer }[] {
  if (!keys || !head.secrets) return [];
  return head.secrets.keys.map((locked) => {
    const key = keys.unlock(locked, id);
    if (key.length !== 32) throw invalidArchive('A key of its secrets is none.');
    return { version: locked.version, key };
  });
}

function requirePassphrase(passphrase: string | undefined): void {
  if (passphrase === undefined) return;
  const { fewestPassphraseChars: fewest, passphraseChars: most } = tenantArchiveLimits;
  if (/^[ -~]*$/.test(passphrase) && passphrase.length >= fewest && passphrase.length <= most) return;
  throw archiveErrors.error(
    'ARCHIVE_PASSPHRASE',
    `A passphrase has ${fewest} to ${most} printable ASCII characters, since it comes in a header.`,
  );
}

function tooLarge(): Error {
  return archiveErrors.error(
    'ARCHIVE_TOO_LARGE',
    `The archive is larger than ${tenantArchiveLimits.readBytes} bytes. Nothing was kept.`,
  );
}
