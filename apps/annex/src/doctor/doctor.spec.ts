import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { testCertificate } from '../../../../libs/egress/src/test-certificate.js';
import { readSettings } from '../config.js';
import { certificateLooks, placesOf } from './certificate-looks.js';
import { seenOfDisk } from './disk-looks.js';
import { contradictions, ofSeveralHosts, settingsLook } from './settings-looks.js';

const keys = { ANNEX_MASTER_KEY: 'ab'.repeat(32), ANNEX_JWT_SECRET: 's'.repeat(32) };
const production = {
  NODE_ENV: 'production',
  ...keys,
  ANNEX_ADMIN_EMAIL: 'ops@example.com',
  ANNEX_ADMIN_PASSWORD: 'a-long-password',
};

it('warns of a disk that fills, and calls a full one a fault', () => {
  const of = (free: number) => seenOfDisk('/data', { free, all: 1000 }).status;
  expect([of(500), of(99), of(29)]).toEqual(['ok', 'warning', 'fault']);
});

it('warns of settings that contradict each other or the machines they run on', async () => {
  const told = contradictions(
    readSettings({
      ...production,
      SMTP_URL: 'smtp://mail',
      ANNEX_PUBLIC_URL: 'https://annex.example.com',
      ANNEX_EXECUTOR_ISOLATION: 'shared',
      ANNEX_SANDBOX_REQUIRE: 'T2',
    }),
  ).map(({ detail }) => detail);
  for (const word of ['MAIL_FROM', 'ANNEX_TRUST_PROXY', 'ANNEX_EXECUTOR_ISOLATION'])
    expect(told).toContainEqual(expect.stringContaining(word));
  expect(contradictions(readSettings(production))).toEqual([]);
  const settings = readSettings(production);
  expect(ofSeveralHosts(settings, 1)).toEqual([]);
  expect(ofSeveralHosts(settings, 2).map(({ detail }) => detail)).toEqual([
    'FILES_URL is a folder, and processes run on 2 hosts.',
    'ANNEX_PUBLIC_URL is not set.',
  ]);
  const old = readSettings({ ...production, ANNEX_JWT_SECRET_OLD: 'o'.repeat(32) });
  expect(await settingsLook(old, () => Promise.resolve([])).look()).toMatchObject([{ status: 'warning' }]);
});

it('reads the certificates of what the settings name, believed or not', async () => {
  const server = createServer(testCertificate, (socket) => socket.end());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  try {
    const settings = readSettings({
      ANNEX_PUBLIC_URL: `https://127.0.0.1:${port}`,
      LLM_BASE_URL: 'https://[::1]:1/v1',
    });
    expect(placesOf(settings).map(({ setting }) => setting)).toEqual(['ANNEX_PUBLIC_URL', 'LLM_BASE_URL']);
    const [own, gone] = certificateLooks(settings);
    expect(await own?.look()).toEqual([
      {
        status: 'ok',
        detail: `ANNEX_PUBLIC_URL (127.0.0.1:${port}): its certificate ends on 2120-01-01.`,
        way_out: null,
      },
    ]);
    await expect(gone?.look()).rejects.toThrow();
  } finally {
    server.close();
  }
});

it('asks for the certificates of PostgreSQL and Redis where they are reached over TLS', () => {
  const settings = readSettings({
    DATABASE_URL: 'postgres://annex:secret@db/annex?sslmode=verify-full',
    REDIS_URL: 'rediss+cluster://n1:7000,n2',
  });
  expect(placesOf(settings).map(({ setting, host, port }) => [setting, host, port])).toEqual([
    ['DATABASE_URL', 'db', 5432],
    ['REDIS_URL', 'n1', 7000],
    ['REDIS_URL', 'n2', 6379],
  ]);
  expect(placesOf(readSettings({ DATABASE_URL: 'postgres://annex:secret@db/annex', REDIS_URL: 'redis://r' }))).toEqual(
    [],
  );
});
