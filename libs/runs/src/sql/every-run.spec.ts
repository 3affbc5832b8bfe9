import { newId, uuidFromId, type Id, type Json } from '@annex/kernel';
import { effectiveLimits, usageRecord } from '@annex/limits';
import type { TenantTransaction } from '@annex/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../../test/support/installations.js';
import { hourBehindAllIds } from '../../../../test/support/moments.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { PlainCalls, chunkRuns, chunkSpanMs, leastChunkRuns, runsOf, type PlainCall } from '../plain-calls.js';
import { findRunState } from './cancel-run.js';
import { findRun, listRuns, type RunFilter } from './read-runs.js';
import { recordChunks } from './record-chunks.js';
import { recordRuns, type FinishedRun } from './record-runs.js';
import { countRuns, runMetrics, seriesKeys, timeRuns } from './run-numbers.js';
import { readRunStory } from './run-story.js';

/**
 * The same runs, kept both ways: in one database every call is a row, in the other they are in chunks as the sink makes
 * them. Whatever is asked of the one is asked of the other.
 */
let rows: TestDatabase;
let chunks: TestDatabase;
let tenantId: Id<'tenant'>;
let plugins: Id<'installation'>[];
let calls: PlainCall[];
let others: FinishedRun[];

const limits = effectiveLimits('route');
const start = hourBehindAllIds() + 250;

/** Numbers that look random and are the same each time. */
let seed = 7;
const random = (below: number): number => {
  seed = (seed * 48271) % 2147483647;
  return seed % below;
};

function makeCalls(count: number): { calls: PlainCall[]; others: FinishedRun[] } {
  const made: { calls: PlainCall[]; others: FinishedRun[] } = { calls: [], others: [] };
  let ms = start;
  for (let index = 0; index < count; index += 1) {
    // Now and then a pause, longer than a chunk spans.
    ms += random(400) === 0 ? chunkSpanMs * 2 : random(4);
    const id = newId('run', ms);
    const installationId = plugins[random(2)] ?? ('' as Id<'installation'>);
    const plugin = installationId === plugins[0] ? 'one' : 'two';
    const at = { id, installationId, plugin, release: '1.2.0', depth: 0 };
    const times = { startedAtMs: ms, finishedAtMs: ms + random(900) };
    if (random(40) === 0)
      made.others.push({
        ...at,
        ...times,
        kind: random(2) === 0 ? 'route' : 'filter',
        name: 'GET /odd',
        ordinal: 0,
        status: random(2) === 0 ? 'failed' : 'cancelled',
        error: { code: 'PLUGIN_ERROR', message: 'no “luck”' },
        limits: usageRecord(limits, { wallMs: 3 }),
      });
    else
      made.calls.push({
        ...at,
        ...times,
        name: random(3) === 0 ? 'POST /orders/:id' : 'GET /ping',
        status: random(10) === 0 ? 404 : 200,
        limits,
        wallMs: random(900) + 0.4,
        cpuMs: random(30),
        memoryMb: random(20),
        resultBytes: random(5000),
        requestBytes: random(3) === 0 ? random(2000) : 0,
      });
  }
  return made;
}

/** In the order in which calls end, in portions as they are flushed. */
function portions(): PlainCall[][] {
  const inOrder = calls.toSorted((a, b) => a.finishedAtMs - b.finishedAtMs);
  const made: PlainCall[][] = [];
  for (let at = 0; at < inOrder.length;) {
    const size = random(5) === 0 ? random(leastChunkRuns) + 1 : random(600) + 1;
    made.push(inOrder.slice(at, at + size));
    at += size;
  }
  return made;
}

async function makeTenant(db: TestDatabase): Promise<void> {
  await db.sql(`insert into tenants (id, slug, name) values ($1, 'both', 'Both')`, [uuidFromId(tenantId)]);
  for (const [index, id] of plugins.entries())
    await db.sql('insert into installations (tenant_id, id, slug, name) values ($1, $2, $3, $3)', [
      uuidFromId(tenantId),
      uuidFromId(id),
      ['one', 'two'][index],
    ]);
}

const inTenant = <T>(db: TestDatabase, work: (tx: TenantTransaction) => Promise<T>): Promise<T> =>
  db.database.forTenant(tenantId).transaction(work);

/** The same answer of both. */
async function both<T>(ask: (tx: TenantTransaction) => Promise<T>): Promise<T> {
  const [one, other] = [await inTenant(rows, ask), await inTenant(chunks, ask)];
  expect(other).toEqual(one);
  // Keys in one order too: some of it is JSON that is shown as it is kept.
  expect(JSON.stringify(other)).toBe(JSON.stringify(one));
  return other;
}

beforeAll(async () => {
  [rows, chunks] = [await openTestDatabase(), await openTestDatabase()];
  tenantId = newId('tenant');
  plugins = [newId('installation'), newId('installation')];
  ({ calls, others } = makeCalls(2_500));
  for (const db of [rows, chunks]) {
    await makeTenant(db);
    await inTenant(db, (tx) => recordRuns(tx, others));
  }
  let inChunks = 0;
  for (const portion of portions()) {
    const waiting = new PlainCalls();
    for (const call of portion) waiting.add(call, '2036-03-01');
    const taken = waiting.take();
    const all = [...taken.runs, ...taken.chunks.flatMap(runsOf)];
    expect(all).toHaveLength(portion.length);
    await inTenant(rows, (tx) => recordRuns(tx, all));
    await inTenant(chunks, async (tx) => {
      await recordRuns(tx, taken.runs);
      await recordChunks(tx, taken.chunks);
    });
    for (const chunk of taken.chunks) inChunks += chunk.ids.length;
  }
  expect(inChunks).toBeGreaterThan(calls.length / 2);
  expect(inChunks).toBeLessThan(calls.length);
});
afterAll(() => Promise.all([rows.close(), chunks.close()]));

describe('runs in chunks and runs in rows', () => {
  const spans: [string, () => Partial<RunFilter>][] = [
    ['all', () => ({})],
    ['of a plugin by its slug', () => ({ plugin: 'one' })],
    ['of a plugin by its id', () => ({ installationId: plugins[1] ?? ('' as never) })],
    ['of a plugin that is not there', () => ({ plugin: 'none' })],
    ['routes', () => ({ kind: 'route' })],
    ['filters', () => ({ kind: 'filter' })],
    ['that went well', () => ({ status: 'succeeded' })],
    ['that failed', () => ({ status: 'failed' })],
    ['of a handler', () => ({ name: 'POST /orders/:id' })],
    ['with a text', () => ({ text: 'ORDERS' })],
    ['since a time', () => ({ since: new Date(start + 3_000) })],
    ['until a time', () => ({ until: new Date(start + 5_001) })],
    [
      'of a span, a plugin and a handler',
      () => ({ since: new Date(start + 900), until: new Date(start + 4_321), plugin: 'two', name: 'GET /ping' }),
    ],
    ['of a span in which there are none', () => ({ since: new Date(start - 5_000), until: new Date(start) })],
    ['of an event', () => ({ eventId: 'none' })],
    ['dead letters', () => ({ deadLetters: true })],
  ];
  it.each(spans)('are listed alike, page by page: %s', async (_name, filter) => {
    for (const limit of [7, 150]) {
      let before: Id<'run'> | null = null;
      for (let page = 0; page < 6; page += 1) {
        const from: { before?: Id<'run'> } = before === null ? {} : { before };
        const { next } = await both((tx) => listRuns(tx, { ...filter(), ...from, limit }));
        before = next;
        if (before === null) break;
      }
    }
  });

  it('are all there', async () => {
    const { runs, next } = await both((tx) => listRuns(tx, { limit: 100_000 }));
    expect(runs).toHaveLength(calls.length + others.length);
    expect(next).toBeNull();
  });

  it('are found by their ids, with their story', async () => {
    const asked = [...calls.filter((_, index) => index % 211 === 0), ...calls.slice(-3)].map(({ id }) => id);
    for (const id of [...asked, newId('run', start + 1_000)]) {
      await both((tx) => findRun(tx, id));
      await both((tx) => findRunState(tx, id));
      await both((tx) => readRunStory(tx, id));
    }
    expect((await inTenant(chunks, (tx) => findRun(tx, asked[0] ?? newId('run'))))?.id).toBe(asked[0]);
  });

  it.each([100_000, 500, 10])('add up alike, of the newest %i', async (cap) => {
    for (const installationId of plugins)
      for (const until of [undefined, new Date(start + 4_000)])
        await both((tx) =>
          runMetrics(tx, { installationId, since: new Date(start + 777), ...(until && { until }), cap }),
        );
    for (const installationId of [undefined, plugins[0]]) {
      const span = { since: new Date(start), until: new Date(start + 60_000), bucketS: 1, installationId, cap };
      for (const by of seriesKeys) await both((tx) => countRuns(tx, span, by));
      await both((tx) => timeRuns(tx, span));
    }
  });

  it('are in the view alike, column by column', async () => {
    const read = async (db: TestDatabase): Promise<Json> =>
      (
        await db.sql<{ runs: Json }>(
          `select json_agg(to_jsonb(r) - 'from_id' - 'to_id' - 'limits' || jsonb_build_object('limits', limits::text)
             order by id) as runs from every_run r`,
        )
      )[0]?.runs ?? null;
    expect(await read(chunks)).toEqual(await read(rows));
  });
});

describe('a chunk', () => {
  it('is no one else’s: the view shows a tenant its own', async () => {
    const other = await chunks.makeTenant();
    await makeInstallation(chunks, other.id);
    const seen = await chunks.database
      .forTenant(other.id)
      .transaction((tx) => tx.query('select id from every_run union all select last_id from run_chunks'));
    expect(seen).toEqual([]);
    await expect(
      chunks.database
        .forTenant(other.id)
        .transaction((tx) => tx.query('insert into run_chunks select * from run_chunks')),
    ).resolves.toEqual([]);
    await expect(inTenant(chunks, (tx) => tx.query('update run_chunks set runs = 1'))).rejects.toThrow('permission');
  });

  it('holds a bounded number of calls, made within a bounded time', async () => {
    const found = await chunks.sql<{ runs: number; span: number; exact: boolean }>(
      `select runs, (extract(epoch from uuid_extract_timestamp(last_id) - uuid_extract_timestamp(first_id)) * 1000)::int
         as span, cardinality(ids) = runs and first_id = any(ids) and last_id = any(ids) as exact from run_chunks`,
    );
    expect(found.every(({ exact }) => exact)).toBe(true);
    expect(Math.max(...found.map(({ span }) => span))).toBeLessThanOrEqual(chunkSpanMs);
    expect(Math.max(...found.map(({ runs }) => runs))).toBeLessThanOrEqual(chunkRuns);
  });

  it('that may have been written is written again without a second copy', async () => {
    const waiting = new PlainCalls();
    const [call] = calls;
    for (let index = 0; call && index < 20; index += 1) waiting.add({ ...call, id: newId('run') }, '2036-03-01');
    const { chunks: again } = waiting.take();
    expect(again.length).toBeGreaterThan(0);
    const count = (): Promise<unknown> => chunks.sql('select count(*)::int, sum(runs)::int from run_chunks');
    await inTenant(chunks, (tx) => recordChunks(tx, again));
    const once = await count();
    await inTenant(chunks, (tx) => recordChunks(tx, again, { isAgain: true }));
    expect(await count()).toEqual(once);
  });

  /** The plan of a page, with what came of it. */
  const planOf = async (filter: Partial<RunFilter>): Promise<Json> => {
    const statements: { sql: string; parameters: readonly unknown[] }[] = [];
    await inTenant(chunks, async (tx) => {
      const spy = Object.create(tx, {
        rows: {
          value: (_entity: unknown, sql: string, parameters: readonly unknown[]) => {
            statements.push({ sql, parameters });
            return Promise.resolve([]);
          },
        },
      }) as TenantTransaction;
      await listRuns(spy, { limit: 20, ...filter });
    });
    const [asked] = statements;
    const [plan] = await inTenant(chunks, (tx) =>
      tx.query<{ 'QUERY PLAN': Json }>(`explain (analyze, format json) ${asked?.sql ?? ''}`, asked?.parameters ?? []),
    );
    return plan?.['QUERY PLAN'] ?? null;
  };
  const pages = (): (Partial<RunFilter> & { before?: Id<'run'> })[] => [
    {},
    { plugin: 'one' },
    { before: calls[1_200]?.id ?? newId('run') },
  ];

  it('is opened for a page only if it may hold some of its runs', async () => {
    const [{ n = 0 } = {}] = await chunks.sql<{ n: number }>('select count(*)::int as n from run_chunks');
    expect(n).toBeGreaterThan(10);
    for (const filter of pages()) expect(unnested(await planOf(filter))).toBeLessThan(n / 2);
  });

  it('bounds the rows that an index is asked for too, and does not look at all of the tenant’s', async () => {
    await chunks.sql('analyze');
    for (const filter of pages()) expect(JSON.stringify(await planOf(filter))).not.toMatch(/"Filter":"[^"]*InitPlan/);
  });
});

/** How often a plan opened a chunk. */
function unnested(plan: Json): number {
  if (Array.isArray(plan)) return plan.reduce<number>((total, one) => total + unnested(one), 0);
  if (plan === null || typeof plan !== 'object') return 0;
  const own = plan['Node Type'] === 'Function Scan' ? Number(plan['Actual Loops']) : 0;
  return own + Object.values(plan).reduce<number>((total, one) => total + unnested(one as Json), 0);
}
