import { describe, expect, it } from 'vitest';
import { InvalidSettings, readSettings, unknownSettings } from './config.js';

const keys = { ANNEX_MASTER_KEY: 'ab'.repeat(32), ANNEX_JWT_SECRET: 's'.repeat(32) };
const production = {
  NODE_ENV: 'production',
  ...keys,
  ANNEX_ADMIN_EMAIL: 'ops@example.com',
  ANNEX_ADMIN_PASSWORD: 'a-long-password',
};

function problemsOf(environment: Record<string, string | undefined>): string[] {
  try {
    readSettings(environment);
    return [];
  } catch (thrown) {
    if (thrown instanceof InvalidSettings) return thrown.problems;
    throw thrown;
  }
}

it('needs nothing to be set in development, and listens on the loopback address', () => {
  expect(readSettings({})).toMatchObject({
    production: false,
    port: 3000,
    host: '127.0.0.1',
    databaseUrl: undefined,
    redisUrl: undefined,
    dataDir: '.annex',
    masterKey: undefined,
    role: 'all',
    minIntervalS: 60,
    executorIsolation: 'tenant',
    sandboxUsers: undefined,
    sandboxCgroup: undefined,
    sandboxRequires: 'T0',
    sandboxKernelRules: 'auto',
    python: 'on',
    egressAllowPrivate: [],
    packages: { rule: 'any', publishers: undefined, catalogueUrl: undefined },
    logLevel: 'info',
  });
});

it('asks for somebody who can vouch where packages have to be vouched for', () => {
  const at = { ANNEX_CATALOGUE_URL: 'file:///srv/packages/' };
  expect(problemsOf({ ANNEX_PACKAGES: 'signed' })).toEqual([expect.stringMatching(/^ANNEX_PUBLISHERS: required/)]);
  expect(problemsOf(at)).toEqual([expect.stringMatching(/^ANNEX_PUBLISHERS: required/)]);
  expect(problemsOf({ ANNEX_PACKAGES: 'catalogue', ANNEX_PUBLISHERS: 'p.json' })).toEqual([
    expect.stringMatching(/^ANNEX_CATALOGUE_URL: required/),
  ]);
  for (const place of ['http://keys.example.com/p.json', 'ftp://127.0.0.1/p.json'])
    expect(problemsOf({ ANNEX_PUBLISHERS: place })).toEqual([expect.stringMatching(/^ANNEX_PUBLISHERS: must be/)]);
  for (const place of ['p.json', '/etc/p.json', 'file:///p.json', 'https://keys.example.com/', 'http://127.0.0.1:1/p'])
    expect(readSettings({ ...at, ANNEX_PUBLISHERS: place }).packages.publishers).toBe(place);
});

it('takes an empty variable for one that is not set', () => {
  expect(readSettings({ PORT: '', DATABASE_URL: '', ANNEX_ROLE: '', ANNEX_DATA_DIR: '' })).toEqual(readSettings({}));
});

it('reads the operator’s views, with every problem and its place', () => {
  const views = {
    orders: { view: 'app.orders', tenant_column: 'tenant_slug' },
    people: { view: 'people', tenant_column: 'tenant', tenant: 'id', id_column: 'key' },
  };
  expect(readSettings({ ANNEX_TABLES: JSON.stringify(views) }).tableViews).toEqual({
    orders: { view: 'app.orders', tenantColumn: 'tenant_slug', tenant: 'slug', idColumn: 'id' },
    people: { view: 'people', tenantColumn: 'tenant', tenant: 'id', idColumn: 'key' },
  });
  expect(problemsOf({ ANNEX_TABLES: '{' })).toEqual([expect.stringMatching(/^ANNEX_TABLES: must be JSON/)]);
  expect(problemsOf({ ANNEX_TABLES: '[]' })).toEqual([expect.stringMatching(/^ANNEX_TABLES: must be an object/)]);
  const bad = {
    users: views.orders,
    Orders: views.orders,
    annex_x: views.orders,
    one: { view: 'a.b.c', tenant_column: '', tenant: 'name', extra: 1 },
  };
  expect(
    problemsOf({ ANNEX_TABLES: JSON.stringify(bad) }).map((line) => line.split(': ').slice(0, 2).join(' ')),
  ).toEqual([
    'ANNEX_TABLES /users',
    'ANNEX_TABLES /Orders',
    'ANNEX_TABLES /annex_x',
    'ANNEX_TABLES /one/view',
    'ANNEX_TABLES /one/tenant_column',
    'ANNEX_TABLES /one/tenant',
    'ANNEX_TABLES /one',
  ]);
});

it('reads what runs may use as JSON, and says each thing that is wrong with it', () => {
  expect(readSettings({}).runCeilings).toEqual({});
  const limits = { memory_mb: 200, wall_ms: { route: 20_000 } };
  expect(readSettings({ ANNEX_LIMITS: JSON.stringify(limits) }).runCeilings).toEqual({
    memoryMb: 200,
    wallMs: { route: 20_000 },
  });
  expect(problemsOf({ ANNEX_LIMITS: '{"memory_mb": 4096, "emits": -1}' })).toEqual([
    'ANNEX_LIMITS: /memory_mb: must be a whole number from 8 to 256',
    'ANNEX_LIMITS: /emits: must be a whole number from 0 to 1000',
  ]);
  expect(problemsOf({ ANNEX_LIMITS: 'memory_mb=200' })).toEqual([
    expect.stringContaining('ANNEX_LIMITS: must be JSON:'),
  ]);
});

it('names all problems together, each with its variable', () => {
  const problems = problemsOf({
    PORT: '70000',
    DATABASE_URL: 'mysql://db/annex',
    REDIS_URL: 'redis',
    ANNEX_MASTER_KEY: 'short',
    ANNEX_JWT_SECRET: 'short',
    ANNEX_ROLE: 'both',
    ANNEX_MIN_INTERVAL_S: '0',
    ANNEX_RESERVED_EVENTS: 'payments.**, Builder.*',
    ANNEX_EGRESS_ALLOW_PRIVATE: '10.0.0.5',
    LOG_LEVEL: 'loud',
    ANNEX_ADMIN_EMAIL: 'nobody',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector',
  });
  expect(problems.map((line) => line.split(':')[0]).sort()).toEqual([
    'ANNEX_ADMIN_EMAIL',
    'ANNEX_EGRESS_ALLOW_PRIVATE',
    'ANNEX_JWT_SECRET',
    'ANNEX_MASTER_KEY',
    'ANNEX_MIN_INTERVAL_S',
    'ANNEX_RESERVED_EVENTS',
    'ANNEX_ROLE',
    'DATABASE_URL',
    'LOG_LEVEL',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'PORT',
    'REDIS_URL',
  ]);
});

it.each(['', ' ', '-1', '3.5', '65536', 'http', '0x50', '1e3'])('refuses %j as a port, unless it is empty', (PORT) => {
  expect(problemsOf({ PORT })).toEqual(PORT === '' ? [] : ['PORT: must be a whole number from 0 to 65535']);
});

it('says which word was probably meant', () => {
  expect(problemsOf({ ANNEX_ROLE: 'wroker' })).toEqual([
    'ANNEX_ROLE: must be one of all, api, worker, migrate. Did you mean "worker"?',
  ]);
});

it('requires keys and an admin in production', () => {
  expect(problemsOf({ NODE_ENV: 'production' }).map((line) => line.split(':')[0])).toEqual([
    'ANNEX_MASTER_KEY',
    'ANNEX_JWT_SECRET',
    'ANNEX_ADMIN_EMAIL',
    'ANNEX_ADMIN_PASSWORD',
  ]);
  expect(readSettings(production)).toMatchObject({
    production: true,
    host: '0.0.0.0',
    admin: { email: 'ops@example.com', password: 'a-long-password' },
  });
});

it('requires a shared database of an api or a worker on its own', () => {
  for (const ANNEX_ROLE of ['api', 'worker']) {
    expect(problemsOf({ ANNEX_ROLE })).toEqual([
      `DATABASE_URL: required when ANNEX_ROLE=${ANNEX_ROLE}, since separate processes share one database`,
    ]);
    expect(problemsOf({ ANNEX_ROLE, DATABASE_URL: 'postgres://annex@db/annex' })).toEqual([]);
  }
});

it('takes logins that the operator made all together, and then needs no owner', () => {
  const logins = {
    DATABASE_APP_URL: 'postgres://a@db/annex',
    DATABASE_PLATFORM_URL: 'postgres://p@db/annex',
    DATABASE_QUEUE_URL: 'postgres://q@db/annex',
  };
  expect(readSettings({ ...logins, ANNEX_ROLE: 'worker' })).toMatchObject({
    databaseUrl: undefined,
    databaseLogins: {
      app: logins.DATABASE_APP_URL,
      platform: logins.DATABASE_PLATFORM_URL,
      queue: logins.DATABASE_QUEUE_URL,
    },
  });
  const named = (environment: Record<string, string>): string[] =>
    problemsOf(environment).map((line) => line.split(':')[0] ?? '');
  expect(named({ DATABASE_APP_URL: logins.DATABASE_APP_URL, DATABASE_QUEUE_URL: logins.DATABASE_QUEUE_URL })).toEqual([
    'DATABASE_PLATFORM_URL',
  ]);
  expect(named({ DATABASE_QUEUE_URL: logins.DATABASE_QUEUE_URL })).toEqual(['DATABASE_APP_URL']);
  expect(named({ ...logins, DATABASE_QUEUE_URL: '' })).toEqual(['DATABASE_QUEUE_URL']);
  expect(named({ ...logins, DATABASE_QUEUE_URL: '', REDIS_URL: 'redis://redis' })).toEqual([]);
});

it('needs for a migration nothing but the owner, and the master key when it makes the logins', () => {
  const migrate = { NODE_ENV: 'production', ANNEX_ROLE: 'migrate' };
  expect(problemsOf(migrate).map((line) => line.split(':')[0])).toEqual(['DATABASE_URL', 'ANNEX_MASTER_KEY']);
  expect(
    problemsOf({ ...migrate, DATABASE_URL: 'postgres://o@db/annex', ANNEX_MASTER_KEY: keys.ANNEX_MASTER_KEY }),
  ).toEqual([]);
});

it.each([
  ['ANNEX_OIDC_ISSUER', 'https://login.example.com', 'ANNEX_OIDC_AUDIENCE'],
  ['ANNEX_OIDC_AUDIENCE', 'annex', 'ANNEX_OIDC_ISSUER'],
  ['ANNEX_ADMIN_EMAIL', 'ops@example.com', 'ANNEX_ADMIN_PASSWORD'],
  ['ANNEX_ADMIN_PASSWORD', 'a-long-password', 'ANNEX_ADMIN_EMAIL'],
])('refuses %s without its other half', (name, value, missing) => {
  expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(`${missing}: set it too`)]);
});

it('reads a master key as hex and as base64, and former ones beside it', () => {
  const key = Buffer.from(keys.ANNEX_MASTER_KEY, 'hex');
  const read = readSettings({
    ANNEX_MASTER_KEY: key.toString('base64'),
    ANNEX_MASTER_KEY_OLD: `${keys.ANNEX_MASTER_KEY},${key.toString('base64')}`,
  });
  expect(read.masterKey).toEqual(key);
  expect(read.oldMasterKeys).toEqual([key, key]);
  expect(readSettings(keys).masterKey).toEqual(key);
});

it('takes addresses and networks that plugins may reach, however they are separated', () => {
  expect(
    readSettings({ ANNEX_EGRESS_ALLOW_PRIVATE: '10.0.0.5:8080, [fd00::1]:443 10.1.0.0/16,mail.internal:25' })
      .egressAllowPrivate,
  ).toEqual(['10.0.0.5:8080', '[fd00::1]:443', '10.1.0.0/16', 'mail.internal:25']);
});

it('warns of a variable that means nothing, and guesses which one was meant', () => {
  expect(
    unknownSettings({
      ANNEX_ADMIN_EMIAL: 'x',
      ANNEX_PORT: '4000',
      ANNEX_ROLE: 'api',
      ANNEX_TOKEN: 'for the command line',
      PATH: '/bin',
    }),
  ).toEqual([
    'ANNEX_ADMIN_EMIAL is no setting of Annex and is ignored. Did you mean "ANNEX_ADMIN_EMAIL"?',
    'ANNEX_PORT is no setting of Annex and is ignored. Did you mean "PORT"?',
  ]);
});

describe('files and mail', () => {
  it('lie in the data folder and go nowhere unless told', () => {
    expect(readSettings({ ANNEX_DATA_DIR: '/var/lib/annex' })).toMatchObject({
      filesAt: { kind: 'disk', folder: '/var/lib/annex/files' },
      fileLimits: { maxFileBytes: 104_857_600, tenantBytes: 10_737_418_240, tenantFiles: 100_000 },
      smtpUrl: undefined,
      mailFrom: { name: 'Annex', address: 'no-reply@localhost' },
    });
    expect(
      readSettings({
        FILES_URL: 's3://bucket/a?region=eu-central-1',
        ANNEX_PUBLIC_URL: 'https://annex.example.com/',
        MAIL_FROM: 'Acme <mail@acme.com>',
      }),
    ).toMatchObject({
      filesAt: { kind: 's3', bucket: 'bucket', prefix: 'a/', region: 'eu-central-1' },
      publicUrl: 'https://annex.example.com',
      mailFrom: { name: 'Acme', address: 'mail@acme.com' },
    });
  });

  it('that cannot be used are told all at once', () => {
    const problems = problemsOf({
      FILES_URL: 's3://key:secret@bucket',
      MAIL_FROM: 'Acme',
      SMTP_URL: 'http://mail',
      ANNEX_FILE_MAX_BYTES: '1 GB',
      ANNEX_PUBLIC_URL: 'annex',
    });
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'ANNEX_FILE_MAX_BYTES',
      'ANNEX_PUBLIC_URL',
      'FILES_URL',
      'MAIL_FROM',
      'SMTP_URL',
    ]);
  });
});

it('takes origins that may call the API, and says which is none', () => {
  expect(readSettings({ ANNEX_API_CORS_ORIGINS: 'https://a.example, http://localhost:5173' }).apiCorsOrigins).toEqual([
    'https://a.example',
    'http://localhost:5173',
  ]);
  expect(problemsOf({ ANNEX_API_CORS_ORIGINS: 'https://a.example/x' })).toEqual([
    'ANNEX_API_CORS_ORIGINS: https://a.example/x must be an origin such as https://app.example.com or ' +
      'https://*.example.com, without a path',
  ]);
});
