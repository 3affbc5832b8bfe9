import { matchesEvent } from './patterns.js';
import { closest, quote, type InputFault } from '@annex/kernel';
import { eventLimits } from '@annex/limits';

const segment = /^[a-z0-9_-]+$/;

/**
 * Why a text is not an event name, or `undefined` when it is one. A name is 1 to 16 segments of `a-z 0-9 _ -`, joined
 * by dots, at most 200 characters, such as `auth.user.created`. Names are compared byte by byte, so there is one
 * spelling: lower case.
 */
export function eventNameFault(name: string, pointer = ''): InputFault | undefined {
  const shape = shapeFault(name, 'event name');
  if (shape !== undefined) return { pointer, code: 'EVENT_NAME', detail: shape };
  for (const part of name.split('.')) {
    if (part === '*' || part === '**') {
      return {
        pointer,
        code: 'EVENT_NAME',
        detail: `${quote(name)} is a pattern; an event has one exact name, such as "build.completed".`,
      };
    }
    const fault = segmentFault(part, name);
    if (fault !== undefined) return { pointer, code: 'EVENT_NAME', detail: fault };
  }
  return undefined;
}

/** Whether a text is an event name (see {@link eventNameFault}). */
export function isEventName(name: string): boolean {
  return eventNameFault(name) === undefined;
}

/**
 * Why a text is not an event pattern, or `undefined` when it is one. A pattern is a name in which a whole segment may
 * be `*` (exactly one segment) or `**` (any number of segments, none included, as in glob and AMQP's `#`).
 */
export function eventPatternFault(pattern: string, pointer = ''): InputFault | undefined {
  const shape = shapeFault(pattern, 'event pattern');
  if (shape !== undefined) return { pointer, code: 'EVENT_PATTERN', detail: shape };
  for (const part of pattern.split('.')) {
    if (part === '*' || part === '**') continue;
    const fault = part.includes('*')
      ? `${quote(part)} in ${quote(pattern)} mixes "*" with text; a wildcard stands for a whole segment: "*" for ` +
        'one, "**" for any number.'
      : segmentFault(part, pattern);
    if (fault !== undefined) return { pointer, code: 'EVENT_PATTERN', detail: fault };
  }
  return undefined;
}

/** Whether a text is an event pattern (see {@link eventPatternFault}). */
export function isEventPattern(pattern: string): boolean {
  return eventPatternFault(pattern) === undefined;
}

/**
 * The events that the platform itself emits, each with what its `data` holds. Everyone may subscribe to them.
 * `auth.*`: users of the tenant. `files.*`: its storage. `plugin.*`: its installations. `webhook.received`: `POST
 * /hooks/:tenant/:source`.
 */
export const platformEvents = {
  'auth.user.created': 'A user was added to the tenant: `{ user: { id, email, role } }`.',
  'auth.user.updated': 'A user of the tenant changed: `{ user: { id, email, role }, changed }`.',
  'auth.user.deleted': 'A user was removed from the tenant: `{ user: { id, email, role } }`.',
  'files.uploaded': 'A file was written: `{ file: { key, size, content_type, etag } }`.',
  'files.deleted': 'A file was removed: `{ file: { key, size, content_type, etag } }`.',
  'plugin.installed': 'A plugin was uploaded for the first time: `{ plugin: { id, slug, version } }`.',
  'plugin.enabled': 'A plugin started to serve: `{ plugin: { id, slug, version } }`.',
  'plugin.failed': 'A plugin’s `onInit` failed for good: `{ plugin: { id, slug, version }, attempts, error }`.',
  'plugin.disabled': 'A plugin stopped serving: `{ plugin: { id, slug, version }, reason }`.',
  'plugin.unhealthy':
    'Three health checks in a row failed: `{ plugin: { id, slug, version }, failures, error: { code, message } }`.',
  'plugin.recovered': 'A plugin that was unhealthy is so no more: `{ plugin: { id, slug, version }, since, status }`.',
  'plugin.upgraded': 'Another release became active: `{ plugin: { id, slug, version }, previous_version }`.',
  'plugin.upgrade_failed':
    'A release did not become active: `{ plugin: { id, slug, version }, active_version, attempts, reason, error }`.',
  'plugin.uninstalled': 'A plugin was removed: `{ plugin: { id, slug, version } }`.',
  'source.failed':
    'The connection of a source broke too often, and rests: `{ source: { name, type }, restarts, error }`.',
  'webhook.received':
    'An inbound webhook arrived: `{ source, event_type, delivery_id, headers, query, body, body_encoding }`.',
  'webhook.disabled': 'A webhook was stopped: `{ webhook: { id, name, plugin }, reason }`.',
} as const satisfies Record<string, string>;

/** The name of an event that the platform emits. */
export type PlatformEventName = keyof typeof platformEvents;

/**
 * Names under these prefixes, `source.failed`, `webhook.received` and `webhook.disabled` speak for the platform: plugin
 * code cannot emit them.
 */
export const reservedEventPrefixes = ['auth.', 'files.', 'plugin.'] as const;

/**
 * Whether an event of this name speaks for the platform. `ctx.emit` refuses such a name, so that one plugin cannot make
 * another believe in a user that does not exist. People may post one through the API (replaying an import, trying out a
 * hook with `test-event`): they hold a role in the tenant, and the event's `source` tells it from the platform's own,
 * which nobody else can use.
 */
export function isReservedEventName(name: string): boolean {
  return (
    name === 'source.failed' ||
    name === 'webhook.received' ||
    name === 'webhook.disabled' ||
    reservedEventPrefixes.some((prefix) => name.startsWith(prefix))
  );
}

/**
 * The operator's pattern (`ANNEX_RESERVED_EVENTS`) that keeps a name from plugins, or `undefined`. People may post such
 * an event with the role that the platform's own names need.
 */
export function reservationOf(name: string, patterns: readonly string[]): string | undefined {
  return patterns.find((pattern) => matchesEvent(pattern, name));
}

/** A platform event that a pattern without wildcards probably meant: a warning's text, or `undefined`. */
export function patternWarning(pattern: string): string | undefined {
  if (pattern.includes('*') || !isReservedEventName(pattern) || Object.hasOwn(platformEvents, pattern))
    return undefined;
  const near = closest(pattern, Object.keys(platformEvents));
  return (
    `nothing emits ${quote(pattern)}: names under ${reservedEventPrefixes.join(' ')} are the ` +
    `platform's.${near === undefined ? '' : ` Did you mean "${near}"?`}`
  );
}

function shapeFault(text: string, what: string): string | undefined {
  if (text === '') return `an ${what} must not be empty; write one such as "build.completed".`;
  if (text.length > eventLimits.nameChars) {
    return `an ${what} has at most ${eventLimits.nameChars} characters; ${quote(text, 40)} has ${text.length}.`;
  }
  const segments = text.split('.').length;
  return segments > eventLimits.nameSegments
    ? `an ${what} has at most ${eventLimits.nameSegments} segments; ${quote(text)} has ${segments}.`
    : undefined;
}

function segmentFault(part: string, whole: string): string | undefined {
  if (part === '')
    return `${quote(whole)} has an empty segment; write single dots between segments and none at the ends.`;
  if (segment.test(part)) return undefined;
  const lower = whole.toLowerCase();
  const instead = lower !== whole && lower.split('.').every((each) => segment.test(each)) ? ` Write "${lower}".` : '';
  return `${quote(part)} in ${quote(whole)} may only use a-z, 0-9, "_" and "-".${instead}`;
}
