/**
 * Finds the route of a request. A tree of segments: at each step text is tried before a parameter, and a parameter
 * before a rest, so the most particular route wins whatever order they were registered in. The search goes back where a
 * narrower branch has no end; it visits a place of the tree at a depth at most once, so a request costs no more than
 * (segments of the path) × (places that can match).
 */
import { routeLimits } from '@annex/limits';
import { decodeSegment, parseRoutePath, type RouteSegment } from './route-path.js';

/** What a table needs to know of a route; anything else on it comes back from {@link RouteTable.match} as it is. */
export interface RouteDefinition {
  path: string;
  /** Upper case. */
  methods: readonly string[];
}

export type RouteMatch<R extends RouteDefinition> =
  /** `params` has no prototype, so no name can reach one. A rest's value keeps its slashes. */
  | { route: R; params: Record<string, string>; methodNotAllowed?: undefined }
  /** The path exists, but not for this method: what it does allow, for the `Allow` header. */
  | { route?: undefined; methodNotAllowed: string[] }
  | null;

export interface RouteTable<R extends RouteDefinition> {
  /**
   * @param method as the caller sent it; upper case
   * @param path the path of the request behind the plugin's mount, percent-encoded as it came, without the query
   */
  match(method: string, path: string): RouteMatch<R>;
}

interface Place<R> {
  texts: Map<string, Place<R>>;
  param: Place<R> | undefined;
  rest: Place<R> | undefined;
  /** Method → the route that ends here, with the names of its parameters. */
  ends: Map<string, { route: R; names: string[] }>;
}

/**
 * Makes the table of routes whose paths {@link parseRoutePath} accepts; throws `TypeError` for others. Of two routes
 * with the same method and shape the first one wins. HEAD is answered by GET; OPTIONS only by a route that names it. A
 * `/` at the end of a request's path is ignored. Segments are percent-decoded once; a path whose encoding is broken
 * matches nothing.
 */
export function compileRoutes<R extends RouteDefinition>(routes: readonly R[]): RouteTable<R> {
  const root = makePlace<R>();
  for (const route of routes) {
    const reading = parseRoutePath(route.path);
    if (!reading.ok) throw new TypeError(`route ${route.path} ${reading.detail}`);
    const place = reading.segments.reduce(step, root);
    const names = reading.segments.flatMap((segment) => (segment.kind === 'text' ? [] : [segment.name]));
    for (const method of route.methods) if (!place.ends.has(method)) place.ends.set(method, { route, names });
  }
  return { match: (method, path) => matchRoute(root, method, path) };
}

function makePlace<R>(): Place<R> {
  return { texts: new Map(), param: undefined, rest: undefined, ends: new Map() };
}

function step<R>(place: Place<R>, segment: RouteSegment): Place<R> {
  if (segment.kind === 'param') return (place.param ??= makePlace());
  if (segment.kind === 'rest') return (place.rest ??= makePlace());
  let next = place.texts.get(segment.text);
  if (next === undefined) {
    next = makePlace();
    place.texts.set(segment.text, next);
  }
  return next;
}

function matchRoute<R extends RouteDefinition>(root: Place<R>, method: string, path: string): RouteMatch<R> {
  const segments = splitPath(path);
  if (segments === undefined) return null;
  const allowed = new Set<string>();
  const values: string[] = [];
  const visit = (place: Place<R>, depth: number): RouteMatch<R> => {
    const segment = segments[depth];
    if (segment === undefined) return end(place, values, method, allowed);
    const text = place.texts.get(segment);
    const byText = text === undefined ? null : visit(text, depth + 1);
    if (byText !== null) return byText;
    if (place.param !== undefined && segment !== '') {
      values.push(segment);
      const byParam = visit(place.param, depth + 1);
      if (byParam !== null) return byParam;
      values.pop();
    }
    if (place.rest === undefined) return null;
    values.push(segments.slice(depth).join('/'));
    const byRest = end(place.rest, values, method, allowed);
    if (byRest === null) values.pop();
    return byRest;
  };
  const found = visit(root, 0);
  if (found !== null) return found;
  return allowed.size === 0 ? null : { methodNotAllowed: [...allowed].sort() };
}

function end<R extends RouteDefinition>(
  place: Place<R>,
  values: readonly string[],
  method: string,
  allowed: Set<string>,
): RouteMatch<R> {
  const found = place.ends.get(method) ?? (method === 'HEAD' ? place.ends.get('GET') : undefined);
  if (found === undefined) {
    for (const each of place.ends.keys()) allowed.add(each);
    if (place.ends.has('GET')) allowed.add('HEAD');
    return null;
  }
  const params = Object.create(null) as Record<string, string>;
  found.names.forEach((name, index) => (params[name] = values[index] ?? ''));
  return { route: found.route, params };
}

function splitPath(path: string): string[] | undefined {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  if (trimmed === '/' || trimmed === '') return [];
  if (!trimmed.startsWith('/')) return undefined;
  const parts = trimmed.slice(1).split('/', routeLimits.requestSegments + 1);
  if (parts.length > routeLimits.requestSegments) return undefined;
  for (const [index, part] of parts.entries()) {
    const decoded = decodeSegment(part);
    if (decoded === undefined) return undefined;
    parts[index] = decoded;
  }
  return parts;
}
