/**
 * What a manifest must fulfil beyond its shape. Looks at whatever is there, so that these faults come together with
 * those of the shape.
 */
import { eventNameFault, eventPatternFault, patternWarning } from '@annex/events';
import {
  didYouMean,
  isJsonObject,
  jsonPointer,
  quote,
  type InputFault,
  type Json,
  type JsonObject,
} from '@annex/kernel';
import { longestRunMs } from '@annex/limits';
import { parseSchedule, timezoneFault } from '@annex/scheduling';
import semver from 'semver';
import { readCors } from '../routes/cors.js';
import { configSchemaFaults } from './config-schema.js';
import type { ManifestLimits } from './manifest.js';
import { sourceFaults } from './source-faults.js';
import { settingPatternFault } from '../watch/setting-keys.js';

export interface SemanticsContext {
  limits: ManifestLimits;
  /** Version of the plugin contract that the host serves. */
  hostVersion: string;
  /** Paths of the package, to find the entry in; `undefined`: the manifest is judged alone. */
  paths: readonly string[] | undefined;
  /** Its schema of settings was judged already. */
  trustConfigSchema: boolean;
}

export interface Judgement {
  errors: InputFault[];
  /** Same shape; nothing is refused because of them. */
  warnings: InputFault[];
}

/** All faults and warnings of meaning. Pointers are into the manifest. */
export function judgeManifest(source: JsonObject, context: SemanticsContext): Judgement {
  const errors: InputFault[] = [];
  const warnings: InputFault[] = [];
  judgeEntry(source, context, errors);
  judgeNames(source, errors, warnings);
  judgeJobs(source, context, errors);
  errors.push(...sourceFaults(source, context.limits));
  judgePermissions(source, errors, warnings);
  judgeHosts(source, errors);
  judgeVersions(source, context, errors);
  judgeLimits(source, context, errors);
  const cors = source['cors'] === undefined ? undefined : readCors(source['cors']);
  if (cors?.ok === false)
    errors.push({
      pointer: '/cors',
      code: 'CORS',
      detail: `${quote(JSON.stringify(source['cors']), 80)} ${cors.detail}`,
    });
  const config = source['config'];
  if (isJsonObject(config)) {
    for (const fault of configSchemaFaults(config, { isCompiled: context.trustConfigSchema }))
      errors.push({ ...fault, pointer: `/config${fault.pointer}` });
  }
  return { errors, warnings };
}

/** The entry's path as the package has it. */
export function normalEntry(entry: string): string {
  return entry.replace(/^(\.\/)+/, '').normalize('NFC');
}

function judgeEntry(source: JsonObject, { paths }: SemanticsContext, errors: InputFault[]): void {
  const entry = source['entry'];
  if (typeof entry !== 'string' || entry === '') return;
  const path = normalEntry(entry);
  const refuse = (detail: string): number => errors.push({ pointer: '/entry', code: 'ENTRY', detail });
  if (/^\/|^[a-z]:|\\|(^|\/)\.\.?(\/|$)/i.test(path))
    refuse(`${quote(entry)} must be a path below the package's root, such as "main.ts".`);
  else if (!/\.(ts|js|mjs|py)$/.test(path))
    refuse(`${quote(entry)} must be a .ts, .js, .mjs or .py file, such as "main.ts".`);
  else if (paths !== undefined && !paths.includes(path)) {
    const scripts = paths.filter((each) => /\.(ts|js|mjs|py)$/.test(each) && !each.startsWith('node_modules/'));
    refuse(
      `${quote(entry)} is not in the package.${
        didYouMean(path, scripts) ||
        (scripts.length > 0
          ? ` Scripts in it: ${scripts
              .slice(0, 5)
              .map((each) => quote(each))
              .join(', ')}.`
          : '')
      }`,
    );
  }
}

function judgeNames(source: JsonObject, errors: InputFault[], warnings: InputFault[]): void {
  each(
    source['events'],
    (pattern, pointer) => {
      if (typeof pattern !== 'string') return;
      const fault = eventPatternFault(pattern, pointer);
      if (fault !== undefined) errors.push(fault);
      const warning = patternWarning(pattern);
      if (warning !== undefined) warnings.push({ pointer, code: 'EVENT_UNKNOWN', detail: warning });
    },
    'events',
  );
  each(
    source['filters'],
    (name, pointer) => {
      const fault = typeof name === 'string' ? eventNameFault(name, pointer) : undefined;
      if (fault !== undefined) errors.push({ ...fault, detail: fault.detail.replaceAll('event name', 'filter name') });
    },
    'filters',
  );
  each(
    source['watch'],
    (pattern, pointer) => {
      const fault = typeof pattern === 'string' ? settingPatternFault(pattern) : undefined;
      if (fault !== undefined) errors.push({ pointer, code: 'SETTING_PATTERN', detail: `${fault}.` });
    },
    'watch',
  );
  judgeShared(source, errors);
  for (const key of ['events', 'filters', 'jobs', 'sources', 'watch', 'shared', 'secrets', 'permissions'])
    refuseTwins(source[key], key, errors);
  const http = source['http'];
  if (isJsonObject(http)) refuseTwins(http['allow'], 'http/allow', errors);
}

/** A reader depends on the plugin whose state it reads. */
function judgeShared(source: JsonObject, errors: InputFault[]): void {
  const depends = isJsonObject(source['dependencies']) ? Object.keys(source['dependencies']) : [];
  each(
    source['shared'],
    (state, pointer) => {
      if (!isJsonObject(state)) return;
      const { access, from } = state;
      const refuse = (at: string, detail: string): number =>
        errors.push({ pointer: pointer + at, code: 'SHARED', detail });
      if (access === 'write' && from !== undefined)
        refuse('/from', 'belongs to "access": "read"; a state that the plugin writes is its own. Remove it.');
      if (access === 'read' && depends.length === 0)
        refuse('/access', 'reads the state of another plugin; name that plugin in "dependencies".');
      if (access === 'read' && typeof from === 'string' && depends.length > 0 && !depends.includes(from))
        refuse('/from', `names ${quote(from)}, which "dependencies" does not; add it.${didYouMean(from, depends)}`);
    },
    'shared',
  );
}

/** The same name twice in a list; entries are texts or objects with a `name`. */
function refuseTwins(list: Json | undefined, key: string, errors: InputFault[]): void {
  const first = new Map<string, number>();
  each(
    list,
    (item, pointer, index) => {
      const name = typeof item === 'string' ? item : isJsonObject(item) ? item['name'] : undefined;
      if (typeof name !== 'string') return;
      const twin = first.get(name);
      if (twin === undefined) first.set(name, index);
      else
        errors.push({
          pointer: isJsonObject(item) ? `${pointer}/name` : pointer,
          code: 'DUPLICATE',
          detail: `${quote(name)} is there already, at /${key}/${twin}; keep one.`,
        });
    },
    key,
  );
}

function judgeJobs(source: JsonObject, { limits }: SemanticsContext, errors: InputFault[]): void {
  each(
    source['jobs'],
    (job, pointer) => {
      if (!isJsonObject(job)) return;
      const { schedule, timezone, timeout_ms: timeoutMs, retry } = job;
      if (typeof schedule === 'string') {
        const reading = parseSchedule(schedule, { minIntervalS: limits.minIntervalS });
        if (!reading.ok) for (const fault of reading.errors) errors.push({ ...fault, pointer: `${pointer}/schedule` });
      }
      const zone = typeof timezone === 'string' ? timezoneFault(timezone, `${pointer}/timezone`) : undefined;
      if (zone !== undefined) errors.push(zone);
      if (typeof timeoutMs === 'number' && timeoutMs > limits.jobTimeoutMs && timeoutMs <= longestRunMs) {
        errors.push({
          pointer: `${pointer}/timeout_ms`,
          code: 'LIMIT',
          detail:
            `${timeoutMs} is over the operator's limit for jobs of ${limits.jobTimeoutMs} ms; ` + 'write at most that.',
        });
      }
      if (
        isJsonObject(retry) &&
        typeof retry['initial_delay_s'] === 'number' &&
        typeof retry['max_delay_s'] === 'number' &&
        retry['initial_delay_s'] > retry['max_delay_s']
      ) {
        errors.push({
          pointer: `${pointer}/retry/max_delay_s`,
          code: 'RANGE',
          detail:
            `${retry['max_delay_s']} is less than initial_delay_s (${retry['initial_delay_s']}); ` +
            'write that or more.',
        });
      }
    },
    'jobs',
  );
}

function judgePermissions(source: JsonObject, errors: InputFault[], warnings: InputFault[]): void {
  const names = new Set<string>();
  each(
    source['permissions'],
    (permission, pointer) => {
      if (typeof permission === 'string') names.add(permission);
      if (!isJsonObject(permission) || typeof permission['name'] !== 'string') return;
      const name = permission['name'];
      names.add(name);
      if (permission['tables'] !== undefined && !name.startsWith('db.'))
        errors.push({
          pointer: `${pointer}/tables`,
          code: 'PERMISSION',
          detail: `belongs to db.read and db.write; ${quote(name)} knows no tables. Remove it.`,
        });
      if (permission['hosts'] !== undefined && name !== 'outbound_http')
        errors.push({
          pointer: `${pointer}/hosts`,
          code: 'PERMISSION',
          detail: `belongs to outbound_http; ${quote(name)} knows no hosts. Remove it.`,
        });
      each(permission['hosts'], (host, at) => judgeHost(host, pointer + at, errors), 'hosts');
    },
    'permissions',
  );
  const http = source['http'];
  const allowed = isJsonObject(http) && Array.isArray(http['allow']) ? http['allow'].length : 0;
  if (names.has('outbound_http') && allowed === 0)
    warnings.push({
      pointer: '/http/allow',
      code: 'UNUSED_PERMISSION',
      detail: 'lists no host, so every outbound call will be refused; name the hosts the plugin calls.',
    });
  if (!names.has('outbound_http') && allowed > 0)
    warnings.push({
      pointer: '/permissions',
      code: 'MISSING_PERMISSION',
      detail: 'does not ask for "outbound_http", so the hosts of http.allow cannot be reached; add it.',
    });
}

function judgeHosts(source: JsonObject, errors: InputFault[]): void {
  const http = source['http'];
  if (isJsonObject(http)) each(http['allow'], (host, pointer) => judgeHost(host, pointer, errors), 'http', 'allow');
}

function judgeHost(host: Json, pointer: string, errors: InputFault[]): void {
  if (typeof host !== 'string') return;
  const problem = hostProblem(host);
  if (problem !== undefined) errors.push({ pointer, code: 'HOST', detail: `${quote(host)} ${problem}` });
}

function hostProblem(host: string): string | undefined {
  if (host === '*' || host === '**' || host === '*.*')
    return 'would allow every host; name the hosts, such as "api.example.com" or "*.example.com".';
  if (host === '') return 'is empty; write a host name such as "api.example.com".';
  const url = /^[a-z][a-z0-9+.-]*:\/\/(.*)$/i.exec(host);
  if (url !== null) return `is an address; write the host only: ${quote((url[1] ?? '').split(/[/?#]/)[0] ?? '')}.`;
  if (/[/?#]/.test(host)) return `has a path; write the host only: ${quote(host.split(/[/?#]/)[0] ?? '')}.`;
  if (host.includes('@')) return 'holds credentials; write the host only and keep secrets in "secrets".';
  if (host.lastIndexOf('*') > 0 || (host.startsWith('*') && !host.startsWith('*.')))
    return 'has a wildcard where none can be; "*." stands only in front, for all subdomains.';
  const port = /:(\d+)$/.exec(host)?.[1];
  if (port !== undefined && !host.startsWith('[') && (Number(port) < 1 || Number(port) > 65_535))
    return 'has a port that is none; ports go from 1 to 65535.';
  const bare = host.replace(/^\*\./, '').replace(/:\d+$/, '');
  try {
    const parsed = new URL(`http://${bare}/`).hostname;
    if (/\P{ASCII}/u.test(bare)) return `must be written in ASCII: ${quote(host.replace(bare, parsed))}.`;
    // A name that turns into a number means an address in disguise (0x7f.1).
    if (/^[\d.]+$/.test(parsed) && parsed !== bare) return `means the address ${parsed}; write it so.`;
  } catch {
    return 'is not a host name; write one such as "api.example.com".';
  }
  return bare.length > 253 || bare.split('.').some((label) => label.length > 63)
    ? 'is too long for a host name.'
    : undefined;
}

function judgeVersions(source: JsonObject, { hostVersion }: SemanticsContext, errors: InputFault[]): void {
  const { version, dependencies, engines, slug } = source;
  if (typeof version === 'string' && semver.valid(version) !== version.split('+')[0]) {
    const meant = semver.coerce(version)?.version;
    errors.push({
      pointer: '/version',
      code: 'VERSION',
      detail:
        `${quote(version)} is not a version as semver.org defines ` +
        `it.${meant === undefined ? ' Write one such as "1.0.0".' : ` Did you mean "${meant}"?`}`,
    });
  }
  if (isJsonObject(dependencies)) {
    for (const [name, range] of Object.entries(dependencies)) {
      const pointer = jsonPointer('dependencies', name);
      if (name === slug)
        errors.push({ pointer, code: 'DEPENDENCY', detail: 'a plugin cannot depend on itself; remove it.' });
      if (typeof range === 'string' && (range.trim() === '' || semver.validRange(range) === null))
        errors.push({
          pointer,
          code: 'RANGE_SYNTAX',
          detail: `${quote(range)} is not a range of versions; write one such as "^1.2.0", or "*" for any.`,
        });
    }
  }
  const range = isJsonObject(engines) ? engines['annex'] : undefined;
  if (typeof range !== 'string') return;
  if (range.trim() === '' || semver.validRange(range) === null)
    errors.push({
      pointer: '/engines/annex',
      code: 'RANGE_SYNTAX',
      detail: `${quote(range)} is not a range of versions; write one such as "^1.0.0".`,
    });
  else if (!semver.satisfies(hostVersion, range, { includePrerelease: true }))
    errors.push({
      pointer: '/engines/annex',
      code: 'ENGINE',
      detail:
        `this host serves contract version ${hostVersion}, which ${quote(range)} leaves out; widen the range if the ` +
        'plugin runs here.',
    });
}

function judgeLimits(source: JsonObject, { limits }: SemanticsContext, errors: InputFault[]): void {
  const asked = source['limits'];
  if (!isJsonObject(asked)) return;
  for (const [key, ceiling, unit] of [
    ['memory_mb', limits.memoryMb, 'MiB'],
    ['timeout_ms', limits.timeoutMs, 'ms'],
  ] as const) {
    const value = asked[key];
    if (typeof value === 'number' && value > ceiling)
      errors.push({
        pointer: `/limits/${key}`,
        code: 'LIMIT',
        detail: `${value} is over the operator's limit of ${ceiling} ${unit}; write at most that.`,
      });
  }
}

function each(
  list: Json | undefined,
  visit: (item: Json, pointer: string, index: number) => void,
  ...path: string[]
): void {
  if (!Array.isArray(list)) return;
  list.forEach((item, index) => visit(item, `/${path.join('/')}/${index}`, index));
}
