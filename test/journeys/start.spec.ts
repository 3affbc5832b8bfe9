/**
 * What a start does with what it finds: a demo tenant that its owner changed, a folder without its database, a database
 * without its keys.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readSettings } from '../../apps/annex/src/config.js';
import { createPlatform } from '../../apps/annex/src/platform.js';
import { makeClient, startTestAnnex } from '../support/annex.js';
import { openTestDatabase } from '../support/test-database.js';
import { startProgram, type StartedProgram } from '../support/program.js';

let dataDir: string;
let port: number;
const running = new Set<StartedProgram>();

beforeAll(async () => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'annex-start-')), 'data');
  chmodSync(join(dataDir, '..'), 0o755);
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port;
  await new Promise((done) => server.close(done));
});
afterAll(async () => {
  for (const one of running) await one.stop();
  rmSync(join(dataDir, '..'), { recursive: true, force: true });
});

function start(environment: Record<string, string> = {}): StartedProgram {
  const started = startProgram({ PORT: String(port), ANNEX_DATA_DIR: dataDir, ...environment });
  running.add(started);
  void started.ended.then(() => running.delete(started));
  return started;
}

const ready = async (): Promise<{ status: number; process?: string }> => {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  if (!response) return { status: 0 };
  return {
    status: response.status,
    process: ((await response.json()) as { checks: { process: string } }).checks.process,
  };
};

describe('a start that cannot go on is one sentence and exit code 1', () => {
  const owner = (): URL => new URL(inject('postgresUrl'));
  const changed = (change: (url: URL) => void): string => {
    const url = owner();
    change(url);
    return url.href;
  };

  it.each([
    [
      'a wrong password',
      () => ({ DATABASE_URL: changed((url) => (url.password = 'wrong')) }),
      /^annex: DATABASE_URL: PostgreSQL at 127\.0\.0\.1:\d+\/annex cannot be used: password authentication failed for user "annex"\. [^\n]*\n$/,
    ],
    [
      'no such database',
      () => ({ DATABASE_URL: changed((url) => (url.pathname = '/none')) }),
      /^annex: DATABASE_URL: PostgreSQL at \S+ cannot be used: database "none" does not exist\. [^\n]*\n$/,
    ],
    [
      'a folder that cannot be written',
      () => ({ ANNEX_DATA_DIR: '/proc/annex' }),
      /^annex: ANNEX_DATA_DIR: \/proc\/annex cannot be written \([^\n]*\n$/,
    ],
  ])('%s', async (_, environment, sentence) => {
    const refused = start({ PORT: '0', ANNEX_DATA_DIR: join(dataDir, '..', 'other'), ...environment() });
    expect(await refused.ended).toBe(1);
    expect(refused.said()).toMatch(sentence);
  });

  it('a cluster that cannot be made, with PostgreSQL’s own reason', async () => {
    const folder = join(dataDir, '..', 'blocked');
    mkdirSync(join(folder, 'postgres'), { recursive: true });
    // As with a full disk, initdb ends in the middle.
    writeFileSync(join(folder, 'postgres/cluster'), 'in the way');
    const refused = start({ PORT: '0', ANNEX_DATA_DIR: folder });
    expect(await refused.ended).toBe(1);
    expect(refused.said()).toMatch(/^annex: ANNEX_DATA_DIR: PostgreSQL could not make its data folder [^\n]*\n$/);
  });
});

it.runIf(process.platform === 'linux')(
  'a cgroup that is none is refused, whatever starts first behind the walls',
  async () => {
    const db = await openTestDatabase();
    try {
      const settings = readSettings({
        PORT: '0',
        ANNEX_DATA_DIR: join(dataDir, '..', 'none'),
        ANNEX_SANDBOX_CGROUP: '/nowhere',
      });
      const starting = createPlatform({
        settings,
        logins: db.logins,
        logger: pino({ level: 'silent' }),
        masterKey: randomBytes(32),
        jwtSecret: randomBytes(32).toString('hex'),
      });
      await expect(starting.then(({ stop }) => stop())).rejects.toThrow('cgroup');
    } finally {
      await db.close();
    }
  },
);

it('a master key that the secrets were not sealed with is refused at start, with the way out', async () => {
  const db = await openTestDatabase();
  const first = await startTestAnnex({}, { db, masterKey: randomBytes(32) });
  const tenant = await first.makeTenant();
  expect((await tenant.owner.put('/api/secrets/KEY', { value: 'sealed' })).status).toBe(200);
  await expect(startTestAnnex({}, { db, masterKey: randomBytes(32) })).rejects.toThrow(
    /^ANNEX_MASTER_KEY: the secrets of 1 tenant are sealed with another master key \(mk_[0-9a-f]{16}\) .* ANNEX_MASTER_KEY_OLD/,
  );
  await first.stop();
});

describe('a start in development', () => {
  it('is ready only when the demo tenant stands, examples and all', async () => {
    const annex = start();
    const seen: string[] = [];
    for (;;) {
      const { status, process } = await ready();
      if (status === 200) break;
      if (process) seen.push(process);
      await new Promise((done) => setTimeout(done, 20));
    }
    const token = readFileSync(join(dataDir, 'demo-token'), 'utf8').trim();
    const plugins = await makeClient(`http://127.0.0.1:${port}`, token, 'demo').get('/api/plugins/');
    const statuses = plugins.body.items.map(({ slug, status }: { slug: string; status: string }) => [slug, status]);
    expect(Object.fromEntries(statuses)).toEqual({
      'alert-desk': 'enabled',
      // Needs an address, as two others need a token: nobody has set one.
      'cdc-search': 'installed',
      'daily-kpi': 'enabled',
      'dns-zones': 'enabled',
      // Needs a token of another system, which nobody has set.
      'erp-sync': 'installed',
      'github-webhook': 'enabled',
      'pod-doctor': 'installed',
      'slack-notifier': 'enabled',
      'welcome-email': 'enabled',
    });
    expect(new Set(seen)).toEqual(new Set(['starting']));
    expect(await annex.panel).toContain('tenant    demo');
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.said()).toMatch(/^annex: PORT: \d+ on 127\.0\.0\.1 is in use\. [^\n]*\n$/);
    const third = start({ PORT: '0' });
    expect(await third.ended).toBe(1);
    expect(third.said()).toMatch(
      /^annex: ANNEX_DATA_DIR: [^\n]* is in use by the Annex with process id \d+\. [^\n]*\n$/,
    );
    await makeClient(await annex.url, token).patch('/api/tenants/demo', { slug: 'mine', name: 'Mine' });
    await annex.stop();
  }, 240_000);

  it('goes on with a demo tenant that was renamed, and without one that was deleted', async () => {
    const renamed = start();
    const panel = await renamed.panel;
    expect(panel).toContain('tenant    mine');
    const client = makeClient(await renamed.url, readFileSync(join(dataDir, 'demo-token'), 'utf8').trim());
    expect((await client.get('/api/plugins/')).status).toBe(200);
    expect((await client.request('DELETE', '/api/tenants/mine?confirm=mine&now=true')).status).toBeLessThan(300);
    await renamed.stop();

    const deleted = start();
    expect(await deleted.panel).toMatch(
      /tenant {4}no demo tenant\. It was deleted\. Remove \S+demo-made and start again/,
    );
    expect(await ready()).toEqual({ status: 200, process: 'ok' });
    await deleted.stop();

    rmSync(join(dataDir, 'demo-made'));
    const again = start();
    expect(await again.panel).toContain('tenant    demo');
    await again.stop();
  }, 240_000);

  it.each([
    [
      'postgres-password',
      /^annex: ANNEX_DATA_DIR: the database of \S+ is still there, in \S+postgres, but postgres-password, which opens it, is gone from the folder\. [^\n]*\n$/,
    ],
    [
      'master-key',
      /^annex: ANNEX_DATA_DIR: the database in \S+postgres is there, but \S+master-key, which opens its secrets, is gone\. [^\n]*\n$/,
    ],
    ['postgres', /^annex: ANNEX_DATA_DIR: the database of \S+ was in \S+postgres and is gone\. [^\n]*\n$/],
  ])('without %s is one sentence, makes nothing, and goes on once that is back', async (name, sentence) => {
    renameSync(join(dataDir, name), join(dataDir, `away-${name}`));
    const refused = start();
    expect(await refused.ended).toBe(1);
    expect(refused.said()).toMatch(sentence);
    expect(existsSync(join(dataDir, name))).toBe(false);
    renameSync(join(dataDir, `away-${name}`), join(dataDir, name));
  });
});
