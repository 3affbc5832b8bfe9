/** What may be said of a source of the tenant's own. */
import { eventPatternFault, isReservedEventName, requiredPathFault } from '@annex/events';
import { isJsonObject, quote, type InputFault, type Json, type JsonObject } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import {
  connectedSourceTypes,
  connectionFaults,
  handledSourceTypes,
  routeAuthFault,
  sourceTypes,
  type SourceType,
} from '@annex/manifest';
import type { SourceSpec } from './rows/source-row.js';

export interface OwnSourceInput {
  type: SourceType;
  with?: JsonObject | undefined;
  /** Who may send, for types that others send to; its secret is one of the tenant's. */
  auth?: Json | undefined;
  events: readonly string[];
  require?: readonly string[] | undefined;
  enabled?: boolean | undefined;
}

export const ownNamePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** Types that need no code of a package. */
export const ownSourceTypes = sourceTypes.filter((type) => !handledSourceTypes.has(type));

/** All that is wrong with it, each with its place. */
export function ownSourceFaults(name: string, input: OwnSourceInput): InputFault[] {
  const faults: InputFault[] = [];
  const refuse = (pointer: string, code: string, detail: string): number => faults.push({ pointer, code, detail });
  if (!ownNamePattern.test(name))
    refuse(
      '/name',
      'FORMAT',
      `${quote(name, 80)} must be 1 to 63 of a-z, 0-9, "_" and "-", beginning with one of the first two`,
    );
  if (!ownSourceTypes.includes(input.type))
    refuse('/type', 'VALUE', `must be one of ${ownSourceTypes.join(', ')}; poll and receive are for packages`);
  else faults.push(...(connectedSourceTypes.has(input.type) ? withFaults(input) : authFaults(input)));
  if (input.events.length === 0 || input.events.length > sourceLimits.patterns)
    refuse('/events', 'RANGE', `must be 1 to ${sourceLimits.patterns} patterns`);
  input.events.forEach((pattern, index) => {
    const fault = eventPatternFault(pattern, `/events/${index}`);
    if (fault) faults.push(fault);
    else if (isReservedEventName(pattern))
      refuse(`/events/${index}`, 'VALUE', `${quote(pattern)} is the platform's own`);
  });
  (input.require ?? []).forEach((path, index) => {
    const detail = requiredPathFault(path);
    if (detail !== undefined) refuse(`/require/${index}`, 'FORMAT', detail);
  });
  return faults;
}

/** What is kept of it. */
export function ownSourceSpec(
  name: string,
  { with: given = {}, auth, events, require = [] }: OwnSourceInput,
): SourceSpec {
  return {
    name,
    schedule: null,
    timezone: 'UTC',
    auth: auth ?? null,
    with: given,
    events: [...events],
    require: [...new Set(require)],
    timeoutMs: null,
  };
}

function withFaults({ type, with: given = {}, auth }: OwnSourceInput): InputFault[] {
  const faults = connectionFaults(type, given).map((fault) => ({ ...fault, pointer: `/with${fault.pointer}` }));
  if (auth !== undefined && auth !== null)
    faults.push({ pointer: '/auth', code: 'VALUE', detail: 'is for types that others send to; leave it out' });
  return faults;
}

function authFaults({ with: given = {}, auth }: OwnSourceInput): InputFault[] {
  const faults: InputFault[] = [];
  if (Object.keys(given).length > 0)
    faults.push({ pointer: '/with', code: 'VALUE', detail: 'is for types with a connection; leave it out' });
  if (auth === undefined || auth === null)
    return [
      ...faults,
      {
        pointer: '/auth',
        code: 'REQUIRED',
        detail:
          'is required: { "token": { "secret": "ALERT_TOKEN" } } with the name of a secret of the tenant, or "public"',
      },
    ];
  const detail =
    auth === 'member'
      ? 'must be hmac, token or "public": senders have no account'
      : routeAuthFault(auth, secretOf(auth));
  return detail === undefined ? faults : [...faults, { pointer: '/auth', code: 'VALUE', detail }];
}

/** Any secret of the tenant may be named; there is no list to hold it against. */
function secretOf(auth: Json): string[] {
  const inner = isJsonObject(auth) ? (auth['hmac'] ?? auth['token']) : undefined;
  const name = isJsonObject(inner ?? null) ? (inner as JsonObject)['secret'] : undefined;
  return typeof name === 'string' ? [name] : [];
}
