/** docs/operations.md, day two: a backup that is restored elsewhere runs, and a master key is changed. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClient, until, type Client } from '../support/annex.js';
import { install } from '../support/deployment.js';
import { startProgram, type StartedProgram } from '../support/program.js';

const operator = { email: 'operator@example.com', password: 'operator-password' };
const newKey = (): string => randomBytes(32).toString('hex');
const keys = { first: newKey(), second: newKey() };

let home: string;
let running: StartedProgram | undefined;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annex-day-two-'));
  // PostgreSQL, which runs as a user of its own, has to come in.
  chmodSync(home, 0o755);
});
afterAll(async () => {
  await running?.stop();
  rmSync(home, { recursive: true, force: true });
});

/** Starts Annex in a folder; answers a client of an operator in the tenant `acme`. */
async function start(folder: string, environment: Record<string, string>): Promise<Client> {
  await running?.stop();
  running = startProgram({
    PORT: '0',
    ANNEX_DATA_DIR: join(home, folder),
    ANNEX_ADMIN_EMAIL: operator.email,
    ANNEX_ADMIN_PASSWORD: operator.password,
    ...environment,
  });
  const url = await running.url;
  await running.panel;
  const { body } = await makeClient(url, '').post('/api/auth/login', operator);
  return makeClient(url, body.access_token, 'acme');
}

/** What the plugin has: its secret, and the orders that it counted. */
async function kept(client: Client): Promise<unknown> {
  return (await client.get('/ext/keeper/')).body;
}

async function order(client: Client, wanted: number): Promise<void> {
  expect((await client.post('/api/events', { type: 'order.paid', data: {} })).status).toBe(202);
  await until(
    () => kept(client),
    (seen) => (seen as { orders?: number }).orders === wanted,
  );
}

describe('day two', { timeout: 300_000 }, () => {
  it('a copy of the data folder runs elsewhere, with secrets, state and background work', async () => {
    const before = await start('data', { ANNEX_MASTER_KEY: keys.first });
    expect((await before.post('/api/tenants', { slug: 'acme', name: 'Acme' })).status).toBe(201);
    const code = `
      import { hook, route } from '@annex/sdk'
      route('/', async (ctx) => ({ key: await ctx.secrets.get('KEY'), orders: await ctx.kv.get('orders') }))
      hook('order.paid', (ctx) => ctx.kv.incr('orders'))
    `;
    const permissions = ['db.read', 'db.write'];
    const manifest = { slug: 'keeper', routes: true, events: ['order.*'], secrets: ['KEY'], permissions };
    await install(before, { manifest, code });
    expect((await before.put('/api/plugins/keeper/secrets/KEY', { value: 'of-the-shop' })).status).toBeLessThan(300);
    await order(before, 1);
    await running?.stop();
    // As the page says: files keep their owners.
    execFileSync('cp', ['-a', join(home, 'data'), join(home, 'restored')]);
    rmSync(join(home, 'data'), { recursive: true });
    const after = await start('restored', { ANNEX_MASTER_KEY: keys.first });
    expect(await kept(after)).toEqual({ key: 'of-the-shop', orders: 1 });
    await order(after, 2);
  });

  it('the master key is changed in three steps, in each of which processes of the step before can read', async () => {
    const toCome = { ANNEX_MASTER_KEY: keys.first, ANNEX_MASTER_KEY_OLD: keys.second };
    const changing = { ANNEX_MASTER_KEY: keys.second, ANNEX_MASTER_KEY_OLD: keys.first };
    const changed = { ANNEX_MASTER_KEY: keys.second };
    for (const step of [toCome, changing, toCome, changing, changed])
      expect(await kept(await start('restored', step))).toEqual({ key: 'of-the-shop', orders: 2 });
    await running?.stop();
    // The old key is of no more use.
    const refused = startProgram({ PORT: '0', ANNEX_DATA_DIR: join(home, 'restored'), ANNEX_MASTER_KEY: keys.first });
    expect(await refused.ended).toBe(1);
    running = undefined;
  });
});
