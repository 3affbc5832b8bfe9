/**
 * The catalogue of quotas: how much a tenant may keep, or do in a day. Defaults are the operator's to change, by the
 * named setting for every tenant and by `PATCH /api/tenants/<slug>` for one. `GET /api/usage` shows use against quota.
 */
import { AnnexError, GiB, MiB, type ErrorExtras } from '@annex/kernel';
import { quotaErrors } from './errors.js';

/** One line of the catalogue. */
export interface QuotaRow {
  unit: 'count' | 'bytes' | 'tokens' | 'seconds';
  /** What holds when nobody says anything; `null`: no limit. */
  default: number | null;
  /** Of the operator, for every tenant. */
  setting: string;
  /** What is counted, in the plural. */
  what: string;
  /** How the tenant makes room, as a sentence. */
  makeRoom: string;
  /** Counts by UTC day. Default: it stands until something goes. */
  daily?: true;
}

/** The catalogue. */
export const quotas = {
  plugins: {
    unit: 'count',
    default: 500,
    setting: 'ANNEX_PLUGINS_TENANT_COUNT',
    what: 'plugins',
    makeRoom: 'Uninstall one.',
  },
  package_bytes: {
    unit: 'bytes',
    default: 5 * GiB,
    setting: 'ANNEX_PACKAGES_TENANT_BYTES',
    what: 'packages with their earlier releases',
    makeRoom: 'Uninstall a plugin, or upload a smaller package.',
  },
  kv_keys: {
    unit: 'count',
    default: 1_000_000,
    setting: 'ANNEX_KV_TENANT_COUNT',
    what: 'keys in ctx.kv',
    makeRoom: 'Delete keys, or give them a time to live.',
  },
  kv_bytes: {
    unit: 'bytes',
    default: GiB,
    setting: 'ANNEX_KV_TENANT_BYTES',
    what: 'keys and values in ctx.kv',
    makeRoom: 'Delete keys, give them a time to live, or keep large values in files.',
  },
  tables: {
    unit: 'count',
    default: 100,
    setting: 'ANNEX_TABLES_TENANT_COUNT',
    what: 'tables',
    makeRoom: 'Delete one, or keep several kinds of rows in one table.',
  },
  rows: {
    unit: 'count',
    default: 5_000_000,
    setting: 'ANNEX_ROWS_TENANT_COUNT',
    what: 'rows in tables',
    makeRoom: 'Delete rows.',
  },
  row_bytes: {
    unit: 'bytes',
    default: 5 * GiB,
    setting: 'ANNEX_ROWS_TENANT_BYTES',
    what: 'rows in tables',
    makeRoom: 'Delete rows.',
  },
  files: {
    unit: 'count',
    default: 100_000,
    setting: 'ANNEX_FILES_TENANT_COUNT',
    what: 'files',
    makeRoom: 'Delete files.',
  },
  file_bytes: {
    unit: 'bytes',
    default: 10 * GiB,
    setting: 'ANNEX_FILES_TENANT_BYTES',
    what: 'files',
    makeRoom: 'Delete files.',
  },
  events: {
    unit: 'count',
    default: 10_000_000,
    setting: 'ANNEX_EVENTS_TENANT_COUNT',
    what: 'events',
    makeRoom: 'They go when their retention is over; send fewer.',
  },
  event_bytes: {
    unit: 'bytes',
    default: 10 * GiB,
    setting: 'ANNEX_EVENTS_TENANT_BYTES',
    what: 'events',
    makeRoom: 'They go when their retention is over; send less with each, such as a key instead of the whole.',
  },
  log_bytes: {
    unit: 'bytes',
    default: 2 * GiB,
    setting: 'ANNEX_LOGS_TENANT_BYTES',
    what: 'log lines',
    makeRoom: 'The oldest lines make room for new ones.',
  },
  idempotency_keys: {
    unit: 'count',
    default: 1_000_000,
    setting: 'ANNEX_IDEMPOTENCY_TENANT_COUNT',
    what: 'idempotency keys of the last 24 hours',
    makeRoom: 'Send requests without a key, or wait until older ones are a day old.',
  },
  idempotency_bytes: {
    unit: 'bytes',
    default: GiB,
    setting: 'ANNEX_IDEMPOTENCY_TENANT_BYTES',
    what: 'answers kept for idempotency keys',
    makeRoom: 'Send requests without a key, or wait until older ones are a day old.',
  },
  users: {
    unit: 'count',
    default: 10_000,
    setting: 'ANNEX_USERS_TENANT_COUNT',
    what: 'users',
    makeRoom: 'Remove users.',
  },
  secrets: {
    unit: 'count',
    default: 10_000,
    setting: 'ANNEX_SECRETS_TENANT_COUNT',
    what: 'secrets',
    makeRoom: 'Delete secrets.',
  },
  setting_keys: {
    unit: 'count',
    default: 10_000,
    setting: 'ANNEX_SETTINGS_TENANT_COUNT',
    what: 'settings',
    makeRoom: 'Delete settings by DELETE /api/settings/<key>.',
  },
  setting_bytes: {
    unit: 'bytes',
    default: 64 * MiB,
    setting: 'ANNEX_SETTINGS_TENANT_BYTES',
    what: 'keys and values of settings',
    makeRoom: 'Delete settings, or keep large values in files.',
  },
  mails_per_day: {
    unit: 'count',
    default: 10_000,
    setting: 'ANNEX_MAILS_TENANT_DAILY',
    what: 'mails of a UTC day',
    makeRoom: 'It counts anew from 00:00 UTC.',
    daily: true,
  },
  kept_mail_bytes: {
    unit: 'bytes',
    default: 100 * MiB,
    setting: 'ANNEX_MAILS_TENANT_KEPT_BYTES',
    what: 'mails kept because there is no mail server',
    makeRoom: 'Remove mails by DELETE /api/mail/<id>, or set SMTP_URL.',
  },
  llm_tokens_per_day: {
    unit: 'tokens',
    default: null,
    setting: 'ANNEX_LLM_DAILY_TOKENS',
    what: 'language model tokens of a UTC day on the operator’s key',
    makeRoom: 'It counts anew from 00:00 UTC.',
    daily: true,
  },
  runs_per_day: {
    unit: 'count',
    default: null,
    setting: 'ANNEX_RUNS_TENANT_DAILY',
    what: 'runs that ended on a UTC day',
    makeRoom: 'It counts anew from 00:00 UTC.',
    daily: true,
  },
  cpu_seconds_per_day: {
    unit: 'seconds',
    default: null,
    setting: 'ANNEX_CPU_TENANT_DAILY_S',
    what: 'seconds of CPU time of a UTC day',
    makeRoom: 'It counts anew from 00:00 UTC.',
    daily: true,
  },
  egress_bytes_per_day: {
    unit: 'bytes',
    default: null,
    setting: 'ANNEX_EGRESS_TENANT_DAILY_BYTES',
    what: 'requests and answers of ctx.http on a UTC day',
    makeRoom: 'It counts anew from 00:00 UTC.',
    daily: true,
  },
} as const satisfies Record<string, QuotaRow>;

/** A quota, by its name on the wire. */
export type QuotaName = keyof typeof quotas;

/** Every name, in the order of the catalogue. */
export const quotaNames = Object.keys(quotas) as QuotaName[];

/** What holds for every tenant; `null`: no limit. */
export type QuotaLimits = Record<QuotaName, number | null>;

/** Limits for every tenant: the operator's where there is one, else the catalogue's. */
export function quotaLimits(said: Partial<QuotaLimits> = {}): QuotaLimits {
  return Object.fromEntries(
    quotaNames.map((name) => [name, said[name] === undefined ? quotas[name].default : said[name]]),
  ) as QuotaLimits;
}

/** Whether a text is the name of a quota. */
export function isQuotaName(text: string): text is QuotaName {
  return Object.hasOwn(quotas, text);
}

/** A quota that a change would pass. */
export interface QuotaPassed {
  quota: QuotaName;
  /** What is kept or was done before the change. */
  used: number;
  max: number;
}

/** What every refusal for a quota carries beside its text, so that a program can read it. */
export function quotaExtra({ quota, used, max }: QuotaPassed): { quota: QuotaName; used: number; max: number } {
  return { quota, used, max };
}

/** Who can give more, as a sentence. */
export function whoRaises(quota: QuotaName): string {
  return (
    `A platform operator can raise it: for this tenant with PATCH /api/tenants/<slug> {"quotas":{"${quota}":…}}, for ` +
    `every tenant with ${quotas[quota].setting}.`
  );
}

/**
 * The one error of a quota: names it, its use and its limit, how to make room, and who can give more. `retryAfterS`: of
 * a daily one.
 */
export function quotaExceeded(
  passed: QuotaPassed & { more: number },
  extras: Pick<ErrorExtras, 'cause' | 'retryAfterS'> = {},
): Error {
  const { quota, used, max, more } = passed;
  const { what, makeRoom, unit } = quotas[quota];
  const of = unit === 'bytes' ? `bytes of ${what}` : what;
  return quotaErrors.error(
    'QUOTA_EXCEEDED',
    `This tenant has ${used} of at most ${max} ${of} (quota ${quota}), and this would add ${more}. ${makeRoom} ` +
      `${whoRaises(quota)}`,
    { ...extras, extra: quotaExtra(passed) },
  );
}

/** A quota of a day that is used up, and when it counts anew. */
export interface SpentQuota extends QuotaPassed {
  /** Milliseconds since the epoch. */
  untilMs: number;
}

/**
 * What is refused because a day's quota is used up: `QUOTA_EXCEEDED` with 429, since it passes by itself. `isInside`:
 * whoever asks belongs to the tenant; others do not learn its figures.
 */
export function quotaSpent(spent: SpentQuota, { nowMs, isInside }: { nowMs: number; isInside: boolean }): AnnexError {
  const { quota, used, max, untilMs } = spent;
  const { what, makeRoom } = quotas[quota];
  const retryAfterS = Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
  const kind = { ...quotaErrors.kinds.QUOTA_EXCEEDED, status: 429 };
  if (!isInside)
    return new AnnexError('QUOTA_EXCEEDED', kind, `A quota of the day is used up. ${makeRoom}`, { retryAfterS });
  return new AnnexError(
    'QUOTA_EXCEEDED',
    kind,
    `This tenant has used ${used} of ${max} ${what} (quota ${quota}), so nothing more is started. ${makeRoom} ` +
      whoRaises(quota),
    { retryAfterS, extra: quotaExtra(spent) },
  );
}
