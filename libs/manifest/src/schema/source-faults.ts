/** What the `sources` of a manifest must fulfil beyond their shape. */
import { eventPatternFault, isReservedEventName, requiredPathFault } from '@annex/events';
import { isJsonObject, quote, type InputFault, type Json, type JsonObject } from '@annex/kernel';
import { longestRunMs } from '@annex/limits';
import { parseSchedule, timezoneFault } from '@annex/scheduling';
import { connectionFaults } from '../connections/connection-faults.js';
import { connectionTexts } from '../connections/fields.js';
import { routeAuthFault } from '../routes/route-auth.js';
import type { ManifestLimits } from './manifest.js';
import { connectedSourceTypes, handledSourceTypes, receivingSourceTypes, sourceTypes } from './source-types.js';

/** Every fault of every source. Pointers are into the manifest. */
export function sourceFaults(manifest: JsonObject, limits: ManifestLimits): InputFault[] {
  const { sources } = manifest;
  if (!Array.isArray(sources)) return [];
  const secrets = secretNames(manifest['secrets']);
  return sources.flatMap((source, index) =>
    isJsonObject(source) ? faultsOf(source, `/sources/${index}`, { limits, secrets }) : [],
  );
}

interface Judging {
  limits: ManifestLimits;
  secrets: readonly string[];
}

function faultsOf(source: JsonObject, pointer: string, judging: Judging): InputFault[] {
  return [
    ...keyFaults(source, pointer),
    ...scheduleFaults(source, pointer, judging),
    ...authFaults(source, pointer, judging),
    ...secretFaults(source, pointer, judging),
    ...withFaults(source, pointer),
    ...eventFaults(source, pointer),
  ];
}

/** Keys that belong to other types, and keys that this type needs. */
function keyFaults(source: JsonObject, pointer: string): InputFault[] {
  const { type } = source;
  if (typeof type !== 'string' || !(sourceTypes as readonly string[]).includes(type)) return [];
  const receives = receivingSourceTypes.has(type);
  const isPoll = type === 'poll';
  const own: Record<string, boolean> = {
    schedule: isPoll,
    timezone: isPoll,
    timeout_ms: handledSourceTypes.has(type),
    auth: receives,
    verify_token: type === 'receive',
    with: connectedSourceTypes.has(type),
  };
  const strange = Object.entries(own).filter(([key, isOwn]) => !isOwn && source[key] !== undefined);
  const faults = strange.map(([key]): InputFault => ({
    pointer: `${pointer}/${key}`,
    code: 'SOURCE',
    detail: `is not for a source of type ${quote(type)}; remove it.`,
  }));
  if (isPoll && source['schedule'] === undefined)
    faults.push({
      pointer: `${pointer}/schedule`,
      code: 'REQUIRED',
      detail: 'is required: how often Annex polls, such as "*/5 * * * *".',
    });
  if (receives && source['auth'] === undefined)
    faults.push({
      pointer: `${pointer}/auth`,
      code: 'REQUIRED',
      detail:
        'is required: who may send, such as { "hmac": { "secret": "SHOP_SECRET", "scheme": "github" } }, or ' +
        '"public" for everybody who knows the address.',
    });
  return faults;
}

function scheduleFaults(source: JsonObject, pointer: string, { limits }: Judging): InputFault[] {
  const { schedule, timezone, timeout_ms: timeoutMs } = source;
  const faults: InputFault[] = [];
  if (typeof schedule === 'string') {
    const reading = parseSchedule(schedule, { minIntervalS: limits.minIntervalS });
    if (!reading.ok) faults.push(...reading.errors.map((fault) => ({ ...fault, pointer: `${pointer}/schedule` })));
  }
  const zone = typeof timezone === 'string' ? timezoneFault(timezone, `${pointer}/timezone`) : undefined;
  if (zone !== undefined) faults.push(zone);
  if (typeof timeoutMs === 'number' && timeoutMs > limits.jobTimeoutMs && timeoutMs <= longestRunMs)
    faults.push({
      pointer: `${pointer}/timeout_ms`,
      code: 'LIMIT',
      detail: `${timeoutMs} is over the operator's limit for sources of ${limits.jobTimeoutMs} ms; write at most that.`,
    });
  return faults;
}

function authFaults({ type, auth }: JsonObject, pointer: string, { secrets }: Judging): InputFault[] {
  if (auth === undefined || typeof type !== 'string' || !receivingSourceTypes.has(type)) return [];
  const fault =
    auth === 'member'
      ? 'has the auth "member", but whoever sends to a source has no account here; write hmac, token or "public".'
      : routeAuthFault(auth, secrets);
  return fault === undefined ? [] : [{ pointer: `${pointer}/auth`, code: 'SOURCE', detail: fault }];
}

/** Secrets that a source names must be declared, so that enabling asks for them. */
function secretFaults(
  { with: given = {}, verify_token: token }: JsonObject,
  pointer: string,
  { secrets }: Judging,
): InputFault[] {
  const undeclared = (name: string, at: string): InputFault[] =>
    secrets.includes(name)
      ? []
      : [
          {
            pointer: `${pointer}/${at}`,
            code: 'SECRET_UNDECLARED',
            detail: `names the secret ${quote(name)}, which the manifest does not declare; add it to "secrets".`,
          },
        ];
  const named = connectionTexts(given).flatMap(({ pointer: at, text }) =>
    [...text.matchAll(/\$\{SECRET:([^}]*)\}/g)].flatMap(([, name = '']) => undeclared(name, `with${at}`)),
  );
  return [...(typeof token === 'string' ? undeclared(token, 'verify_token') : []), ...named];
}

/** What its connection is told, as far as it is known before its tenant's values are. */
function withFaults({ type, with: given = {} }: JsonObject, pointer: string): InputFault[] {
  if (typeof type !== 'string' || !isJsonObject(given)) return [];
  return connectionFaults(type, given).map((fault) => ({ ...fault, pointer: `${pointer}/with${fault.pointer}` }));
}

function eventFaults({ events, require }: JsonObject, pointer: string): InputFault[] {
  const faults: InputFault[] = [];
  texts(events).forEach((pattern, index) => {
    const at = `${pointer}/events/${index}`;
    const fault = eventPatternFault(pattern, at);
    if (fault !== undefined) faults.push(fault);
    else if (isReservedEventName(pattern))
      faults.push({
        pointer: at,
        code: 'SOURCE',
        detail: `${quote(pattern)} is the platform's own; choose a name of yours.`,
      });
  });
  texts(require).forEach((path, index) => {
    const detail = requiredPathFault(path);
    if (detail !== undefined) faults.push({ pointer: `${pointer}/require/${index}`, code: 'FORMAT', detail });
  });
  return faults;
}

function texts(list: Json | undefined): string[] {
  return Array.isArray(list) ? list.map((item) => (typeof item === 'string' ? item : '')) : [];
}

function secretNames(list: Json | undefined): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((secret) => {
    const name = isJsonObject(secret) ? secret['name'] : secret;
    return typeof name === 'string' ? [name] : [];
  });
}
