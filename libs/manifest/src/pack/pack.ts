import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { quote } from '@annex/kernel';
import AdmZip from 'adm-zip';

/** 1980-01-01 00:00, the earliest time that a ZIP can name, as it stands in a header. */
const earliest = 0x0021_0000;
/** Unix, by version 2.0 of the format, whatever system packs. */
const madeBy = 0x0314;

/** Not part of a plugin, wherever they lie. */
const leftOut = /(^|\/)(\.git|\.annex|\.DS_Store|node_modules\/\.(cache|bin|package-lock\.json))(\/|$)/;

/**
 * Packs files into a package: the same files give the same bytes, and so the same sha256, on every machine. Takes paths
 * with `/` between folders, and texts or bytes; throws for a path that an archive would hold under another name.
 */
export function packFiles(files: Iterable<readonly [path: string, content: string | Uint8Array]>): Uint8Array {
  // Sorted here, since adm-zip sorts as the machine's language does.
  const zip = new AdmZip({ noSort: true });
  for (const [path, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const entry = zip.addFile(path, Buffer.from(content));
    if (entry.entryName !== path)
      throw new TypeError(`${quote(path)} cannot be packed; use a path such as "lib/main.ts".`);
    entry.header.made = madeBy;
    entry.header.timeval = earliest;
  }
  return zip.toBuffer();
}

/** What installed packages hold for editors and debuggers; no bundle has anything of it. */
const forEditors = /(^|\/)node_modules\/.*(\.d\.[cm]?ts|\.map)$/;

/**
 * Packs a folder with everything in it but version control, caches, and types and source maps of `node_modules`.
 * Symbolic links are left out: a package may not hold any.
 */
export async function packFolder(folder: string): Promise<Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (entry.isFile() && !leftOut.test(path) && !forEditors.test(path))
      files.set(path, await readFile(join(folder, path)));
  }
  return packFiles(files);
}
