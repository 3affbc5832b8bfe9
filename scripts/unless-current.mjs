// Makes files again only when what they were made of has changed.
import { existsSync } from 'node:fs';
import { readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/**
 * Calls `make` unless the files it read last time, and its `makers`, have the times they had then, and what it made is
 * still there.
 * @param stampFile remembers what was read and made; may be lost
 * @param make returns what it read and what it made, as absolute paths below `root`
 * @returns whether it was called
 */
export async function unlessCurrent({ root, stampFile, makers, make }) {
  const stamp = JSON.parse(await readFile(stampFile, 'utf8').catch(() => 'null'));
  if (stamp?.made.every((file) => existsSync(join(root, file))) && (await haveTimes(root, stamp.read))) return false;
  const startedMs = Date.now();
  const { read, made } = await make();
  // From the root, so that a copy of the whole tells of itself.
  const times = await timesOf(
    root,
    [...makers, ...read].map((file) => relative(root, file)),
  );
  // A file that changed meanwhile may have been read before or after: the next call makes it once more.
  for (const [file, ms] of Object.entries(times)) if (ms >= startedMs) times[file] = 0;
  await replaceFile(stampFile, JSON.stringify({ made: made.map((file) => relative(root, file)), read: times }));
  return true;
}

/** Moves a file in whole; `mtimeS` sets when it was changed last, default: now. */
export async function replaceFile(path, text, mtimeS) {
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, text);
  if (mtimeS !== undefined) await utimes(draft, mtimeS, mtimeS);
  await rename(draft, path);
}

async function haveTimes(root, wanted) {
  const found = await timesOf(root, Object.keys(wanted));
  return Object.entries(wanted).every(([file, ms]) => ms > 0 && found[file] === ms);
}

/** When each was changed last, in ms; 0 for one that is gone. */
async function timesOf(root, files) {
  const times = files.map(async (file) => [file, (await stat(join(root, file)).catch(() => ({ mtimeMs: 0 }))).mtimeMs]);
  return Object.fromEntries(await Promise.all(times));
}
