/** Filters of lists that a tenant's people keep under a name for one another. */
import { recordAct } from '@annex/audit';
import type { Database, TenantTransaction } from '@annex/database';
import { mapPage, pageOf, quote, readCursor, textCursor, type Page, type TenantActor } from '@annex/kernel';
import { viewLimits } from '@annex/limits';
import { savedViewErrors } from './errors.js';
import type { SavedViewRow } from './rows/saved-view-row.js';
import { countViews, deleteView, listViews, saveView } from './rows/saved-views.js';

/** Lists that have views. */
export const viewLists = ['runs', 'events', 'logs', 'deliveries'] as const;
export type ViewList = (typeof viewLists)[number];

/** What a view is known by. */
export interface ViewKey {
  list: ViewList;
  /** 1 to {@link viewLimits.nameChars} characters. */
  name: string;
}

/** A view on the wire. */
export interface SavedView extends ViewKey {
  /** As they stand in the console's address. */
  filters: Record<string, string>;
  /** Who saved it last. */
  saved_by: string;
  saved_at: string;
}

export class SavedViews {
  constructor(private readonly options: { database: Pick<Database, 'forTenant'> }) {}

  /** Views of one list, or of all, by list and name. Throws `VIEW_INVALID` for a cursor. */
  async list(
    caller: TenantActor,
    { list, limit, cursor }: { list?: ViewList | undefined; limit: number; cursor?: string | undefined },
  ): Promise<Page<SavedView>> {
    const after = readCursor(cursor, readPlace, refuseCursor);
    const rows = await this.#transaction(caller, (tx) => listViews(tx, { list, limit: limit + 1, after }));
    return mapPage(
      pageOf(rows, { limit }, ({ list: of, name }) => textCursor.write(JSON.stringify([of, name]))),
      viewOf,
    );
  }

  /** Saves filters under a name, new or not. Throws `VIEW_LIMIT`. */
  put(
    caller: TenantActor,
    { list, name, filters }: ViewKey & { filters: Record<string, string> },
  ): Promise<SavedView & { created: boolean }> {
    return this.#transaction(caller, async (tx) => {
      // The row of the audit comes first: its chain is written by one at a time, so that nobody counts beside us.
      await recordAct(tx, caller, { action: 'view.saved', target: `${list}/${name}` });
      const { made, ...row } = await saveView(tx, { list, name, filters, savedBy: caller.actor });
      if (made && (await countViews(tx, list)) > viewLimits.perList) throw tooMany(list);
      return { ...viewOf(row as SavedViewRow), created: made };
    });
  }

  /** Throws `VIEW_NOT_FOUND`. */
  delete(caller: TenantActor, { list, name }: ViewKey): Promise<void> {
    return this.#transaction(caller, async (tx) => {
      if (!(await deleteView(tx, list, name))) throw notFound({ list, name });
      await recordAct(tx, caller, { action: 'view.deleted', target: `${list}/${name}` });
    });
  }

  #transaction<T>(caller: TenantActor, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }
}

function viewOf({ list, name, filters, savedBy, savedAt }: SavedViewRow): SavedView {
  return { list: list as ViewList, name, filters, saved_by: savedBy, saved_at: savedAt.toISOString() };
}

/** A place in the list, as a cursor holds it. */
function readPlace(cursor: string): readonly [string, string] | undefined {
  try {
    const place: unknown = JSON.parse(textCursor.read(cursor) ?? '');
    return Array.isArray(place) && place.length === 2 && place.every((part) => typeof part === 'string')
      ? [place[0] as string, place[1] as string]
      : undefined;
  } catch {
    return undefined;
  }
}

function refuseCursor(): never {
  throw savedViewErrors.error(
    'VIEW_INVALID',
    'The cursor is not one that this list answered. Leave it out to begin at the start.',
  );
}

function notFound({ list, name }: ViewKey): Error {
  return savedViewErrors.error(
    'VIEW_NOT_FOUND',
    `The list "${list}" has no view ${quote(name, 80)}. GET /api/views?list=${list} lists them.`,
  );
}

function tooMany(list: ViewList): Error {
  return savedViewErrors.error(
    'VIEW_LIMIT',
    `The list "${list}" has ${viewLimits.perList} views already, the most there may be. Delete some first.`,
    { extra: { limit: viewLimits.perList } },
  );
}
