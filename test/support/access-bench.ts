/** An Access on a database of the suite's own, and people to sign in. For specs. */
import { silentLogger, systemClock } from '@annex/kernel';
import { emitEvent } from '@annex/runs';
import { afterAll, beforeAll, expect } from 'vitest';
import { openTestDatabase, type TestDatabase } from './test-database.js';
import { Access, type AccessOptions } from '../../libs/access/src/access.js';
import { systemCaller, type Caller } from '../../libs/access/src/caller.js';
import type { Role } from '../../libs/access/src/roles.js';

export const jwtSecret = 'a secret of this suite, long enough';
export const password = 'correct horse';
export let db: TestDatabase;
export let access: Access;
let names = 0;
export const make = (options: Partial<AccessOptions> = {}): Access =>
  Access.create({
    database: db.database,
    emit: emitEvent,
    clock: systemClock,
    logger: silentLogger,
    jwtSecret,
    ...options,
  });
export const freshEmail = (): string => `person-${(names += 1)}@example.test`;

export async function makeTenant(): Promise<Caller['tenant']> {
  const { id, slug } = await db.makeTenant();
  return { id, slug, name: slug };
}

/** A user of a tenant, signed in. */
export async function signUp(
  tenant: Caller['tenant'],
  role: Role,
  email = freshEmail(),
  from: Access = access,
): Promise<{ caller: Caller; bearer: string; id: string; email: string }> {
  const user = await from.users.create(systemCaller(tenant), { email, password, role });
  const { access_token } = await from.login({ email, password, tenant: tenant.slug, address: '192.0.2.1' });
  return { caller: await callerOf(access_token, tenant.slug, from), bearer: access_token, id: user.id, email };
}

export async function callerOf(bearer: string, slug?: string, from: Access = access): Promise<Caller> {
  const { caller } = await from.resolveTenant(await from.authenticate(bearer), { slugHeader: slug }, 'req_1');
  if (!caller) throw new Error('nobody calls');
  return caller;
}

/** What is in memory once news of earlier changes, which may empty it, has arrived. */
export const remembered = (from: Access, bearer: string) =>
  expect.poll(async () => (await from.authenticate(bearer)) && from.authenticateCached(bearer));
export const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing was thrown',
    (thrown: { code: string; kind: { status: number } }) => `${thrown.kind.status} ${thrown.code}`,
  );

/** Opens database and `access` before the tests of a suite, and closes them after. */
export function openAccess(): void {
  beforeAll(async () => {
    db = await openTestDatabase();
    access = make();
    await access.start();
  });
  afterAll(async () => {
    await access.stop();
    await db.close();
  });
}
