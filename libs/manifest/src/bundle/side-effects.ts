import type { InstalledPackage } from './package-manifests.js';

/**
 * Whether a file of a package does something when it is only imported, as `sideEffects` of its package.json says; by
 * default it does. One that does not is left out when nobody uses what it exports.
 */
export function hasSideEffects({ home, manifest }: InstalledPackage, file: string): boolean {
  const said = manifest['sideEffects'];
  if (typeof said === 'boolean') return said;
  if (!Array.isArray(said)) return true;
  const path = home === '' ? file : file.slice(home.length + 1);
  return said.some((pattern) => typeof pattern === 'string' && matches(pattern, path));
}

/** A pattern without a slash is one for names in any folder, as bundlers read it. */
function matches(pattern: string, path: string): boolean {
  const plain = pattern.replace(/^\.\//, '');
  const text = plain.includes('/') || pattern.startsWith('./') ? plain : `**/${plain}`;
  // Groups have no part in it: what is not a star or a question mark stands for itself.
  return isMatch(text.split(/(\*\*\/?|\*|\?)/), path);
}

function isMatch(pieces: readonly string[], text: string): boolean {
  const source = pieces
    .map((piece) => {
      if (piece === '**/') return '(?:[^/]+/)*';
      if (piece === '**') return '.*';
      if (piece === '*') return '[^/]*';
      return piece === '?' ? '[^/]' : piece.replaceAll(/[\\^$.+(){}[\]|/-]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`).test(text);
}
