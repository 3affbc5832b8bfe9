import { route } from '@annex/sdk';

interface Note {
  text: string;
  author: string | null;
}

const TABLE = '__TABLE___notes';
const MAX_TEXT = 2000;

/** GET /ext/__SLUG__/notes?page=2: newest first. */
route('/notes', async (ctx) => {
  const page = Number(ctx.query['page'] ?? 1);
  if (!Number.isInteger(page) || page < 1) return [{ error: 'page is a number from 1' }, 400];
  const { page_size: limit } = ctx.config;
  const items = await ctx.db.query<Note>(TABLE, null, { orderBy: '-created_at', limit, offset: (page - 1) * limit });
  return { items, total: await ctx.db.count(TABLE) };
});

/** POST /ext/__SLUG__/notes { "text": "…" } */
route('/notes', { methods: ['POST'] }, async (ctx) => {
  const text = await readText(ctx.request);
  if (text === undefined) return [{ error: `text is needed, of at most ${MAX_TEXT} characters` }, 422];
  const note = await ctx.db.insert<Note>(TABLE, { text, author: ctx.user?.email ?? null });
  return [note, 201, { location: `/ext/__SLUG__/notes/${note.id}` }];
});

/** GET /ext/__SLUG__/notes/:id */
route('/notes/:id', async (ctx) => {
  const note = await ctx.db.getById<Note>(TABLE, ctx.params.id);
  return note ?? [{ error: 'there is no such note' }, 404];
});

/** DELETE /ext/__SLUG__/notes/:id, for admins. */
route('/notes/:id', { methods: ['DELETE'], roles: ['admin'] }, async (ctx) => {
  const isGone = await ctx.db.delete(TABLE, ctx.params.id);
  return isGone ? undefined : [{ error: 'there is no such note' }, 404];
});

async function readText(request: Request): Promise<string | undefined> {
  const body: unknown = await request.json().catch(() => undefined);
  const text = typeof body === 'object' && body !== null && 'text' in body ? body.text : undefined;
  return typeof text === 'string' && text.trim() !== '' && text.length <= MAX_TEXT ? text : undefined;
}
