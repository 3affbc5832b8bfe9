import { packageFileLimits } from '@annex/limits';
import type { ZipFaults } from './zip-fault.js';

/**
 * Characters that make a name look like another or change a terminal: controls, bidi marks, invisible and tag
 * characters.
 */
const deceptive =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\uffff\u{e0000}-\u{e0fff}]/u;
/** Names that are devices on Windows, with any extension. */
const windowsDevice = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)$/i;

/** Why a path may not be in a package, or `undefined`. `path`: as in the archive; a folder's ends in `/`. */
export function entryNameProblem(path: string): string | undefined {
  if (path === '') return 'the name is empty.';
  const bytes = Buffer.byteLength(path);
  if (bytes > packageFileLimits.pathBytes)
    return `the path has ${bytes} bytes; at most ${packageFileLimits.pathBytes} are allowed.`;
  if (deceptive.test(path)) return 'the name holds control, bidi or invisible characters; use visible ones.';
  if (path.includes('\\')) return 'the name holds a backslash; separate folders with "/".';
  if (/^[a-z]:/i.test(path)) return 'the name begins with a drive letter; use paths relative to the package.';
  if (path.startsWith('/')) return 'the name is an absolute path; use paths relative to the package.';
  const segments = (path.endsWith('/') ? path.slice(0, -1) : path).split('/');
  if (segments.length > packageFileLimits.folders + 1)
    return `the file lies ${segments.length - 1} folders deep; at most ${packageFileLimits.folders} are allowed.`;
  for (const segment of segments) {
    const problem = segmentProblem(segment);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '..') return 'the path climbs out of the package with "..".';
  if (segment === '.')
    return 'the path holds a "." folder; pack the names without it (zip -r plugin.zip * instead of ./*).';
  if (segment === '') return 'the path holds an empty folder name ("//").';
  if (Buffer.byteLength(segment) > packageFileLimits.nameBytes)
    return `one of its names is longer than ${packageFileLimits.nameBytes} bytes.`;
  if (segment.includes(':')) return 'the name holds ":", which means a drive or a stream on Windows.';
  if (/[. ]$/.test(segment)) return 'a name ends in a dot or a blank, which Windows drops.';
  if (windowsDevice.test((segment.split('.')[0] ?? '').trimEnd()))
    return 'the name is reserved on Windows (CON, NUL, COM1, …).';
  return undefined;
}

/**
 * Finds names that some file system would merge: the same name twice, names that differ by case or Unicode form only, a
 * file where another entry needs a folder. Give it every path in turn.
 */
export class NameCollisions {
  readonly #seen = new Map<string, { path: string; isFolder: boolean; isListed: boolean }>();
  /** Folders above entries so far, as written: what is above those was looked at with them. */
  readonly #parents = new Set<string>();

  /** `path`: without a closing slash, its name already judged. */
  add(path: string, isFolder: boolean, faults: ZipFaults): void {
    const parents: string[] = [];
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      if (this.#parents.has(parent)) break;
      parents.unshift(parent);
    }
    for (const parent of parents) {
      if (!this.#claim(parent, true, false, path, faults)) return;
      this.#parents.add(parent);
    }
    this.#claim(path, isFolder, true, path, faults);
  }

  #claim(path: string, isFolder: boolean, isListed: boolean, entry: string, faults: ZipFaults): boolean {
    const key = foldName(path);
    const other = this.#seen.get(key);
    if (other === undefined) {
      this.#seen.set(key, { path, isFolder, isListed });
      return true;
    }
    const problem = collisionProblem(other, { path, isFolder, isListed });
    if (problem !== undefined) {
      faults.add('ZIP_COLLISION', problem, entry);
      return false;
    }
    other.isListed ||= isListed;
    return true;
  }
}

function collisionProblem(
  first: { path: string; isFolder: boolean; isListed: boolean },
  second: { path: string; isFolder: boolean; isListed: boolean },
): string | undefined {
  if (first.isFolder !== second.isFolder) return `${JSON.stringify(first.path)} is both a file and a folder.`;
  if (first.path !== second.path)
    return `differs from ${JSON.stringify(first.path)} by case or Unicode form only, so one would overwrite the other.`;
  return first.isListed && second.isListed ? 'is in the archive twice.' : undefined;
}

/** The same text for all names that a case-insensitive or Unicode-normalising file system holds for one. */
function foldName(path: string): string {
  return path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}
