/** Keys of a tenant's tree of settings, and patterns of them: segments with slashes between. */
import { compilePattern } from '@annex/events';
import { settingTreeLimits } from '@annex/limits';

/** One segment: visible characters that mean nothing in an address or a pattern. */
const segmentPattern = /^[\p{L}\p{N}\p{M}_.@:=+~$!,;()*-]+$/u;

/** Why a text is no key, or `undefined` when it is one. */
export function settingKeyFault(key: string): string | undefined {
  const fault = pathFault(key);
  if (fault !== undefined) return fault;
  // The address of the tree's stream.
  if (key === 'stream') return 'is taken: it is the address at which changes are streamed';
  if (key.split('/').some(isWildcard)) return 'has a segment "*" or "**", which only patterns have';
  return undefined;
}

/** Why a text is no pattern, or `undefined` when it is one. `*` stands for one segment, `**` for any number. */
export function settingPatternFault(pattern: string): string | undefined {
  const fault = pathFault(pattern);
  if (fault !== undefined) return fault;
  const part = pattern.split('/').find((each) => each.includes('*') && !isWildcard(each) && !each.startsWith('*.'));
  if (part === undefined) return undefined;
  return `has a "*" within the segment "${part}"; "*" stands for a whole segment, "**" for any number`;
}

function pathFault(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  const bytes = Buffer.byteLength(path);
  if (bytes > settingTreeLimits.keyBytes) return `has ${bytes} bytes; the limit is ${settingTreeLimits.keyBytes}`;
  const segments = path.split('/');
  if (segments.length > settingTreeLimits.segments)
    return `has ${segments.length} segments; the limit is ${settingTreeLimits.segments}`;
  for (const segment of segments) {
    if (segment === '') return 'has an empty segment; write single slashes between segments and none at the ends';
    if (segment === '.' || segment === '..') return `has the segment "${segment}"; a key is a plain path`;
    if (!segmentPattern.test(segment))
      return 'holds a character that no key has: letters, digits and any of _.@:=+~$!,;()*- may stand in a segment';
  }
  return undefined;
}

function isWildcard(segment: string): boolean {
  return segment === '*' || segment === '**';
}

/** Tells which keys some patterns mean: `*` is one segment, `**` any number, none included. All must be valid. */
export function compileSettingPatterns(patterns: readonly string[]): (key: string) => boolean {
  const matchers = patterns.map((pattern) => compilePattern(pattern, '/'));
  return (key) => matchers.some((matches) => matches(key));
}
