import { isUtf8 } from 'node:buffer';
import type { HostArgs, HostHandlers, HostResult } from '@annex/host-api';
import { didYouMean, quote, systemClock, type Clock, type Id, type Json } from '@annex/kernel';
import { outcomeErrors, outcomeOf } from '@annex/runs';
import type { RouteRequest, RunOutcome } from '@annex/sandbox';
import { executionErrors } from '../errors.js';
import type { InstallationSnapshot, SnapshotRoute } from '../snapshots/snapshot.js';
import type { Masker } from './ports.js';
import { appendQuery } from './query.js';
import type { Cause } from '../cause.js';
import type { RunIdentity } from './run-identity.js';

/** The other plugins of a tenant, as a plugin reaches them. */
export interface PluginRoutesPort {
  /** The installation of a slug, or `undefined`. */
  find(tenantId: Id<'tenant'>, slug: string): Promise<InstallationSnapshot | undefined>;
  /** Runs one of its routes as a run of its own. Never rejects. */
  run(call: PluginRouteCall): Promise<{
    runId: string;
    outcome: RunOutcome;
    /** Masks the secrets that the called plugin knows. */ masker: Masker | undefined;
  }>;
}

/** One call from plugin to plugin. */
export interface PluginRouteCall {
  snapshot: InstallationSnapshot;
  route: SnapshotRoute;
  request: RouteRequest;
  user: Json;
  signal: AbortSignal;
  cause: Cause;
  /** The longest that the run may take, in milliseconds. */
  maxWallMs: number;
  /** The caller's deadline, in milliseconds since the epoch: the run's own is not behind it. */
  notAfterMs: number;
}

type Init = NonNullable<HostArgs<'plugins.call'>[2]>;
type Answer = HostResult<'plugins.call'>;

/** Where a plugin believes to be called at: a name that no resolver knows. */
const internalOrigin = 'http://annex.internal';
/** Tells a route which plugin called it. The door takes it off what comes from outside. */
export const callerHeader = 'x-annex-caller';

/** Headers of a caller that speak to Annex or to one connection: no plugin sees them. */
export const withheldHeaders: readonly string[] = [
  'authorization',
  'cookie',
  'proxy-authorization',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
];
const withheld = new Set([...withheldHeaders, 'host', 'content-length']);
const roles = ['viewer', 'member', 'developer', 'admin', 'owner'];

/**
 * `ctx.plugins.call`. What keeps a call from reaching the other plugin rejects; what the other plugin makes of it, a
 * failure of its handler included, is an answer with a status, as over HTTP. The caller waits without holding its turn,
 * and its end (deadline, cancellation, a killed process) is the callee's end. Secrets do not cross: what either side
 * knows is masked on the way to the other.
 */
export function pluginHandlers(
  plugins: PluginRoutesPort,
  clock: Clock = systemClock,
): Pick<HostHandlers<RunIdentity>, 'plugins.call'> {
  return {
    'plugins.call': async ([slug, path, init], { identity, signal }) => {
      const { snapshot, callChain, runLimits } = identity;
      requireDependency(snapshot, slug);
      requireShortChain(callChain, slug, runLimits.callDepth);
      identity.noteUse('callDepth', callChain.length);
      const target = await plugins.find(snapshot.tenantId, slug);
      requireRunning(target, slug);

      const request = readInit(slug, snapshot.slug, masked(identity, slug, path, init ?? {}));
      const inside = URL.parse(request.url)?.pathname.slice(`/ext/${slug}`.length) ?? '/';
      const found = target.routes.match(request.method, inside);
      if (!found?.route) return notThere(slug, inside, found?.methodNotAllowed);
      requireAdmission(found.route, slug, identity.user);
      requireRoom(target, slug, request.body);
      const leftMs = Math.max(1, identity.deadlineMs - clock.now());
      const { runId, outcome, masker } = await plugins.run({
        snapshot: target,
        route: found.route,
        request: { ...request, params: found.params },
        user: identity.user,
        signal,
        cause: { ...identity.cause, callers: callChain },
        maxWallMs: Math.min(leftMs, init?.timeout_ms ?? leftMs),
        notAfterMs: identity.deadlineMs,
      });
      return answerOf(outcome, runId, masker);
    },
  };
}

function requireDependency({ slug: own, manifest }: InstallationSnapshot, slug: string): void {
  if (Object.hasOwn(manifest.dependencies, slug)) return;
  const names = Object.keys(manifest.dependencies);
  throw outcomeErrors.error(
    'PERMISSION_DENIED',
    `The manifest of ${own} does not name ${quote(slug)} in its dependencies, so it may not call ` +
      `it.${didYouMean(slug, names)} Add it to dependencies with a version range and upload the plugin again.`,
  );
}

/** A plugin that is in the chain already would wait for itself. `callDepth`: the most calls in a chain. */
function requireShortChain(callChain: readonly string[], slug: string, callDepth: number): void {
  if (callChain.includes(slug)) {
    throw outcomeErrors.error(
      'CALL_CYCLE',
      `${quote(slug)} is already in this chain of calls (${[...callChain, slug].join(' → ')}), so it would wait ` +
        'for itself. Move what both need into a plugin of its own.',
    );
  }
  if (callChain.length > callDepth) {
    throw outcomeErrors.error(
      'CALL_DEPTH',
      `This call would be ${callChain.length} deep (${[...callChain, slug].join(' → ')}); the limit is ` +
        `${callDepth}. Emit an event or start a job instead.`,
    );
  }
}

function requireRoom(target: InstallationSnapshot, slug: string, body: RouteRequest['body']): void {
  const bytes = body === null ? 0 : Buffer.byteLength(body.data, body.encoding);
  const { requestBytes } = target.limits('route').run;
  if (bytes > requestBytes) {
    throw executionErrors.error(
      'CALL_TOO_LARGE',
      `The body for ${slug} is ${bytes} bytes; the limit is ${requestBytes}. Send less, or put it into ctx.files ` +
        'and send its key.',
    );
  }
}

/** The answer where no route takes the request. `methods`: those that a route of the path takes. */
function notThere(slug: string, path: string, methods: readonly string[] | undefined): Answer {
  if (methods === undefined)
    return problem({
      code: 'NOT_FOUND',
      status: 404,
      title: 'Not found',
      detail: `The plugin ${slug} has no route ${path.slice(0, 200)}.`,
    });
  const allow = methods.join(', ');
  return problem(
    { code: 'METHOD_NOT_ALLOWED', status: 405, title: 'Method not allowed', detail: `This route takes ${allow}.` },
    [['allow', allow]],
  );
}

function requireRunning(
  target: InstallationSnapshot | undefined,
  slug: string,
): asserts target is InstallationSnapshot {
  if (target?.status === 'enabled') return;
  const how = target ? target.status : 'not installed';
  throw outcomeErrors.error(
    'PLUGIN_DISABLED',
    `The plugin ${slug} is ${how}, so it cannot be called. An admin ${target ? 'enables' : 'installs'} it.`,
  );
}

/**
 * A member's route is open to the plugins of the tenant; one with roles only when a person who has the role stands
 * behind the call.
 */
function requireAdmission({ auth, roles: wanted, path }: SnapshotRoute, slug: string, user: Json): void {
  if (typeof auth === 'object' && auth !== null) {
    throw executionErrors.error(
      'CALL_REFUSED',
      `The route ${path} of ${slug} takes signed requests from outside only. Ask for a route with auth "member".`,
    );
  }
  if (auth !== 'member' || !wanted || wanted.length === 0) return;
  const role = typeof user === 'object' && user !== null && !Array.isArray(user) ? String(user['role']) : undefined;
  const rank = role === undefined ? -1 : roles.indexOf(role);
  if (wanted.some((each) => roles.includes(each) && rank >= roles.indexOf(each))) return;
  const behind = role === undefined ? 'nobody stands behind this call' : `who stands behind this call is ${role}`;
  throw executionErrors.error(
    'CALL_REFUSED',
    `The route ${path} of ${slug} is for ${wanted.join(', ')}; ${behind}. Only a person with the role opens it, ` +
      'through a plugin too.',
  );
}

function masked(identity: RunIdentity, slug: string, path: string, init: Init): { path: string; init: Init } {
  const what = `ctx.plugins.call(${quote(slug)})`;
  const { body, ...rest } = init;
  if (body?.encoding === 'base64')
    identity.checkName(Buffer.from(body.data, 'base64').toString('latin1'), `The body of ${what}`);
  const clean = identity.mask(
    { path, init: { ...rest, ...(body?.encoding === 'utf8' && { body }) } } as unknown as Json,
    what,
  ) as unknown as { path: string; init: Init };
  return { path: clean.path, init: { ...clean.init, ...(body?.encoding === 'base64' && { body }) } };
}

function readInit(slug: string, caller: string, { path, init }: { path: string; init: Init }): RouteRequest {
  const mount = `/ext/${slug}`;
  const url = URL.parse(`${internalOrigin}${mount}${path}`);
  if (url === null || !(url.pathname === mount || url.pathname.startsWith(`${mount}/`))) {
    throw executionErrors.error(
      'CALL_REFUSED',
      `${quote(path)} leads out of ${slug}. Write a path of it, such as "/prices".`,
    );
  }
  url.hash = '';
  if (init.query) appendQuery(url, init.query);
  return {
    method: (init.method ?? 'GET').toUpperCase(),
    url: url.href,
    headers: [...readHeaders(init.headers ?? []), [callerHeader, caller]],
    params: {},
    query: readQuery(url.searchParams),
    body: init.body && init.body.data.length > 0 ? init.body : null,
  };
}

function readHeaders(list: readonly (readonly [string, string])[]): [string, string][] {
  const out: [string, string][] = [];
  for (const [rawName, value] of list) {
    const name = rawName.toLowerCase();
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw executionErrors.error(
        'CALL_REFUSED',
        `The header ${quote(rawName)} cannot be sent: a name is a token, a value has no line break and no ` +
          'character outside Latin-1.',
      );
    }
    if (!withheld.has(name) && !name.startsWith('x-annex-')) out.push([name, value]);
  }
  return out;
}

function readQuery(params: URLSearchParams): Record<string, string | string[]> {
  const query = new Map<string, string | string[]>();
  for (const name of new Set(params.keys())) {
    const values = params.getAll(name);
    query.set(name, values.length > 1 ? values : (values[0] ?? ''));
  }
  return Object.fromEntries(query);
}

function answerOf(outcome: RunOutcome, runId: string, masker: Masker | undefined): Answer {
  if (outcome.status === 'failed') {
    const { status, title, fault } = outcomeOf(outcome.error.code);
    const detail =
      fault === 'plugin'
        ? 'The plugin failed to answer this call. Its developer finds the cause under the run.'
        : outcome.error.message;
    return problem({ code: outcome.error.code, status, title, detail, run_id: runId });
  }
  const { response } = outcome;
  if (response === undefined) return { status: 204, headers: [], body: null };
  if (!masker) return response;
  const { status, headers, body } = response;
  return {
    status,
    headers: headers.map(([name, value]) => [name, masker.text(value)]),
    body: body === null ? null : maskBody(body, masker),
  };
}

function maskBody(body: NonNullable<Answer['body']>, masker: Masker): NonNullable<Answer['body']> {
  if (body.encoding === 'utf8') return { encoding: 'utf8', data: masker.text(body.data) };
  const bytes = Buffer.from(body.data, 'base64');
  const plain = bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
  if (masker.text(plain) === plain) return body;
  throw executionErrors.error(
    'SECRET_EXPOSED',
    'The bytes that the other plugin answered hold a secret of its own, which may not leave it. Ask its author to ' +
      'answer something else.',
  );
}

function problem(
  members: { code: string; status: number; title: string; detail: string; run_id?: string },
  headers: [string, string][] = [],
): Answer {
  return {
    status: members.status,
    headers: [['content-type', 'application/problem+json'], ...headers],
    body: { encoding: 'utf8', data: JSON.stringify({ type: 'about:blank', ...members }) },
  };
}
