/** Code that operators keep from running everywhere: one archive by its hash, or every release of a slug. */
import {
  isAnnexError,
  mapPage,
  pageOf,
  parseId,
  quote,
  readCursor,
  type Id,
  type Logger,
  type Page,
  type PageRequest,
} from '@annex/kernel';
import { appendPlatformAudit } from '@annex/audit';
import type { Database, TenantTransaction } from '@annex/database';
import { installationErrors, refuseCursor } from './errors.js';
import {
  deleteQuarantine,
  findQuarantine,
  listQuarantinedOnes,
  listQuarantines,
  saveQuarantine,
  type QuarantineSubject,
} from './rows/quarantines.js';
import type { QuarantineRow } from './rows/quarantine-row.js';

/** The operator who acts. */
export interface QuarantineActor {
  actor: string;
  email: string | null;
  requestId: string;
}

/** A quarantine on the wire. */
export interface QuarantineView {
  id: string;
  slug: string | null;
  sha256: string | null;
  reason: string;
  created_by: string;
  created_at: string;
}

export interface QuarantinesOptions {
  database: Pick<Database, 'platform'>;
  /** Stops one plugin and cancels its runs, if it may not be on; answers whether it was. */
  stop(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<boolean>;
  logger: Logger;
}

/** Installations that are stopped before it is looked again. */
const portion = 100;

export class Quarantines {
  constructor(private readonly options: QuarantinesOptions) {}

  /** A page, the newest first. Throws `CURSOR_INVALID`. */
  async list({ limit, cursor }: PageRequest): Promise<Page<QuarantineView>> {
    const before = readCursor(cursor, (text) => parseId('quarantine', text), refuseCursor);
    const rows = await this.options.database.platform((tx) => listQuarantines(tx, { limit: limit + 1, before }));
    return mapPage(
      pageOf(rows, { limit }, ({ id }) => id),
      view,
    );
  }

  /**
   * From its commit on nobody uploads or enables it; what runs of it is stopped, tenant by tenant. Asked for again, the
   * newer reason holds. `stopped`: installations that were on. Should this process die, a worker goes on.
   */
  async set(
    by: QuarantineActor,
    subject: QuarantineSubject,
    reason: string,
  ): Promise<QuarantineView & { stopped: number }> {
    const row = await this.options.database.platform(async (tx) => {
      const saved = await saveQuarantine(tx, subject, { reason, by: by.actor });
      await appendPlatformAudit(tx, {
        ...by,
        action: 'quarantine.set',
        target: saved.id,
        detail: { ...subject, reason },
      });
      return saved;
    });
    return { ...view(row), stopped: await this.enforce() };
  }

  /** Whoever has it may upload and enable it again; nothing is enabled by itself. Throws `QUARANTINE_NOT_FOUND`. */
  async lift(by: QuarantineActor, id: string): Promise<void> {
    const parsed = parseId('quarantine', id);
    await this.options.database.platform(async (tx) => {
      const row = parsed && (await deleteQuarantine(tx, parsed));
      if (!row)
        throw installationErrors.error(
          'QUARANTINE_NOT_FOUND',
          `There is no quarantine ${quote(id, 80)}. GET /api/operator/quarantines lists them.`,
        );
      const { slug, sha256, reason } = row;
      await appendPlatformAudit(tx, {
        ...by,
        action: 'quarantine.lifted',
        target: row.id,
        detail: { slug, sha256, reason },
      });
    });
  }

  /** Stops what is on and may not be; answers how many. What cannot be stopped now is tried again by the next round. */
  async enforce(): Promise<number> {
    let stopped = 0;
    const failed = new Set<string>();
    for (;;) {
      const due = await this.options.database.platform((tx) => listQuarantinedOnes(tx, portion + failed.size));
      const left = due.filter(({ installationId }) => !failed.has(installationId));
      if (left.length === 0) return stopped;
      for (const { tenantId, installationId } of left) {
        try {
          if (await this.options.stop(tenantId, installationId)) stopped += 1;
        } catch (thrown) {
          failed.add(installationId);
          const { logger } = this.options;
          logger.warn({ err: thrown, tenantId, installationId }, 'a quarantined plugin could not be stopped yet');
          if (!isAnnexError(thrown)) return stopped;
        }
      }
    }
  }
}

/** Throws `RELEASE_QUARANTINED` for code that nobody may run. `slug`: `null` while it is not known. */
export async function refuseQuarantined(
  tx: TenantTransaction,
  { slug, sha256 }: { slug: string | null; sha256: string },
): Promise<void> {
  const row = await findQuarantine(tx, { slug, sha256 });
  if (!row) return;
  const what = row.slug === null ? 'this package' : `the plugin ${row.slug}`;
  throw installationErrors.error(
    'RELEASE_QUARANTINED',
    `The operators of this platform have quarantined ${what}: ${row.reason.replace(/[.]$/, '')}. It can be neither ` +
      'uploaded nor enabled until they lift it.',
    { extra: { quarantine: row.id } },
  );
}

function view({ id, slug, sha256, reason, createdBy, createdAt }: QuarantineRow): QuarantineView {
  return { id, slug, sha256, reason, created_by: createdBy, created_at: createdAt.toISOString() };
}
