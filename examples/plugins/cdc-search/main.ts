import { hook, route, type Context } from '@annex/sdk';
import { documentOf, wordsOf, type Change, type Document } from './document.js';

type Stored = Document & { id: string };

/**
 * Changes of one row may be handled side by side, and twice. So each is written as a row of its own, and what is older
 * than the newest is removed: whoever comes last, the newest stays.
 */
hook<Change>('pg.*', async (ctx, event) => {
  if (event.type === 'pg.truncate') return removeAll(ctx, event.data.table);
  const document = documentOf(event.data, String(ctx.config['key']));
  if (!document) return ctx.log.warn(`${event.subject}: a change without the column ${String(ctx.config['key'])}`);
  const { row, version } = document;
  const known = (await ctx.db.query('documents', { row })) as Stored[];
  if (!known.some((each) => each.version === version)) await ctx.db.insert('documents', { ...document });
  await keepNewest(ctx, row);
});

async function keepNewest(ctx: Context, row: string): Promise<void> {
  const all = (await ctx.db.query('documents', { row }, { orderBy: '-version' })) as Stored[];
  for (const { id, version } of all) if (version !== all[0]?.version) await ctx.db.delete('documents', id);
}

async function removeAll(ctx: Context, table: string): Promise<void> {
  const all = (await ctx.db.query('documents', { row: { $like: `${table}/%` } }, { limit: 1000 })) as Stored[];
  for (const { id } of all) await ctx.db.delete('documents', id);
  if (all.length === 1000) return removeAll(ctx, table);
}

const shown = 20;

/** `GET /search?q=red shoes`: rows that hold all the words; the last word may be the beginning of one. */
route('/search', { methods: ['GET'] }, async (ctx) => {
  const words = wordsOf({ q: String(ctx.query['q'] ?? '') }).slice(0, 10);
  const last = words.pop();
  if (last === undefined) return [{ error: 'say what to look for: ?q=' }, 400];
  const filter = { $and: [...words.map((word) => ({ words: word })), { words: { $like: `${last}%` } }] };
  const found = (await ctx.db.query('documents', filter, { orderBy: '-version', limit: shown })) as Stored[];
  const rows = new Map<string, Record<string, unknown>>();
  for (const { row, fields } of found) if (fields !== null && !rows.has(row)) rows.set(row, fields);
  return { rows: [...rows].map(([row, fields]) => ({ row, fields })) };
});
