/** Whether what the code registered and what the manifest declares agree (docs/plugins.md, "The manifest"). */
import { eventFilterFaults, hookRoots, isEventPattern, matchesEvent } from '@annex/events';
import { didYouMean, jsonPointer, quote, type InputFault } from '@annex/kernel';
import { mappingLimits, routeLimits } from '@annex/limits';
import { isPython } from '../bundle/bundle-python.js';
import type { Registration } from '../registration.js';
import { readCors } from '../routes/cors.js';
import { routeAuthFault } from '../routes/route-auth.js';
import { parseRoutePath, routeShape } from '../routes/route-path.js';
import type { Manifest } from '../schema/manifest.js';
import { checkSchedules } from './schedule-agreement.js';
import { checkSources } from './source-agreement.js';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const roles = ['viewer', 'member', 'developer', 'admin', 'owner'];

/**
 * Every disagreement, together. Pointers are into the manifest, or `/handlers/<index>` for the index-th registration.
 */
export function checkAgreement(manifest: Manifest, registrations: readonly Registration[]): InputFault[] {
  return [
    ...checkEvents(manifest, registrations).filter((fault) => !isExcused(manifest, fault)),
    ...checkNamed(manifest, registrations),
    ...checkSchedules(manifest, registrations),
    ...checkSources(manifest, registrations),
    ...checkRoutes(manifest, registrations),
    ...checkSingles(manifest, registrations),
  ];
}

/**
 * What is no fault of a package in Python: an event without a hook. Packages of the system that Annex descends from
 * list what their webhooks send, too.
 */
export function agreementWarnings(manifest: Manifest, registrations: readonly Registration[]): InputFault[] {
  return checkEvents(manifest, registrations).filter((fault) => isExcused(manifest, fault));
}

function isExcused({ entry }: Manifest, { code }: InputFault): boolean {
  return code === 'HANDLER_MISSING' && isPython(entry);
}

function handlerPointer(index: number): string {
  return `/handlers/${index}`;
}

/**
 * A hook for a pattern needs that pattern, or a wider one, in `events`; and every entry of `events` needs a hook that
 * it lets in. So a manifest may say `build.*` and the code `hook('build.completed', …)`, as well as the other way to
 * write the same pattern on both sides.
 */
function checkEvents(manifest: Manifest, registrations: readonly Registration[]): InputFault[] {
  const faults: InputFault[] = [];
  const served = new Set<string>();
  registrations.forEach((registration, index) => {
    if (registration.kind !== 'event') return;
    const { name } = registration;
    const pointer = handlerPointer(index);
    if (!isEventPattern(name)) {
      faults.push({
        pointer,
        code: 'HANDLER_NAME',
        detail: `hook(${quote(name)}) is not an event name or pattern; write one such as "build.completed".`,
      });
      return;
    }
    const wrong =
      registration.where === undefined
        ? []
        : eventFilterFaults(registration.where, hookRoots, mappingLimits.hookWhereChars);
    for (const { path, detail } of wrong.slice(0, 20))
      faults.push({
        pointer: `${pointer}/where${path.length === 0 ? '' : jsonPointer(...path)}`,
        code: 'HOOK_WHERE',
        detail: `hook(${quote(name)}) has a filter that is none: it ${detail}`,
      });
    const declared = manifest.events.filter((pattern) => covers(pattern, name));
    declared.forEach((pattern) => served.add(pattern));
    if (declared.length === 0) {
      faults.push({
        pointer,
        code: 'HANDLER_UNDECLARED',
        detail:
          `hook(${quote(name)}) is not declared; add ${quote(name)} to "events".` + didYouMean(name, manifest.events),
      });
    }
  });
  manifest.events.forEach((pattern, index) => {
    if (!served.has(pattern))
      faults.push({
        pointer: `/events/${index}`,
        code: 'HANDLER_MISSING',
        detail: `no hook handles ${quote(pattern)}; call hook(${quote(pattern)}, …) in the entry, or remove it.`,
      });
  });
  return faults;
}

/**
 * Whether a pattern lets in everything that a narrower one means. A `*` of the narrow one is read as a segment that
 * only wildcards fit, and its
 * `**` as none, one, two, … of those, up to one more than the wide pattern could tell apart.
 */
function covers(wide: string, narrow: string): boolean {
  if (wide === narrow || !narrow.includes('*')) return matchesEvent(wide, narrow);
  const most = narrow.includes('**') ? wide.split('.').length + 1 : 0;
  for (let count = 0; count <= most; count += 1) {
    const sample = narrow
      .split('.')
      .flatMap((part) => (part === '**' ? Array.from({ length: count }, () => '*') : [part]));
    if (sample.length > 0 && !matchesEvent(wide, sample.join('.'))) return false;
  }
  return true;
}

function checkNamed(manifest: Manifest, registrations: readonly Registration[]): InputFault[] {
  const faults: InputFault[] = [];
  for (const kind of ['job', 'filter'] as const) {
    const declared = kind === 'job' ? manifest.jobs.map((job) => job.name) : manifest.filters;
    const key = kind === 'job' ? 'jobs' : 'filters';
    const handled = new Set<string>();
    registrations.forEach((registration, index) => {
      if (registration.kind !== kind) return;
      const { name } = registration;
      const pointer = handlerPointer(index);
      if (handled.has(name))
        faults.push({
          pointer,
          code: 'HANDLER_TWICE',
          detail: `${kind}(${quote(name)}) is registered twice; keep one handler.`,
        });
      else if (!declared.includes(name)) {
        const instead =
          kind === 'job' ? `{ "name": ${quote(name)}, "schedule": "…" } to "jobs"` : `${quote(name)} to "filters"`;
        faults.push({
          pointer,
          code: 'HANDLER_UNDECLARED',
          detail: `${kind}(${quote(name)}) is not declared; add ${instead}.${didYouMean(name, declared)}`,
        });
      }
      handled.add(name);
    });
    declared.forEach((name, index) => {
      if (handled.has(name)) return;
      const near = didYouMean(
        name,
        [...handled].filter((each) => !declared.includes(each)),
      );
      faults.push({
        pointer: kind === 'job' ? `/${key}/${index}/name` : `/${key}/${index}`,
        code: 'HANDLER_MISSING',
        detail: `no handler is registered for it; call ${kind}(${quote(name)}, …) in the entry, or remove it.${near}`,
      });
    });
  }
  return faults;
}

function checkRoutes(manifest: Manifest, registrations: readonly Registration[]): InputFault[] {
  const faults: InputFault[] = [];
  const taken = new Map<string, string>();
  let count = 0;
  registrations.forEach((registration, index) => {
    if (registration.kind !== 'route') return;
    count += 1;
    const pointer = handlerPointer(index);
    const refuse = (code: string, detail: string): number =>
      faults.push({ pointer, code, detail: `route(${quote(registration.path)}) ${detail}` });
    if (registration.methods.length === 0) refuse('ROUTE_METHOD', 'has no methods; leave them out for GET.');
    for (const method of registration.methods) {
      if (!methods.includes(method))
        refuse(
          'ROUTE_METHOD',
          `has the method ${quote(method)}; write some of ${methods.join(', ')}.${didYouMean(method, methods)}`,
        );
    }
    const auth = routeAuthFault(
      registration.auth,
      manifest.secrets.map(({ name }) => name),
    );
    if (auth !== undefined) refuse('ROUTE_AUTH', auth);
    const cors = registration.cors === undefined ? undefined : readCors(registration.cors);
    if (cors?.ok === false) refuse('ROUTE_CORS', `has a cors that is none: ${cors.detail}`);
    for (const role of registration.roles ?? []) {
      if (!roles.includes(role))
        refuse(
          'ROUTE_ROLE',
          `asks for the role ${quote(role)}; roles are ${roles.join(', ')}.${didYouMean(role, roles)}`,
        );
    }
    const path = parseRoutePath(registration.path);
    if (!path.ok) {
      refuse('ROUTE_PATH', path.detail);
      return;
    }
    if (path.segments[0]?.kind === 'text' && path.segments[0].text === 'static')
      refuse('ROUTE_PATH', 'lies under "/static", where the files of static/ are served; choose another path.');
    const shape = routeShape(path.segments);
    for (const method of registration.methods) {
      const other = taken.get(`${method} ${shape}`);
      if (other === undefined) taken.set(`${method} ${shape}`, registration.path);
      else refuse('ROUTE_CONFLICT', `takes the same ${method} requests as route(${quote(other)}); keep one of them.`);
    }
  });
  if (count > 0 && !manifest.routes)
    faults.push({
      pointer: '/routes',
      code: 'HANDLER_UNDECLARED',
      detail: `the entry registers ${count} route${count === 1 ? '' : 's'}; write "routes": true.`,
    });
  if (count === 0 && manifest.routes)
    faults.push({
      pointer: '/routes',
      code: 'HANDLER_MISSING',
      detail: 'no route is registered; call route(…) in the entry, or remove it.',
    });
  if (count > routeLimits.routes)
    faults.push({
      pointer: '/routes',
      code: 'ROUTE_COUNT',
      detail: `the entry registers ${count} routes; at most ${routeLimits.routes} are served.`,
    });
  return faults;
}

function checkSingles(manifest: Manifest, registrations: readonly Registration[]): InputFault[] {
  const faults: InputFault[] = [];
  const seen = new Set<string>();
  registrations.forEach((registration, index) => {
    if (registration.kind !== 'lifecycle' && registration.kind !== 'health') return;
    const what = registration.kind === 'health' ? `health check ${quote(registration.name)}` : registration.name;
    if (seen.has(what))
      faults.push({
        pointer: handlerPointer(index),
        code: 'HANDLER_TWICE',
        detail: `the handler for ${what} is registered twice; keep one.`,
      });
    seen.add(what);
  });
  if (manifest.health !== null && !registrations.some((registration) => registration.kind === 'health'))
    faults.push({
      pointer: '/health',
      code: 'HANDLER_MISSING',
      detail: 'no health handler is registered; call health(…) in the entry, or remove it.',
    });
  const hearsChanges = registrations.some((each) => each.kind === 'lifecycle' && each.name === 'config_change');
  if ((manifest.watch ?? []).length > 0 && !hearsChanges)
    faults.push({
      pointer: '/watch',
      code: 'HANDLER_MISSING',
      detail: 'nobody hears of these settings; call onConfigChange(…) in the entry, or remove it.',
    });
  return faults;
}
