/** What becomes of what was remembered when mappings change, and of mappings when plugins do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantActor } from '@annex/kernel';
import { readMapping } from '@annex/events';
import type { PackageMapping } from '@annex/manifest';
import { emitEvent } from '@annex/runs';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { makeInstallation } from '../../../test/support/installations.js';
import { Alerts } from './alerts.js';
import { Mappings } from './mappings.js';
import { connectPackageMappings, restPackageMappings } from './package-mappings.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

interface Stage {
  caller: TenantActor;
  mappings: Mappings;
  put(rule: object, name?: string): Promise<unknown>;
  /** Count and type of the alerts that fire, after one event more. */
  emit(): Promise<[string, number][]>;
}

async function stage(): Promise<Stage> {
  const { id, slug } = await db.makeTenant();
  const caller: TenantActor = { actor: 'usr_1', tenant: { id, slug } };
  const mappings = new Mappings({ database: db.database });
  const alerts = new Alerts({ database: db.database });
  return {
    caller,
    mappings,
    put: (rule, name = 'm') =>
      mappings.put(caller, name, {
        json: { api_version: 'v1', mappings: [{ type: 'a', dedupe: { key: 'k' }, ...rule }] },
        isAdmin: false,
      }),
    emit: async () => {
      await db.database.forTenant(id).transaction((tx) => emitEvent(tx, { type: 'a', source: 's', data: {} }));
      const { items } = await alerts.list(caller, { status: 'firing', limit: 10 });
      return items.map(({ rule, count }) => [rule, count]);
    },
  };
}

describe('an alert', () => {
  it('goes on when its rule changes, and is forgotten when the rule is called otherwise', async () => {
    const { put, emit } = await stage();
    await put({ to: 'b' });
    await emit();
    await put({ to: 'b', severity: 'error' });
    expect(await emit()).toEqual([['m/b', 2]]);
    await put({ to: 'c' });
    expect(await emit()).toEqual([['m/c', 1]]);
    await put({ to: 'd', name: 'c' });
    expect(await emit()).toEqual([['m/c', 2]]);
  });

  it('goes with its mapping, and with no other whose name begins alike', async () => {
    const { put, emit, mappings, caller } = await stage();
    await put({ to: 'b' }, 'm-2');
    await emit();
    await put({ type: 'other', to: 'b' }, 'm');
    await mappings.delete(caller, 'm');
    expect(await emit()).toEqual([['m-2/b', 2]]);
    await mappings.delete(caller, 'm-2');
    expect(await emit()).toEqual([]);
  });
});

describe('mappings of a package', () => {
  const of = (name: string, to: string): PackageMapping => {
    const document = { api_version: 'v1', mappings: [{ type: 'a', to, dedupe: { key: 'k' } }] };
    const reading = readMapping(document);
    if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
    return { name, document, definition: reading.mapping };
  };

  it('are those of the release, and what another release has no more is forgotten', async () => {
    const { caller, mappings, emit } = await stage();
    const installation = await makeInstallation(db, caller.tenant.id);
    const owner = { installationId: installation.id, plugin: 'desk' };
    const inside = db.database.forTenant(caller.tenant.id);
    const connect = (...all: PackageMapping[]): Promise<void> =>
      inside.transaction((tx) => connectPackageMappings(tx, owner, all));
    const names = async (): Promise<string[]> =>
      (await mappings.list(caller, { limit: 10 })).items.map(({ name, version }) => `${name}@${version}`);
    await connect(of('one', 'x'), of('two', 'y'));
    expect(await emit()).toEqual([['desk.one/x', 1]]);
    expect(await names()).toEqual(['desk.one@1', 'desk.two@1']);
    await connect(of('one', 'x'));
    expect(await emit()).toEqual([['desk.one/x', 2]]);
    expect(await names()).toEqual(['desk.one@2']);
    await inside.transaction((tx) => restPackageMappings(tx, installation.id));
    expect([await names(), await emit()]).toEqual([[], []]);
  });
});
