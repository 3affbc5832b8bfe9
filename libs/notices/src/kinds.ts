/** What people can be told of, and in which words. */
import type { JsonObject } from '@annex/kernel';

/** Every kind of state that somebody can be told of. */
export const noticeKinds = [
  'plugin_failing',
  'dead_letters',
  'quota',
  'missed_ticks',
  'source_unhealthy',
  'missing_secret',
] as const;

/** One of {@link noticeKinds}. */
export type NoticeKind = (typeof noticeKinds)[number];

/** How bad it is; `ok`: it is over. */
export const noticeLevels = ['ok', 'warning', 'critical'] as const;

/** One of {@link noticeLevels}. */
export type NoticeLevel = (typeof noticeLevels)[number];

/** Where a message can go. */
export const noticeChannels = ['mail', 'webhook', 'slack'] as const;

/** One of {@link noticeChannels}. */
export type NoticeChannel = (typeof noticeChannels)[number];

/** What is told in one line. */
export interface Told {
  kind: NoticeKind;
  /** A plugin's slug, a quota, a source, `<plugin>/<job>`. */
  subject: string;
  level: NoticeLevel;
  detail: JsonObject;
}

/** The change in one sentence. Never what a plugin wrote: only names, numbers and codes. */
export function sentenceOf({ kind, subject, level, detail }: Told): string {
  return level === 'ok' ? over[kind](subject) : begun[kind](subject, detail);
}

const over: Record<NoticeKind, (subject: string) => string> = {
  plugin_failing: (plugin) => `Plugin ${plugin} is no longer failing.`,
  dead_letters: (plugin) => `${of(plugin)} no dead letters any more.`,
  quota: (quota) => `Quota ${quota} has room again.`,
  missed_ticks: (job) => `Job ${job} has missed no tick for an hour.`,
  source_unhealthy: (source) => `Source ${source} works again.`,
  missing_secret: (plugin) => `Plugin ${plugin} has all its secrets.`,
};

const begun: Record<NoticeKind, (subject: string, detail: JsonObject) => string> = {
  plugin_failing: (plugin, { status, runs, code, health }) => {
    const last = `the last one with ${codeOf(code)}`;
    if (status === 'suspended') return `Plugin ${plugin} is suspended: it made executors be killed.`;
    if (status === 'disabled') return `Plugin ${plugin} was disabled: ${number(runs)} runs in a row failed, ${last}.`;
    if (health === 'unhealthy') return `Plugin ${plugin} is unhealthy: its health checks fail.`;
    return `Plugin ${plugin} is failing: ${number(runs)} runs in a row failed for good, ${last}.`;
  },
  dead_letters: (plugin, { count }) => `${of(plugin)} ${number(count)} dead letters.`,
  quota: (quota, { used, max }) => {
    const percent = Math.floor((number(used) / Math.max(1, number(max))) * 100);
    return `Quota ${quota} is at ${percent} %: ${number(used)} of ${number(max)}.`;
  },
  missed_ticks: (job, { ticks, code }) => `Job ${job} missed ${number(ticks)} ticks within an hour (${codeOf(code)}).`,
  source_unhealthy: (source, { failed, code }) =>
    failed === true
      ? `Source ${source} has failed and waits for a restart (${codeOf(code)}).`
      : `Source ${source} takes nothing: ${codeOf(code)}.`,
  missing_secret: (plugin, { names }) =>
    `Plugin ${plugin} lacks the secret ${Array.isArray(names) ? names.map(String).join(', ').slice(0, 300) : ''}.`,
};

/** Whose dead letters: a package's, or those of the tenant's own webhooks. */
function of(plugin: string): string {
  return plugin === '' ? 'The tenant’s own webhooks have' : `Plugin ${plugin} has`;
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** A code of ours; what else a plugin threw is not passed on to people's mail. */
function codeOf(value: unknown): string {
  return typeof value === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(value) ? value : 'an error';
}
