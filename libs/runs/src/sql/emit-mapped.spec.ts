/** What mappings make of events, in the transaction that writes them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { armFailpoints, uuidFromId, type Id, type JsonObject } from '@annex/kernel';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { makeInstallation, subscribe } from '../../../../test/support/installations.js';
import { passTime, putMapping } from '../../../../test/support/mappings.js';
import { Events } from '../events.js';
import { listDueStates, settleState } from './due-states.js';
import { emitEvent, type NewEvent } from './emit-event.js';
import { findEvent, type StoredEvent } from './read-events.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

interface Stage {
  tenant: Id<'tenant'>;
  emit(event?: Partial<NewEvent>): Promise<{ eventId: string; handlers: number; event: StoredEvent }>;
  put(document: JsonObject, name?: string): Promise<void>;
  pass(seconds: number): Promise<void>;
  events(type: string): Promise<StoredEvent[]>;
}

/** A tenant of whose plugin's hooks have these patterns. */
async function stage(...patterns: string[]): Promise<Stage> {
  const { id: tenant } = await db.makeTenant();
  const installation = await makeInstallation(db, tenant);
  for (const pattern of patterns) await subscribe(db, installation, pattern);
  const scope = db.database.forTenant(tenant);
  const find = async (id: string): Promise<StoredEvent> => {
    const found = await scope.transaction((tx) => findEvent(tx, id));
    if (!found) throw new Error(`no event ${id}`);
    return found;
  };
  return {
    tenant,
    emit: async (event = {}) => {
      const made = { type: 'pod-restart', source: 'kubernetes', subject: 'web-1', data: { n: 1 }, ...event };
      const { eventId, runs } = await scope.transaction((tx) => emitEvent(tx, made));
      return { eventId, handlers: runs.length, event: await find(eventId) };
    },
    put: (document, name) => putMapping(db, tenant, document, name),
    pass: (seconds) => passTime(db, tenant, seconds),
    events: async (type) => {
      const rows = await db.sql('select id from events where tenant_id = $1 and type = $2 order by id', [
        uuidFromId(tenant),
        type,
      ]);
      return Promise.all(rows.map(({ id }) => find(id as string)));
    },
  };
}

const restart = { source: 'kubernetes', type: 'pod-restart', to: 'pod.restart' };

describe('a mapped event', () => {
  it('has its new type, severity, tags and subject, and says what it was', async () => {
    const { put, emit } = await stage('pod.restart');
    await put({
      mappings: [
        { ...restart, severity: 'warning', tags: { category: 'reliability' }, set: { subject: '{{ data.name }}' } },
      ],
    });
    const { event, handlers } = await emit({ tags: ['own'], data: { name: 'web-7' } });
    expect(event).toMatchObject({
      ...{ type: 'pod.restart', rawType: 'pod-restart', mappedFrom: 'main/pod.restart', severity: 'warning' },
      ...{ tags: ['own', 'category:reliability'], subject: 'web-7', suppressedBy: null, alert: null },
    });
    expect(handlers).toBe(1);
  });

  it('goes to hooks on either of its names, to each once', async () => {
    const { put, emit } = await stage('pod.restart', 'pod-restart', '**');
    await put({ mappings: [restart] });
    expect((await emit()).handlers).toBe(3);
  });

  it('is what the rules make of it from the commit of a change on, and as it is where none takes it', async () => {
    const { put, emit } = await stage('pod.restart', 'pod.fell');
    expect((await emit()).event).toMatchObject({ type: 'pod-restart', mappedFrom: null, rawType: null });
    await put({ mappings: [restart] });
    expect((await emit()).event.type).toBe('pod.restart');
    await put({ mappings: [{ ...restart, to: 'pod.fell' }] });
    expect(await emit()).toMatchObject({ handlers: 1, event: { type: 'pod.fell' } });
    await put({ mappings: [{ ...restart, enabled: false }] });
    expect((await emit()).event.type).toBe('pod-restart');
    await put({ mappings: [restart] });
    expect((await emit({ source: 'other' })).event).toMatchObject({ type: 'pod-restart', mappedFrom: null });
  });

  it('of another tenant is not touched', async () => {
    const [one, two] = [await stage('pod.restart'), await stage('pod.restart')];
    await one.put({ mappings: [{ ...restart, dedupe: { key: '{{ subject }}' } }] });
    await one.emit();
    expect((await two.emit()).event).toMatchObject({ type: 'pod-restart', mappedFrom: null });
    expect(await db.sql('select 1 from event_states where tenant_id = $1', [uuidFromId(two.tenant)])).toEqual([]);
  });

  it('is dropped, and shown, where its source is to hold nothing else', async () => {
    const { put, emit } = await stage('**');
    await put({ mappings: [restart], unmapped: 'drop' });
    expect(await emit({ type: 'pod-pending' })).toMatchObject({
      handlers: 0,
      event: { suppressedBy: { reason: 'unmapped', rule: 'main', alert: null } },
    });
    expect((await emit({ type: 'pod-pending', source: 'other' })).handlers).toBe(1);
  });

  it('that is rejected is kept as it came', async () => {
    const { put, emit } = await stage('**');
    await put({ mappings: [{ ...restart, dedupe: { key: '{{ subject }}' } }] });
    const rejected = { reason: 'no', missing: ['data.x'] };
    expect(await emit({ rejected })).toMatchObject({ handlers: 0, event: { type: 'pod-restart', rejected } });
    expect((await emit()).handlers).toBe(1);
  });
});

describe('a process that dies between writing and commit', () => {
  it('has counted nothing, opened nothing and lost nothing: the same event, sent again, is the first', async () => {
    const on = await stage('pod.restart', 'both');
    await on.put({
      mappings: [{ ...restart, dedupe: { key: '{{ subject }}', window_s: 60 } }],
      correlations: [{ emit: 'both', all: ['pod.restart', 'b'], by: '{{ subject }}', within_s: 60 }],
    });
    await on.emit({ type: 'b' });
    const events = new Events({ database: db.database });
    const caller = { actor: 'usr_1', tenant: { id: on.tenant, slug: 's' }, role: 'owner' };
    const event = { id: 'one', type: 'pod-restart', source: 'kubernetes', subject: 'web-1', data: {}, time: null };
    const labels = { severity: 'info' as const, tags: [], attributes: {} };
    const disarm = armFailpoints((name) => {
      if (name === 'emit.written') throw new Error('died');
    });
    try {
      await expect(events.emit(caller, { ...event, ...labels })).rejects.toThrow('died');
    } finally {
      disarm();
    }
    expect([...(await on.events('pod.restart')), ...(await on.events('both'))]).toEqual([]);
    const { duplicate, runs } = await events.emit(caller, { ...event, ...labels });
    expect([duplicate, runs.length]).toEqual([false, 1]);
    expect(await on.events('pod.restart')).toMatchObject([{ alert: { count: 1 }, suppressedBy: null }]);
    expect(await on.events('both')).toMatchObject([{ deliveries: [{}] }]);
  });
});

describe('events of one key', () => {
  const rule = { ...restart, dedupe: { key: '{{ subject }}', window_s: 60, resolve_after_s: 600 } };

  it('go through once in a window; the others are shown with why, and counted', async () => {
    const { put, emit, pass } = await stage('pod.restart');
    await put({ mappings: [rule] });
    const first = await emit();
    expect(first).toMatchObject({ handlers: 1, event: { alert: { status: 'firing', count: 1 }, suppressedBy: null } });
    const alert = first.event.alert?.id;
    expect(await emit()).toMatchObject({
      handlers: 0,
      event: { alert: { id: alert, count: 2 }, suppressedBy: { reason: 'window', rule: 'main/pod.restart', alert } },
    });
    expect((await emit({ subject: 'web-2' })).handlers).toBe(1);
    await pass(60);
    expect(await emit()).toMatchObject({ handlers: 1, event: { alert: { id: alert, count: 3 } } });
  });

  it('are never counted with one that was known, or undone', async () => {
    const { put, emit, tenant } = await stage('pod.restart');
    await put({ mappings: [rule] });
    await emit({ id: 'one' });
    expect(await emit({ id: 'one' })).toMatchObject({ handlers: 1, event: { alert: { count: 1 } } });
    const undone = db.database.forTenant(tenant).transaction(async (tx) => {
      await emitEvent(tx, { type: 'pod-restart', source: 'kubernetes', subject: 'web-9', data: {} });
      throw new Error('later');
    });
    await expect(undone).rejects.toThrow('later');
    expect(await emit({ subject: 'web-9' })).toMatchObject({ handlers: 1, event: { alert: { count: 1 } } });
  });

  it('that come at once go through once', async () => {
    const { put, emit } = await stage('pod.restart');
    await put({ mappings: [rule] });
    const all = await Promise.all(Array.from({ length: 12 }, () => emit()));
    expect(all.filter(({ handlers }) => handlers === 1)).toHaveLength(1);
    expect(all.map(({ event }) => event.alert?.count).sort((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it('are resolved by an event that says so, once', async () => {
    const { put, emit } = await stage('pod.restart');
    await put({ mappings: [{ ...rule, resolved_when: { 'data.status': 'ok' } }] });
    const { event } = await emit();
    const ok = { data: { status: 'ok' } };
    expect(await emit(ok)).toMatchObject({
      handlers: 1,
      event: { alert: { id: event.alert?.id, status: 'resolved', count: 2 }, suppressedBy: null },
    });
    expect(await emit(ok)).toMatchObject({ handlers: 0, event: { suppressedBy: { reason: 'resolved' } } });
    const again = await emit();
    expect(again).toMatchObject({ handlers: 1, event: { alert: { status: 'firing', count: 1 } } });
    expect(again.event.alert?.id).not.toBe(event.alert?.id);
  });

  it('begin a new alert when the old one is over, whose end is told first', async () => {
    const { put, emit, pass, events } = await stage('pod.restart');
    await put({ mappings: [rule] });
    const first = await emit({ data: { n: 7 } });
    await pass(600);
    const second = await emit();
    expect(second).toMatchObject({ handlers: 1, event: { alert: { status: 'firing', count: 1 } } });
    const told = (await events('pod.restart')).filter(({ alert }) => alert?.status === 'resolved');
    expect(told).toMatchObject([
      { alert: { id: first.event.alert?.id, count: 1 }, data: { n: 7 }, source: 'annex:mappings/main' },
    ]);
    expect(told[0]?.deliveries).toHaveLength(1);
  });

  it('of more keys than there is room for go through uncounted', async () => {
    const { put, emit, tenant } = await stage('pod.restart');
    await put({ mappings: [rule] });
    await emit();
    await db.sql(
      `insert into event_states select tenant_id, rule, 'k' || n, gen_random_uuid(), status, type, event_id, count,
         first_at, last_at, passed_at, ends_at from event_states, generate_series(2, 10000) n where tenant_id = $1`,
      [uuidFromId(tenant)],
    );
    // The count comes due within as many keys as were left when it was last made.
    const outcomes = [];
    for (let n = 0; n < 1300; n += 1) outcomes.push((await emit({ subject: `new-${n}` })).event.alert);
    expect(outcomes.at(-1)).toBeNull();
    const [{ count }] = (await db.sql('select count(*)::int from event_states where tenant_id = $1', [
      uuidFromId(tenant),
    ])) as [{ count: number }];
    expect(count).toBeLessThan(11_300);
    expect(await emit({ subject: 'new-1299' })).toMatchObject({ handlers: 1, event: { suppressedBy: null } });
    expect(await emit()).toMatchObject({ handlers: 0, event: { suppressedBy: { reason: 'window' } } });
  });

  it('whose key is empty are not counted', async () => {
    const { put, emit } = await stage('pod.restart');
    await put({ mappings: [rule] });
    for (let n = 0; n < 2; n += 1)
      expect(await emit({ subject: null })).toMatchObject({ handlers: 1, event: { alert: null } });
  });
});

describe('what is remembered and due', () => {
  const rule = { ...restart, dedupe: { key: '{{ subject }}', window_s: 60, resolve_after_s: 600 } };
  const missing = {
    emit: 'deploy.stuck',
    all: ['deploy.started'],
    absent: ['deploy.done'],
    by: '{{ subject }}',
    within_s: 60,
  };

  /** What a worker does that looks. Answers how many states it found. */
  const tick = async ({ tenant }: Stage): Promise<number> => {
    const due = await db.database.platform((tx) => listDueStates(tx, { limit: 1000, perTenant: 1000 }));
    const own = due.filter(({ tenantId }) => tenantId === tenant);
    for (const state of own) await db.database.forTenant(tenant).transaction((tx) => settleState(tx, state));
    return own.length;
  };

  it('is told once: an alert that is over', async () => {
    const on = await stage('pod.restart');
    await on.put({ mappings: [{ ...rule, severity: 'error', tags: ['t'] }] });
    const { event } = await on.emit();
    expect(await tick(on)).toBe(0);
    await on.pass(600);
    expect([await tick(on), await tick(on)]).toEqual([1, 0]);
    const [, told] = await on.events('pod.restart');
    expect(told).toMatchObject({
      ...{ severity: 'error', tags: ['t'], subject: 'web-1', mappedFrom: 'main/pod.restart', deliveries: [{}] },
      alert: { id: event.alert?.id, status: 'resolved', count: 1 },
    });
    expect(await on.emit()).toMatchObject({ handlers: 1, event: { alert: { status: 'firing', count: 1 } } });
  });

  it('is forgotten where nothing is to be told: a window, and an alert long resolved', async () => {
    const on = await stage();
    await on.put({ mappings: [{ ...restart, dedupe: { key: '{{ subject }}', window_s: 60 } }] });
    await on.emit();
    await on.pass(60);
    expect(await tick(on)).toBe(1);
    await on.put({ mappings: [rule] });
    await on.emit();
    for (const seconds of [600, 7 * 86_400]) {
      await on.pass(seconds);
      expect(await tick(on)).toBe(1);
    }
    expect(await db.sql('select 1 from event_states where tenant_id = $1', [uuidFromId(on.tenant)])).toEqual([]);
    expect(await on.events('pod.restart')).toHaveLength(3);
  });

  it('is told once: what did not come, and not where it came', async () => {
    const on = await stage('deploy.stuck');
    await on.put({ correlations: [missing] });
    const { eventId } = await on.emit({ type: 'deploy.started' });
    await on.emit({ type: 'deploy.started', subject: 'web-2' });
    await on.emit({ type: 'deploy.done', subject: 'web-2' });
    expect(await tick(on)).toBe(0);
    await on.pass(60);
    expect(await tick(on)).toBe(1);
    expect(await on.events('deploy.stuck')).toMatchObject([
      { subject: 'web-1', data: { events: [eventId] }, deliveries: [{}] },
    ]);
    await on.pass(60);
    expect(await tick(on)).toBe(1);
    expect(await db.sql('select 1 from correlation_states where tenant_id = $1', [uuidFromId(on.tenant)])).toEqual([]);
    expect(await on.events('deploy.stuck')).toHaveLength(1);
  });

  it('is told by an event too that comes before the worker looks', async () => {
    const on = await stage();
    await on.put({ correlations: [missing] });
    await on.emit({ type: 'deploy.started' });
    await on.pass(61);
    await on.emit({ type: 'deploy.done' });
    expect(await on.events('deploy.stuck')).toHaveLength(1);
    expect(await tick(on)).toBe(0);
  });

  it('is told once however many workers look', async () => {
    const on = await stage();
    await on.put({ mappings: [rule], correlations: [missing] });
    for (let n = 0; n < 5; n += 1) {
      await on.emit({ subject: `web-${n}` });
      await on.emit({ type: 'deploy.started', subject: `web-${n}` });
    }
    await on.pass(600);
    const due = await db.database.platform((tx) => listDueStates(tx, { limit: 1000, perTenant: 1000 }));
    const own = due.filter(({ tenantId }) => tenantId === on.tenant);
    expect(own).toHaveLength(10);
    const scope = db.database.forTenant(on.tenant);
    await Promise.all([...own, ...own, ...own].map((state) => scope.transaction((tx) => settleState(tx, state))));
    expect((await on.events('pod.restart')).filter(({ alert }) => alert?.status === 'resolved')).toHaveLength(5);
    expect(await on.events('deploy.stuck')).toHaveLength(5);
  });

  it('stays due where the worker dies before its commit', async () => {
    const on = await stage();
    await on.put({ mappings: [rule] });
    await on.emit();
    await on.pass(600);
    const disarm = armFailpoints((name) => {
      if (name === 'tick.written') throw new Error('died');
    });
    try {
      await expect(tick(on)).rejects.toThrow('died');
    } finally {
      disarm();
    }
    expect(await on.events('pod.restart')).toHaveLength(1);
    expect(await tick(on)).toBe(1);
    expect(await on.events('pod.restart')).toHaveLength(2);
  });

  it('of a rule that is gone is forgotten', async () => {
    const on = await stage();
    await on.put({ correlations: [missing] });
    await on.emit({ type: 'deploy.started' });
    await on.put({});
    await on.pass(60);
    expect(await tick(on)).toBe(1);
    expect(await on.events('deploy.stuck')).toEqual([]);
  });
});

describe('a correlation', () => {
  const both = { emit: 'incident.opened', all: ['a.x', 'b.x'], by: '{{ subject }}', within_s: 60 };

  it('makes its event when all have come for one key within the time, once', async () => {
    const { put, emit, pass, events } = await stage('incident.opened');
    await put({ correlations: [both] });
    const one = await emit({ type: 'a.x' });
    await emit({ type: 'b.x', subject: 'other' });
    expect(await events('incident.opened')).toEqual([]);
    const two = await emit({ type: 'b.x' });
    await emit({ type: 'a.x' });
    await emit({ type: 'b.x' });
    expect(await events('incident.opened')).toMatchObject([
      {
        ...{ subject: 'web-1', severity: 'warning', mappedFrom: 'main/incident.opened' },
        data: { key: 'web-1', events: [one.eventId, two.eventId] },
        deliveries: [{ status: 'queued' }],
      },
    ]);
    await pass(60);
    await emit({ type: 'b.x' });
    await emit({ type: 'a.x' });
    expect(await events('incident.opened')).toHaveLength(2);
  });

  it('forgets what came too long ago', async () => {
    const { put, emit, pass, events } = await stage();
    await put({ correlations: [both] });
    await emit({ type: 'a.x' });
    await pass(60);
    await emit({ type: 'b.x' });
    expect(await events('incident.opened')).toEqual([]);
    await emit({ type: 'a.x' });
    expect(await events('incident.opened')).toHaveLength(1);
  });

  it('counts an event by its mapped type, also one that the window kept back', async () => {
    const { put, emit, events } = await stage();
    await put({
      mappings: [{ type: 'a.raw', to: 'a.x', dedupe: { key: '{{ subject }}' } }],
      correlations: [both],
    });
    await emit({ type: 'a.raw' });
    await db.sql('delete from correlation_states');
    expect((await emit({ type: 'a.raw' })).event.suppressedBy).toMatchObject({ reason: 'window' });
    await emit({ type: 'b.x' });
    expect(await events('incident.opened')).toHaveLength(1);
  });

  it('is undone with the event that completed it', async () => {
    const { put, emit, tenant, events } = await stage();
    await put({ correlations: [both] });
    await emit({ type: 'a.x' });
    const undone = db.database.forTenant(tenant).transaction(async (tx) => {
      await emitEvent(tx, { type: 'b.x', source: 's', subject: 'web-1', data: {} });
      throw new Error('later');
    });
    await expect(undone).rejects.toThrow('later');
    expect(await events('incident.opened')).toEqual([]);
    await emit({ type: 'b.x' });
    expect(await events('incident.opened')).toHaveLength(1);
  });
});
