import type { PlatformTransaction } from '@annex/database';
import { CatalogueStateRow } from './catalogue-state-row.js';

/** What is kept of a place, or `null`. */
export function findState(tx: PlatformTransaction, name: string): Promise<CatalogueStateRow | null> {
  return tx.repository(CatalogueStateRow).findOneBy({ name });
}

/** Keeps a list of publishers in the place of the one before. */
export async function saveState(tx: PlatformTransaction, row: CatalogueStateRow): Promise<void> {
  await tx.repository(CatalogueStateRow).upsert(row as object, ['name']);
}

/**
 * Keeps a catalogue, unless a later one was kept, or another one with the same serial: `'older'`, with the serial that
 * was seen. In one statement, so that of several processes that read at once none goes back.
 */
export async function advanceState(
  tx: PlatformTransaction,
  { name, serial, content, readAt }: Omit<CatalogueStateRow, 'former'>,
): Promise<'same' | 'newer' | { older: number }> {
  const [kept] = await tx.query<{ serial: string; same: boolean }>(
    'select serial, content = $2 as same from catalogue_states where name = $1 for update',
    [name, content],
  );
  if (kept?.same) return 'same';
  const moved = await tx.execute(
    `insert into catalogue_states as kept (name, serial, content, former, read_at) values ($1, $2, $3, '[]', $4)
     on conflict (name) do update set serial = excluded.serial, content = excluded.content, read_at = excluded.read_at
     where kept.serial < excluded.serial`,
    [name, serial, content, readAt],
  );
  return moved > 0 ? 'newer' : { older: Number(kept?.serial ?? serial) };
}
