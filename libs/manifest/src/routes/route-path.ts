import { quote } from '@annex/kernel';
import { routeLimits } from '@annex/limits';

/** One piece of a route's path. */
export type RouteSegment =
  { kind: 'text'; text: string } | { kind: 'param'; name: string } | { kind: 'rest'; name: string };

/** A path, understood, or why it is none. */
export type RoutePathReading = { ok: true; segments: RouteSegment[] } | { ok: false; detail: string };

const paramName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * Reads a route's path: segments of text, `:name` or `<name>` for one segment, `*rest` for one or more at the end (`*`
 * alone is `*rest`). It begins with `/`; an ending `/` means nothing, because callers' paths are matched without it
 * too.
 */
export function parseRoutePath(path: string): RoutePathReading {
  const refuse = (detail: string): RoutePathReading => ({ ok: false, detail });
  if (path.length > routeLimits.pathChars)
    return refuse(`has ${path.length} characters; at most ${routeLimits.pathChars} are allowed.`);
  if (!path.startsWith('/')) return refuse(`must begin with "/"; write ${quote(`/${path}`)}.`);
  if (/[?#]/.test(path)) return refuse('holds "?" or "#"; a route is a path, the query is in ctx.query.');
  const parts = path === '/' ? [] : path.slice(1, path.endsWith('/') ? -1 : undefined).split('/');
  if (parts.length > routeLimits.segments)
    return refuse(`has ${parts.length} segments; at most ${routeLimits.segments} are allowed.`);
  const segments: RouteSegment[] = [];
  const names = new Set<string>();
  for (const [index, part] of parts.entries()) {
    const segment = readSegment(part);
    if (typeof segment === 'string') return refuse(segment);
    if (segment.kind === 'rest' && index !== parts.length - 1)
      return refuse(`has ${quote(part)} before its end; a rest takes everything that follows, so it comes last.`);
    if (segment.kind !== 'text') {
      if (names.has(segment.name))
        return refuse(`has two parameters called ${quote(segment.name)}; give each its own name.`);
      names.add(segment.name);
    }
    segments.push(segment);
  }
  return { ok: true, segments };
}

function readSegment(part: string): RouteSegment | string {
  if (part === '') return 'has an empty segment ("//").';
  if (part === '.' || part === '..') return 'holds "." or "..", which browsers resolve before they ask.';
  const param = /^:(.*)$/.exec(part)?.[1] ?? /^<(.*)>$/.exec(part)?.[1];
  if (param !== undefined) {
    return paramName.test(param)
      ? { kind: 'param', name: param }
      : `has a parameter ${quote(part)} whose name is not made of letters, digits and "_".`;
  }
  if (part.startsWith('*')) {
    const name = part === '*' ? 'rest' : part.slice(1);
    return paramName.test(name)
      ? { kind: 'rest', name }
      : `has a rest ${quote(part)} whose name is not made of letters, digits and "_".`;
  }
  if (/[:<>*{}()]/.test(part))
    return `has ${quote(part)}; a parameter is a whole segment: ":name", "<name>" or "*rest".`;
  if (/[\p{Cc} \\"^`|]/u.test(part)) return `has ${quote(part)}, which cannot stand in a path as it is.`;
  const text = decodeSegment(part);
  return text === undefined ? `has ${quote(part)} with broken percent-encoding.` : { kind: 'text', text };
}

/** A path segment without percent-encoding, or `undefined` when that is broken or not UTF-8. Decodes once. */
export function decodeSegment(part: string): string | undefined {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** The same text for paths that match the same requests: parameters without their names. */
export function routeShape(segments: readonly RouteSegment[]): string {
  return (
    segments
      .map((segment) =>
        segment.kind === 'text' ? `/${encodeURIComponent(segment.text)}` : segment.kind === 'param' ? '/:' : '/*',
      )
      .join('') || '/'
  );
}
