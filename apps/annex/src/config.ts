/**
 * The one place of this program that reads the environment. Every problem is found at once; docs/configuration.md
 * explains each setting.
 */
import { eventPatternFault } from '@annex/events';
import { packageRules, type PackageRule } from '@annex/catalogue';
import { readFilesUrl, type FileLimits, type StoreLocation } from '@annex/files';
import { readMailbox, type Mailbox } from '@annex/mail';
import { didYouMean, messageOf, MiB, originFault, SECOND } from '@annex/kernel';
import {
  doorLimits,
  eventLimits,
  failureLimits,
  noticeLimits,
  type OperatorCeilings,
  scheduleLimits,
} from '@annex/limits';
import { noticeKinds, type OperatorNotices } from '@annex/notices';
import type { EtcdAddress } from '@annex/connectors';
import type { EtcdMirror } from '@annex/settings';
import { readRedisUrl } from '@annex/queue';
import { quotaLimits, quotaNames, quotas, type QuotaLimits } from '@annex/quotas';
import type { ShownSetting } from '@annex/operations';
import type { DatabaseLogins } from '@annex/database';
import { defaultTableLimits, type MappedView, type TableLimits } from '@annex/tables';
import { readMappedViews } from './mapped-views.js';
import type { OidcSettings } from '@annex/access';
import { readEtcdMirrors, readEtcdUrl } from './etcd-mirrors.js';
import type { FileEnvironment } from './plugins-file/read-plugins-file.js';
import { oidcOf, oidcProblems, providerSettings } from './provider-settings.js';
import { readRunCeilings } from './run-ceilings.js';
import { anyBytes, oneOf, optionalText, port, url, wholeBytes, wholeNumber } from './setting-kinds.js';
import { showSettings } from './show-settings.js';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';

const settingsSchema = z.object({
  NODE_ENV: oneOf(['development', 'test', 'production']).default('development'),
  PORT: port.default(3000),
  HOST: optionalText,
  ANNEX_METRICS_PORT: port.optional(),
  DATABASE_URL: url(['postgres:', 'postgresql:'], 'postgres://annex:secret@db:5432/annex').optional(),
  DATABASE_APP_URL: url(['postgres:', 'postgresql:'], 'postgres://annex_app:secret@db:5432/annex').optional(),
  DATABASE_PLATFORM_URL: url(['postgres:', 'postgresql:'], 'postgres://annex_platform:secret@db:5432/annex').optional(),
  DATABASE_QUEUE_URL: url(['postgres:', 'postgresql:'], 'postgres://annex_queue:secret@db:5432/annex').optional(),
  DATABASE_DIRECT_URL: url(['postgres:', 'postgresql:'], 'postgres://db:5432/annex').optional(),
  REDIS_URL: z
    .string()
    .superRefine((text, context) => {
      try {
        readRedisUrl(text);
      } catch (thrown) {
        context.addIssue({ code: 'custom', message: messageOf(thrown) });
      }
    })
    .optional(),
  ANNEX_DATA_DIR: z.string().trim().min(1).default('.annex'),
  ANNEX_MASTER_KEY: z
    .string()
    .refine((text) => decodeKey(text) !== undefined, {
      error: 'must be 32 bytes as 64 hex digits or base64: `openssl rand -hex 32` makes one',
    })
    .optional(),
  ANNEX_MASTER_KEY_OLD: z
    .string()
    .refine((text) => text.split(',').every((one) => decodeKey(one) !== undefined), {
      error: 'must be former master keys, comma-separated',
    })
    .optional(),
  ANNEX_JWT_SECRET: z
    .string()
    .min(32, { error: 'must be at least 32 characters: `openssl rand -hex 32` makes one' })
    .optional(),
  ANNEX_JWT_SECRET_OLD: z
    .string()
    .refine((text) => text.split(',').every((one) => one.trim().length >= 32), {
      error: 'must be former values of ANNEX_JWT_SECRET, comma-separated',
    })
    .optional(),
  ...providerSettings,
  ANNEX_BASE_DOMAIN: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i, {
      error: 'must be a host name such as apps.example.com',
    })
    .optional(),
  ANNEX_ADMIN_EMAIL: z.email({ error: 'must be an e-mail address' }).optional(),
  ANNEX_ADMIN_PASSWORD: z.string().min(8, { error: 'must be at least 8 characters' }).optional(),
  ANNEX_TENANT_GRACE_DAYS: wholeNumber(0, 365).default(7),
  ANNEX_ROLE: oneOf(['all', 'api', 'worker', 'migrate']).default('all'),
  SMTP_URL: url(['smtp:', 'smtps:'], 'smtp://user:secret@mail:587').optional(),
  MAIL_FROM: z
    .string()
    .transform((text, context) => {
      const mailbox = readMailbox(text);
      if (mailbox) return mailbox;
      context.addIssue({
        code: 'custom',
        message: 'must be an address such as no-reply@example.com or Acme <no-reply@example.com>',
      });
      return z.NEVER;
    })
    .optional(),
  ANNEX_NOTICES_LOOK_S: wholeNumber(1, 3600).default(noticeLimits.lookMs / 1000),
  ANNEX_NOTICES_MAIL: z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(z.email({ error: 'must be e-mail addresses, comma-separated' })).max(noticeLimits.recipients))
    .optional(),
  ANNEX_NOTICES_WEBHOOK_URL: url(['http:', 'https:'], 'https://pager.example.com/annex').optional(),
  ANNEX_NOTICES_WEBHOOK_SECRET: optionalText,
  ANNEX_NOTICES_SLACK_URL: url(['https:', 'http:'], 'https://hooks.slack.com/services/…').optional(),
  ANNEX_NOTICES_KINDS: z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(z.enum(noticeKinds)))
    .default([...noticeKinds]),
  ANNEX_NOTICES_PER_HOUR: wholeNumber(1, 1000).default(30),
  LLM_BASE_URL: url(['http:', 'https:'], 'https://llm.example.com/v1').optional(),
  LLM_API_KEY: optionalText,
  LLM_MODEL: optionalText,
  ANNEX_LLM_DAILY_TOKENS: wholeNumber(1, 999_999_999).optional(),
  FILES_URL: z
    .string()
    .transform((text, context) => {
      try {
        return readFilesUrl(text);
      } catch (thrown) {
        context.addIssue({
          code: 'custom',
          message: `${messageOf(thrown)}. Write file:///path or s3://bucket/prefix?region=&endpoint=`,
        });
        return z.NEVER;
      }
    })
    .optional(),
  ANNEX_FILE_MAX_BYTES: wholeBytes(1, 5 * 1024 ** 3).default(100 * MiB),
  ANNEX_FILES_TENANT_BYTES: wholeBytes(1, Number.MAX_SAFE_INTEGER).default(quotas.file_bytes.default),
  ANNEX_FILES_TENANT_COUNT: wholeNumber(1, 999_999_999).default(quotas.files.default),
  ANNEX_PLUGINS_TENANT_COUNT: wholeNumber(0, 1_000_000).optional(),
  ANNEX_PACKAGES_TENANT_BYTES: anyBytes.optional(),
  ANNEX_KV_TENANT_COUNT: wholeNumber(0, 999_999_999).optional(),
  ANNEX_KV_TENANT_BYTES: anyBytes.optional(),
  ANNEX_SETTINGS_TENANT_COUNT: wholeNumber(0, 999_999_999).optional(),
  ANNEX_SETTINGS_TENANT_BYTES: anyBytes.optional(),
  ANNEX_EVENTS_TENANT_COUNT: wholeNumber(0, 999_999_999).optional(),
  ANNEX_EVENTS_TENANT_BYTES: anyBytes.optional(),
  ANNEX_LOGS_TENANT_BYTES: anyBytes.optional(),
  ANNEX_IDEMPOTENCY_TENANT_COUNT: wholeNumber(0, 999_999_999).optional(),
  ANNEX_IDEMPOTENCY_TENANT_BYTES: anyBytes.optional(),
  ANNEX_USERS_TENANT_COUNT: wholeNumber(0, 999_999_999).optional(),
  ANNEX_SECRETS_TENANT_COUNT: wholeNumber(0, 999_999_999).optional(),
  ANNEX_MAILS_TENANT_DAILY: wholeNumber(0, 999_999_999).optional(),
  ANNEX_MAILS_TENANT_KEPT_BYTES: anyBytes.optional(),
  ANNEX_RUNS_TENANT_DAILY: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  ANNEX_CPU_TENANT_DAILY_S: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  ANNEX_EGRESS_TENANT_DAILY_BYTES: anyBytes.optional(),
  ANNEX_TABLES: z
    .string()
    .transform((text, context) => {
      const { views, problems } = readMappedViews(text);
      for (const message of problems) context.addIssue({ code: 'custom', message });
      return views;
    })
    .optional(),
  ANNEX_TABLES_TENANT_COUNT: wholeNumber(1, 10_000).default(quotas.tables.default),
  ANNEX_ROWS_TENANT_COUNT: wholeNumber(1, 999_999_999).default(quotas.rows.default),
  ANNEX_ROWS_TENANT_BYTES: wholeBytes(1, Number.MAX_SAFE_INTEGER).default(quotas.row_bytes.default),
  ANNEX_DB_TIMEOUT_MS: wholeNumber(10, 10_000).default(defaultTableLimits.timeoutMs),
  ANNEX_PUBLIC_URL: url(['http:', 'https:'], 'https://annex.example.com').optional(),
  ANNEX_LIMITS: z
    .string()
    .transform((text, context) => {
      const { ceilings, problems } = readRunCeilings(text);
      for (const message of problems) context.addIssue({ code: 'custom', message });
      return ceilings;
    })
    .optional(),
  ANNEX_RESERVED_EVENTS: z
    .string()
    .transform((text, context) => {
      const patterns = text.split(',').map((one) => one.trim());
      const faults = patterns.flatMap((pattern) => eventPatternFault(pattern)?.detail ?? []);
      if (patterns.length > eventLimits.reservedPatterns)
        faults.push(`has ${patterns.length} patterns; at most ${eventLimits.reservedPatterns} are taken`);
      for (const message of faults) context.addIssue({ code: 'custom', message });
      return patterns;
    })
    .optional(),
  ANNEX_PLUGINS_FILE: optionalText,
  ANNEX_ETCD_URL: z
    .string()
    .transform((text, context) => {
      const { hosts, auth, problem } = readEtcdUrl(text);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
      return { hosts, auth };
    })
    .optional(),
  ANNEX_ETCD_CA_FILE: optionalText,
  ANNEX_ETCD_MIRRORS: z
    .string()
    .transform((text, context) => {
      const { mirrors, problems } = readEtcdMirrors(text);
      for (const message of problems) context.addIssue({ code: 'custom', message });
      return mirrors;
    })
    .optional(),
  ANNEX_MIN_INTERVAL_S: wholeNumber(1, 86_400).default(scheduleLimits.intervalS),
  ANNEX_DISABLE_AFTER_FAILURES: wholeNumber(0, 1_000_000).default(failureLimits.disabledAfterRuns),
  ANNEX_EXECUTOR_ISOLATION: oneOf(['tenant', 'shared']).default('tenant'),
  ANNEX_SANDBOX_REQUIRE: oneOf(['T0', 'T1', 'T2', 'T3']).default('T0'),
  ANNEX_SANDBOX_KERNEL_RULES: oneOf(['auto', 'off']).default('auto'),
  ANNEX_PYTHON: oneOf(['on', 'off']).default('on'),
  ANNEX_SANDBOX_CGROUP: z
    .string()
    .trim()
    .startsWith('/', { error: 'must be the path of a cgroup v2 folder, such as /sys/fs/cgroup/annex' })
    .optional(),
  ANNEX_SANDBOX_USERS: z
    .string()
    .trim()
    .regex(/^\d{4,10}-\d{4,10}$/, { error: 'must be a range of user ids such as 70000-86383' })
    .optional(),
  ANNEX_PACKAGES: oneOf(packageRules).default('any'),
  ANNEX_PUBLISHERS: z
    .string()
    .trim()
    .refine((text) => !/^[a-z][a-z\d+.-]*:/i.test(text) || isPublishersUrl(text), {
      error:
        'must be the path of a JWK Set, or a URL such as https://packages.example.com/publishers.json; over http ' +
        'only ' +
        'from this machine, since whoever changes the list decides what is let in',
    })
    .optional(),
  ANNEX_CATALOGUE_URL: url(
    ['https:', 'http:', 'file:'],
    'https://packages.example.com/catalogue.json or file:///srv/packages/catalogue.json',
  ).optional(),
  ANNEX_EGRESS_ALLOW_PRIVATE: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .refine(
      (entries) =>
        entries.every(
          (entry) => /^(\[[0-9a-f:]+\]|[^\s:/]+):\d{1,5}$/i.test(entry) || /^[0-9a-f.:]+\/\d{1,3}$/i.test(entry),
        ),
      {
        error: 'must list addresses as host:port or CIDR, such as 10.0.0.5:8080, 10.1.0.0/16',
      },
    ),
  ANNEX_TRUST_PROXY: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .refine((entries) => entries.every(isProxyAddress), {
      error:
        'must list the addresses of your proxies, as IP or CIDR or one of loopback, linklocal, uniquelocal, such ' +
        'as 10.0.0.5, 172.16.0.0/12',
    }),
  ANNEX_API_CORS_ORIGINS: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .superRefine((origins, context) => {
      for (const origin of origins)
        if (origin !== '*' && originFault(origin) !== undefined)
          context.addIssue({ code: 'custom', message: `${origin} ${originFault(origin)}` });
    }),
  ANNEX_PORTAL_ORIGINS: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .superRefine((origins, context) => {
      for (const origin of origins)
        if (originFault(origin) !== undefined)
          context.addIssue({ code: 'custom', message: `${origin} ${originFault(origin)}` });
    }),
  ANNEX_TENANT_CALL_POINTS: wholeNumber(0, 999_999_999).default(doorLimits.tenantCallPoints),
  ANNEX_TENANT_EVENT_POINTS: wholeNumber(0, 999_999_999).default(doorLimits.tenantEventPoints),
  ANNEX_CONNECTIONS: wholeNumber(1, 1_000_000).default(doorLimits.connections),
  ANNEX_CONNECTIONS_PER_ADDRESS: wholeNumber(1, 1_000_000).default(doorLimits.connectionsPerAddress),
  // A package of 10 MiB has to fit, beside other bodies.
  ANNEX_BODY_MEMORY_BYTES: wholeBytes(16 * MiB, Number.MAX_SAFE_INTEGER).default(doorLimits.bodyMemoryBytes),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http:', 'https:'], 'http://otel-collector:4318').optional(),
});

type Environment = z.infer<typeof settingsSchema>;

/** The program's settings, named as in docs/configuration.md without their prefix. */
export interface Settings {
  production: boolean;
  port: number;
  /** Where health and metrics are answered beside the API, or by a worker; `undefined`: nowhere. */
  metricsPort: number | undefined;
  host: string;
  /** The owner's login, which migrates; `undefined` without {@link databaseLogins}: an embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Logins that the operator made; `undefined`: Annex makes them. */
  databaseLogins: DatabaseLogins | undefined;
  /**
   * Where PostgreSQL itself is while the other URLs name a pooler in front of it; `undefined`: they name PostgreSQL. It
   * says a place: who signs in stands in the others.
   */
  directUrl: string | undefined;
  redisUrl: string | undefined;
  dataDir: string;
  /** 32 bytes; `undefined` in development until one is made and kept under the data folder. */
  masterKey: Buffer | undefined;
  oldMasterKeys: Buffer[];
  jwtSecret: string | undefined;
  /** Secrets before it: what they signed is good until it ends. */
  oldJwtSecrets: string[];
  oidc: OidcSettings | undefined;
  baseDomain: string | undefined;
  admin: { email: string; password: string } | undefined;
  tenantGraceDays: number;
  /** What each tenant may keep, unless something else is said of it alone. */
  quotas: QuotaLimits;
  /** `migrate`: brings the database up to date and ends. */
  role: 'all' | 'api' | 'worker' | 'migrate';
  /** The language model of tenants that set none of their own. */
  llm: { baseUrl: string | undefined; apiKey: string | undefined; model: string | undefined };
  /** Tokens of one tenant in a UTC day that the operator's key pays for; `undefined`: no cap. */
  llmDailyTokens: number | undefined;
  /** What runs may use, where it is not what the catalogue says. */
  runCeilings: OperatorCeilings;
  minIntervalS: number;
  /** Patterns of events that no plugin may emit. */
  reservedEvents: string[];
  /** Runs of a plugin that fail for good in a row before it is disabled; 0: never. */
  disableAfterFailures: number;
  executorIsolation: 'tenant' | 'shared';
  sandboxUsers: string | undefined;
  sandboxCgroup: string | undefined;
  sandboxRequires: 'T0' | 'T1' | 'T2' | 'T3';
  sandboxKernelRules: 'auto' | 'off';
  /** Whether plugins may be written in Python. */
  python: 'on' | 'off';
  egressAllowPrivate: string[];
  /** Which packages are let in, whose signatures count, and where the catalogue lies. */
  packages: { rule: PackageRule; publishers: string | undefined; catalogueUrl: string | undefined };
  /** The mail server; `undefined`: mail is kept. */
  smtpUrl: string | undefined;
  /** Whose name mail goes out in. */
  mailFrom: Mailbox;
  /** Whether the operator has named it. */
  mailFromGiven: boolean;
  /** What operators are told of all tenants, and where. */
  operatorNotices: OperatorNotices;
  /** How often it is looked what people are told, in milliseconds. */
  noticeLookMs: number;
  /** Where tenants’ files lie. Default: `files` under the data folder. */
  filesAt: StoreLocation;
  fileLimits: FileLimits;
  /** The operator's own views by the table's name. */
  tableViews: Readonly<Record<string, MappedView>>;
  tableLimits: TableLimits;
  /** Under which people reach Annex, without a slash at its end; links to files begin with it. */
  publicUrl: string | undefined;
  /** Proxies whose `X-Forwarded-*` headers are believed. */
  trustProxy: string[];
  /** Origins whose pages may call `/api`; `*`: all. */
  apiCorsOrigins: string[];
  /** Origins whose pages may embed portals. */
  portalOrigins: string[];
  /** Points a minute that one tenant's costly calls may use; 0: without limit. */
  tenantCallPoints: number;
  /** Points a minute that the large events of one tenant may use; 0: without limit. */
  tenantEventPoints: number;
  /** Connections to the API at once, in all and from one address. */
  connections: number;
  connectionsPerAddress: number;
  /** Bytes of request bodies that may be in memory at once. */
  bodyMemoryBytes: number;
  /** An etcd whose prefixes are mirrored into tenants' settings. */
  etcd:
    { address: Omit<EtcdAddress, 'rootCertificate'>; caFile: string | undefined; mirrors: EtcdMirror[] } | undefined;
  /** What an operator's file says of tenants' plugins, and what it may take from the environment. */
  pluginsFile: { path: string; environment: FileEnvironment } | undefined;
  logLevel: Environment['LOG_LEVEL'];
  /** Each setting as it is in force, for operators; nothing of it is secret. */
  shown: readonly ShownSetting[];
  /** Where traces go (OTLP over HTTP); `undefined`: there are none. */
  otlpEndpoint: string | undefined;
}

/** Every problem of the environment, one line each. */
export class InvalidSettings extends Error {
  constructor(readonly problems: string[]) {
    super(problems.join('\n'));
    this.name = 'InvalidSettings';
  }
}

/** Reads the settings. Throws {@link InvalidSettings} with all problems together. An empty variable counts as unset. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = settingsSchema.safeParse(given);
  const problems = parsed.success
    ? missing(parsed.data)
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  if (!parsed.success || problems.length > 0) throw new InvalidSettings(problems);
  const env = parsed.data;
  const production = env.NODE_ENV === 'production';
  return {
    production,
    port: env.PORT,
    metricsPort: env.ANNEX_METRICS_PORT,
    host: env.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    databaseUrl: env.DATABASE_URL,
    databaseLogins:
      env.DATABASE_APP_URL && env.DATABASE_PLATFORM_URL
        ? { app: env.DATABASE_APP_URL, platform: env.DATABASE_PLATFORM_URL, queue: env.DATABASE_QUEUE_URL }
        : undefined,
    directUrl: env.DATABASE_DIRECT_URL,
    redisUrl: env.REDIS_URL,
    dataDir: env.ANNEX_DATA_DIR,
    masterKey: decodeKey(env.ANNEX_MASTER_KEY),
    oldMasterKeys: (env.ANNEX_MASTER_KEY_OLD?.split(',') ?? []).flatMap((text) => decodeKey(text) ?? []),
    jwtSecret: env.ANNEX_JWT_SECRET,
    oldJwtSecrets: env.ANNEX_JWT_SECRET_OLD?.split(',').map((one) => one.trim()) ?? [],
    ...identitySettings(env),
    tenantGraceDays: env.ANNEX_TENANT_GRACE_DAYS,
    role: env.ANNEX_ROLE,
    llm: { baseUrl: env.LLM_BASE_URL, apiKey: env.LLM_API_KEY, model: env.LLM_MODEL },
    llmDailyTokens: env.ANNEX_LLM_DAILY_TOKENS,
    runCeilings: env.ANNEX_LIMITS ?? {},
    minIntervalS: env.ANNEX_MIN_INTERVAL_S,
    reservedEvents: env.ANNEX_RESERVED_EVENTS ?? [],
    disableAfterFailures: env.ANNEX_DISABLE_AFTER_FAILURES,
    ...sandboxSettings(env),
    egressAllowPrivate: env.ANNEX_EGRESS_ALLOW_PRIVATE,
    packages: {
      rule: env.ANNEX_PACKAGES,
      publishers: env.ANNEX_PUBLISHERS,
      catalogueUrl: env.ANNEX_CATALOGUE_URL,
    },
    ...mailSettings(env),
    ...noticeSettings(env),
    ...storageSettings(env),
    quotas: quotaLimits(Object.fromEntries(quotaNames.map((name) => [name, env[quotas[name].setting]]))),
    publicUrl: env.ANNEX_PUBLIC_URL?.replace(/\/+$/, ''),
    trustProxy: env.ANNEX_TRUST_PROXY,
    apiCorsOrigins: env.ANNEX_API_CORS_ORIGINS,
    portalOrigins: env.ANNEX_PORTAL_ORIGINS,
    tenantCallPoints: env.ANNEX_TENANT_CALL_POINTS,
    tenantEventPoints: env.ANNEX_TENANT_EVENT_POINTS,
    connections: env.ANNEX_CONNECTIONS,
    connectionsPerAddress: env.ANNEX_CONNECTIONS_PER_ADDRESS,
    bodyMemoryBytes: env.ANNEX_BODY_MEMORY_BYTES,
    etcd: etcdOf(env),
    pluginsFile:
      env.ANNEX_PLUGINS_FILE === undefined
        ? undefined
        : {
            path: resolve(env.ANNEX_PLUGINS_FILE),
            environment: { variables: environment, reserved: new Set(Object.keys(settingsSchema.shape)) },
          },
    logLevel: env.LOG_LEVEL,
    shown: showSettings(settingsSchema.shape, given),
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
  };
}

/** Who signs in, and under which names. */
function identitySettings(env: Environment): Pick<Settings, 'oidc' | 'baseDomain' | 'admin'> {
  return {
    oidc: oidcOf(env),
    baseDomain: env.ANNEX_BASE_DOMAIN?.toLowerCase(),
    admin:
      env.ANNEX_ADMIN_EMAIL && env.ANNEX_ADMIN_PASSWORD
        ? { email: env.ANNEX_ADMIN_EMAIL, password: env.ANNEX_ADMIN_PASSWORD }
        : undefined,
  };
}

/** What stands around executors. */
function sandboxSettings(
  env: Environment,
): Pick<
  Settings,
  'executorIsolation' | 'sandboxUsers' | 'sandboxCgroup' | 'sandboxRequires' | 'sandboxKernelRules' | 'python'
> {
  return {
    executorIsolation: env.ANNEX_EXECUTOR_ISOLATION,
    sandboxUsers: env.ANNEX_SANDBOX_USERS,
    sandboxCgroup: env.ANNEX_SANDBOX_CGROUP,
    sandboxRequires: env.ANNEX_SANDBOX_REQUIRE,
    sandboxKernelRules: env.ANNEX_SANDBOX_KERNEL_RULES,
    python: env.ANNEX_PYTHON,
  };
}

/** Where mail goes, and in whose name. */
function mailSettings(env: Environment): Pick<Settings, 'smtpUrl' | 'mailFromGiven' | 'mailFrom'> {
  return {
    smtpUrl: env.SMTP_URL,
    mailFromGiven: env.MAIL_FROM !== undefined,
    mailFrom: env.MAIL_FROM ?? {
      name: 'Annex',
      address: `no-reply@${env.ANNEX_BASE_DOMAIN?.toLowerCase() ?? 'localhost'}`,
    },
  };
}

/** What operators are told, and where. */
function noticeSettings(env: Environment): Pick<Settings, 'operatorNotices' | 'noticeLookMs'> {
  const none = { recipients: [], url: '', secret: null };
  const { ANNEX_NOTICES_MAIL: recipients, ANNEX_NOTICES_SLACK_URL: slack, ANNEX_NOTICES_WEBHOOK_URL: hook } = env;
  return {
    operatorNotices: {
      kinds: env.ANNEX_NOTICES_KINDS,
      perHour: env.ANNEX_NOTICES_PER_HOUR,
      targets: [
        ...(recipients ? [{ ...none, channel: 'mail' as const, recipients }] : []),
        ...(hook
          ? [{ ...none, channel: 'webhook' as const, url: hook, secret: env.ANNEX_NOTICES_WEBHOOK_SECRET ?? null }]
          : []),
        ...(slack ? [{ ...none, channel: 'slack' as const, url: slack }] : []),
      ],
    },
    noticeLookMs: env.ANNEX_NOTICES_LOOK_S * SECOND,
  };
}

/** Where tenants keep things, and how much. */
function storageSettings(env: Environment): Pick<Settings, 'filesAt' | 'fileLimits' | 'tableViews' | 'tableLimits'> {
  return {
    filesAt: env.FILES_URL ?? { kind: 'disk', folder: resolve(env.ANNEX_DATA_DIR, 'files') },
    fileLimits: {
      maxFileBytes: env.ANNEX_FILE_MAX_BYTES,
      tenantBytes: env.ANNEX_FILES_TENANT_BYTES,
      tenantFiles: env.ANNEX_FILES_TENANT_COUNT,
    },
    tableViews: env.ANNEX_TABLES ?? {},
    tableLimits: {
      tables: env.ANNEX_TABLES_TENANT_COUNT,
      documents: env.ANNEX_ROWS_TENANT_COUNT,
      bytes: env.ANNEX_ROWS_TENANT_BYTES,
      timeoutMs: env.ANNEX_DB_TIMEOUT_MS,
    },
  };
}

/** Settings of the command line, which may stand in the same environment. */
const othersSettings = ['ANNEX_URL', 'ANNEX_TOKEN', 'ANNEX_TENANT'];

/** One line for each `ANNEX_…` variable that means nothing here: probably a slip of the pen. */
export function unknownSettings(environment: Record<string, string | undefined> = process.env): string[] {
  const settings = Object.keys(settingsSchema.shape);
  const known = [...settings, ...othersSettings];
  const unknown = Object.keys(environment).filter((name) => name.startsWith('ANNEX_') && !known.includes(name));
  return unknown.sort().map((name) => {
    const bare = name.slice('ANNEX_'.length);
    return (
      `${name} is no setting of Annex and is ` +
      `ignored.${settings.includes(bare) ? ` Did you mean "${bare}"?` : didYouMean(name, settings)}`
    );
  });
}

function etcdOf(env: Environment): Settings['etcd'] {
  const { ANNEX_ETCD_URL: address, ANNEX_ETCD_MIRRORS: mirrors, ANNEX_ETCD_CA_FILE: caFile } = env;
  return address && mirrors && { address, caFile, mirrors };
}

/** What is wrong between settings that are each well-formed. */
function missing(env: Environment): string[] {
  const problems: string[] = [];
  const together = (one: keyof Environment, other: keyof Environment) => {
    if ((env[one] === undefined) !== (env[other] === undefined))
      problems.push(`${env[one] === undefined ? one : other}: set it too, or neither of ${one} and ${other}`);
  };
  together('ANNEX_ETCD_URL', 'ANNEX_ETCD_MIRRORS');
  together('DATABASE_APP_URL', 'DATABASE_PLATFORM_URL');
  if (env.DATABASE_DIRECT_URL !== undefined && env.DATABASE_URL === undefined && env.DATABASE_APP_URL === undefined)
    problems.push('DATABASE_URL: set it too: DATABASE_DIRECT_URL only says where PostgreSQL is behind a pooler');
  problems.push(...oidcProblems(env), ...packageProblems(env));
  if (env.DATABASE_QUEUE_URL !== undefined && env.DATABASE_APP_URL === undefined)
    problems.push('DATABASE_APP_URL: set it too: all logins are yours, or none');
  if (env.DATABASE_APP_URL !== undefined && env.DATABASE_QUEUE_URL === undefined && env.REDIS_URL === undefined) {
    problems.push('DATABASE_QUEUE_URL: set it too, or REDIS_URL: the queue lives in one of the two');
  }
  if (env.ANNEX_ROLE === 'migrate') {
    if (env.DATABASE_URL === undefined)
      problems.push('DATABASE_URL: required when ANNEX_ROLE=migrate: the login of the database’s owner');
    // Passwords of logins that Annex makes are sealed with it, for the processes that come after.
    if (env.DATABASE_APP_URL === undefined && env.ANNEX_MASTER_KEY === undefined)
      problems.push('ANNEX_MASTER_KEY: required when ANNEX_ROLE=migrate, unless DATABASE_APP_URL and its like are set');
    return problems;
  }
  if (env.NODE_ENV === 'production') {
    for (const name of ['ANNEX_MASTER_KEY', 'ANNEX_JWT_SECRET', 'ANNEX_ADMIN_EMAIL', 'ANNEX_ADMIN_PASSWORD'] as const) {
      if (env[name] === undefined) problems.push(`${name}: required when NODE_ENV=production`);
    }
  } else {
    together('ANNEX_ADMIN_EMAIL', 'ANNEX_ADMIN_PASSWORD');
  }
  if (env.ANNEX_NOTICES_MAIL !== undefined && env.SMTP_URL === undefined)
    problems.push('SMTP_URL: required with ANNEX_NOTICES_MAIL: mail server of operators’ notices');
  if (env.ANNEX_ROLE !== 'all' && env.DATABASE_URL === undefined && env.DATABASE_APP_URL === undefined) {
    problems.push(
      `DATABASE_URL: required when ANNEX_ROLE=${env.ANNEX_ROLE}, since separate processes share one database`,
    );
  }
  return problems;
}

/** A rule needs somebody who can vouch. */
function packageProblems(env: Environment): string[] {
  const needs: string[] = [];
  if (env.ANNEX_PACKAGES === 'catalogue' && env.ANNEX_CATALOGUE_URL === undefined)
    needs.push('ANNEX_CATALOGUE_URL: required when ANNEX_PACKAGES=catalogue');
  if (env.ANNEX_PUBLISHERS !== undefined) return needs;
  if (env.ANNEX_PACKAGES !== 'any') needs.push(`ANNEX_PUBLISHERS: required when ANNEX_PACKAGES=${env.ANNEX_PACKAGES}`);
  else if (env.ANNEX_CATALOGUE_URL !== undefined)
    needs.push('ANNEX_PUBLISHERS: required with ANNEX_CATALOGUE_URL: somebody has to have signed the catalogue');
  return needs;
}

/** The list is the root of all trust, so nobody on the way may change it. */
function isPublishersUrl(text: string): boolean {
  const { protocol, hostname } = URL.parse(text) ?? {};
  if (protocol === 'https:' || protocol === 'file:') return true;
  return protocol === 'http:' && /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/.test(hostname ?? '');
}

function isProxyAddress(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const width = isIP(address) === 4 ? 32 : 128;
  return (
    isIP(address) !== 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= width))
  );
}

function decodeKey(text: string | undefined): Buffer | undefined {
  if (text === undefined) return undefined;
  const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  return bytes.length === 32 ? bytes : undefined;
}
