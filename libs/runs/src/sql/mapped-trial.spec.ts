/** The emit, which keeps its states in PostgreSQL, against the trial, which keeps them in memory. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Mapper, MappingTrial, readMapping, type MadeEvent, type MappingDefinition } from '@annex/events';
import { uuidFromId, type JsonObject } from '@annex/kernel';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { passTime, putMapping } from '../../../../test/support/mappings.js';
import { listDueStates, settleState } from './due-states.js';
import { emitEvent } from './emit-event.js';
import { findEvent } from './read-events.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const document: JsonObject = {
  api_version: 'v1',
  mappings: [
    {
      ...{ source: 's', type: 'a', to: 'a.x', where: { 'data.n': { $gte: 1 } }, severity: 'error' },
      ...{ dedupe: { key: '{{ subject }}', window_s: 240, resolve_after_s: 360 }, resolved_when: { 'data.n': 9 } },
    },
    { source: 's', type: 'b', to: 'b.x', dedupe: { key: '{{ subject }}', window_s: 120 } },
    { source: 's', type: 'done' },
  ],
  correlations: [
    { emit: 'both', all: ['a.x', 'b.x'], by: '{{ subject }}', within_s: 240 },
    { emit: 'stuck', all: ['a.x'], absent: ['done'], by: '{{ subject }}', within_s: 180 },
  ],
  unmapped: 'drop',
};

function definition(): MappingDefinition {
  const reading = readMapping(document);
  if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
  return reading.mapping;
}

/** A minute is the unit, so that the time which a test takes itself does not matter. */
const step = fc.record({
  minutes: fc.constantFrom(0, 0, 1, 2, 3, 5, 8),
  type: fc.constantFrom('a', 'a', 'b', 'done', 'other'),
  subject: fc.constantFrom('k', 'l'),
  n: fc.constantFrom(0, 1, 1, 9),
  ticks: fc.boolean(),
});

it('come to the same, whether a worker looks or not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const { id: tenant } = await db.makeTenant();
      await putMapping(db, tenant, document);
      const trial = new MappingTrial(new Mapper([{ name: 'main', plugin: null, definition: definition() }]));
      const scope = db.database.forTenant(tenant);
      const tick = async (): Promise<void> => {
        const due = await db.database.platform((tx) => listDueStates(tx, { limit: 1000, perTenant: 1000 }));
        for (const state of due.filter(({ tenantId }) => tenantId === tenant))
          await scope.transaction((tx) => settleState(tx, state));
      };
      const expected: MadeEvent[] = [];
      let nowMs = 0;
      for (const [index, { minutes, type, subject, n, ticks }] of steps.entries()) {
        nowMs += minutes * 60_000;
        await passTime(db, tenant, minutes * 60);
        if (ticks) await tick();
        const event = { id: `e${index}`, type, source: 's', subject, data: { n } };
        const time = new Date(nowMs).toISOString();
        const tried = trial.take({ ...event, severity: 'info', tags: [], attributes: {}, time }, nowMs);
        expected.push(...tried.makes);
        await scope.transaction((tx) => emitEvent(tx, event));
        const kept = await scope.transaction((tx) => findEvent(tx, event.id));
        expect(summary(kept)).toEqual(summary({ ...tried, type: tried.event.type }));
      }
      await tick();
      expected.push(...trial.pass(nowMs));
      const rows = await db.sql(
        `select type, subject, alert ->> 'count' as count from events
         where tenant_id = $1 and source = 'annex:mappings/main' order by 1, 2, 3`,
        [uuidFromId(tenant)],
      );
      const made = expected.map(({ type, subject, alert }) => [type, subject, alert && String(alert.count)]);
      expect(rows.map(({ type, subject, count }) => [type, subject, count]).sort()).toEqual(made.sort());
    }),
    { numRuns: 40 },
  );
});

interface Outcome {
  type: string;
  mappedFrom: string | null;
  suppressedBy: { reason: string; rule: string } | null;
  alert: { status: string; count: number } | null;
}

function summary(outcome: Outcome | null): unknown {
  if (outcome === null) return null;
  const { type, mappedFrom, suppressedBy, alert } = outcome;
  return [type, mappedFrom, suppressedBy?.reason, suppressedBy?.rule, alert?.status, alert?.count];
}
