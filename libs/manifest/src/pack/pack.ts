import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ZipFile } from 'yazl';

/**
 * The earliest time a ZIP can name, in local time because that is what it names: the same files always give the same
 * bytes and sha256.
 */
const epoch = new Date(1980, 0, 1);

/** Not part of a plugin, wherever they lie. */
const leftOut = /(^|\/)(\.git|\.annex|\.DS_Store|node_modules\/\.(cache|bin|package-lock\.json))(\/|$)/;

/** Packs files into a package. Names are paths with `/`, values their content. */
export function packFiles(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const zip = new ZipFile();
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    zip.addBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), path, {
      mtime: epoch,
      mode: 0o100644,
      forceDosTimestamp: true,
    });
  }
  zip.end();
  return new Promise((packed, failed) => {
    const chunks: Buffer[] = [];
    zip.outputStream.on('data', (chunk: Buffer) => chunks.push(chunk));
    zip.outputStream.once('error', failed);
    zip.outputStream.once('end', () => packed(Buffer.concat(chunks)));
  });
}

/**
 * Packs a folder with everything in it but version control and caches. Symbolic links are left out: a package may not
 * hold any.
 */
export async function packFolder(folder: string): Promise<Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (entry.isFile() && !leftOut.test(path)) files.set(path, await readFile(join(folder, path)));
  }
  return packFiles(files);
}
