import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes files of types that are not what they should be, unless `isWanted` is false. Answers whether one was not. */
export async function writeTypes(
  folder: string,
  files: ReadonlyMap<string, string>,
  isWanted = true,
): Promise<boolean> {
  let changed = false;
  for (const [path, text] of files) {
    const file = join(folder, path);
    if ((await readFile(file, 'utf8').catch(() => undefined)) === text) continue;
    changed = true;
    if (!isWanted) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return changed;
}
