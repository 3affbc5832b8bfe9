import { coversHost, findHostCall, methodsNeeding, permissionTexts, type PermissionName } from '@annex/host-api';
import { reservationOf } from '@annex/events';
import { quote, type InputFault } from '@annex/kernel';
import type { Manifest, ManifestLimits } from '../schema/manifest.js';
import type { PackageFiles } from '../zip/read-package.js';
import type { BundleReach, ReachReading } from './read-reach.js';

/** Places named in one warning, and warnings about URLs. */
const maxNamed = 5;
const maxUrlWarnings = 20;

/**
 * Where manifest and code disagree about what the plugin may do: used but not asked for, asked for but not used,
 * addresses that `http.allow` does not open. Warnings, because reading code is not running it.
 */
export function reachWarnings(
  reach: BundleReach,
  manifest: Pick<Manifest, 'permissions' | 'http'>,
  files: PackageFiles,
): InputFault[] {
  if (!reach.complete) {
    return [
      {
        pointer: '/entry',
        code: 'REACH_UNKNOWN',
        detail: 'is too large or too deeply nested to be read, so its host calls are not listed.',
      },
    ];
  }
  return [...undeclared(reach, manifest), ...unused(reach, manifest, files), ...closedHosts(reach, manifest)];
}

/**
 * Events that the operator keeps from plugins and the code emits all the same. Errors: what the operator reserved is no
 * plugin's to say, and the call would fail.
 */
export function reservedFaults(
  emits: ReachReading['emits'],
  reservedEvents: ManifestLimits['reservedEvents'],
): InputFault[] {
  return emits.flatMap(({ type, file, line }) => {
    const pattern = reservationOf(type, reservedEvents);
    if (pattern === undefined) return [];
    const detail =
      `${file}:${line} emits ${quote(type)}, which the operator of this Annex reserves (${quote(pattern)} of ` +
      'ANNEX_RESERVED_EVENTS); the call would fail with EVENT_REFUSED. Choose another name.';
    return [{ pointer: '/entry', code: 'EVENT_TYPE_RESERVED', detail }];
  });
}

/** Host and place of each URL literal that the plugin may send to, and whether `http.allow` opens it. */
export function reachHosts(
  { urls, calls, dynamic }: BundleReach,
  { http }: Pick<Manifest, 'http'>,
): { host: string; allowed: boolean; file: string; line: number }[] {
  const sends =
    calls.some(({ call }) => call === 'http.request') ||
    dynamic.some(({ within }) => within === '' || within === 'http');
  return urls.flatMap(({ url, requested, file, line }) => {
    // A package's own mentions of addresses (documentation, namespaces) say nothing unless they are asked for.
    if (!requested && (!sends || file.includes('node_modules/'))) return [];
    const host = URL.parse(url)?.host;
    return host ? [{ host, allowed: http.allow.some((pattern) => opens(pattern, host)), file, line }] : [];
  });
}

function undeclared({ calls }: BundleReach, { permissions }: Pick<Manifest, 'permissions'>): InputFault[] {
  const asked = new Set(permissions.map(({ name }) => name));
  const missing = new Map<PermissionName, BundleReach['calls']>();
  for (const each of calls) {
    const permission = findHostCall(each.call)?.permission;
    if (permission && !asked.has(permission)) missing.set(permission, [...(missing.get(permission) ?? []), each]);
  }
  return [...missing].map(([permission, places]) => {
    const named = places.slice(0, maxNamed).map(({ call, file, line }) => `${file}:${line} (ctx.${call})`);
    const more = places.length > named.length ? ` and ${places.length - named.length} more places` : '';
    return {
      pointer: '/permissions',
      code: 'PERMISSION_UNDECLARED',
      detail:
        `${named.join(', ')}${more}: needs the permission ${quote(permission)} ` +
        `(${permissionTexts[permission].title}), which the manifest does not ask for; the call would fail with ` +
        'PERMISSION_DENIED. Add it to permissions.',
    };
  });
}

function unused(
  { calls, dynamic }: BundleReach,
  { permissions }: Pick<Manifest, 'permissions'>,
  files: PackageFiles,
): InputFault[] {
  const has = (folder: string): boolean => [...files.keys()].some((path) => path.startsWith(folder));
  const used = new Set<string>([
    ...(has('webhooks/') ? ['emit_webhook'] : []),
    // An agent may be a language model; which one it is, is not read here.
    ...(has('agents/') ? ['agents.call', 'llm.use'] : []),
  ]);
  return permissions.flatMap(({ name }, index) => {
    const methods = new Set<string>(methodsNeeding(name));
    const isUsed = calls.some(({ call }) => methods.has(call)) || used.has(name);
    const mayBeUsed = dynamic.some(
      ({ within }) =>
        within === '' || [...methods].some((method) => method === within || method.startsWith(`${within}.`)),
    );
    if (isUsed || mayBeUsed) return [];
    return [
      {
        pointer: `/permissions/${index}`,
        code: 'PERMISSION_UNUSED',
        detail:
          `${quote(name)} is asked for, but nothing in the code uses it. Take it out: admins see every permission ` +
          'that is asked for.',
      },
    ];
  });
}

function closedHosts(reach: BundleReach, manifest: Pick<Manifest, 'http'>): InputFault[] {
  return reachHosts(reach, manifest)
    .filter(({ allowed }) => !allowed)
    .slice(0, maxUrlWarnings)
    .map(({ host, file, line }) => ({
      pointer: '/http/allow',
      code: 'HOST_NOT_ALLOWED',
      detail:
        `${file}:${line} names ${quote(host)}, which http.allow does not open; requests to it would fail with ` +
        'EGRESS_HOST_NOT_ALLOWED. Add it to http.allow, or take it out.',
    }));
}

/** A pattern without a port opens 80 and 443. */
function opens(pattern: string, host: string): boolean {
  const split = (text: string): [string, string] => {
    const [, name = text, port = ''] = /^(.*?)(?::(\d{1,5}))?$/.exec(text) ?? [];
    return [name, port === '80' || port === '443' ? '' : port];
  };
  const [wide, widePort] = split(pattern);
  const [narrow, port] = split(host);
  return widePort === port && coversHost(wide, narrow);
}
