/**
 * PostgreSQL and the executors run as users of their own when Annex is started by root. Those users cannot enter a home
 * of mode 0700, so the files they need (a Node binary, the executor's bundle, PostgreSQL's binaries) are copied once to
 * a place that they can reach.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Whether any user of this machine can enter the folder (or read the file) at `path`: every folder above it is `o+x`.
 */
export function isReachableByOthers(path: string): boolean {
  let current = resolve(path);
  for (;;) {
    const mode = statSync(current).mode;
    if (statSync(current).isDirectory() ? (mode & 0o001) === 0 : (mode & 0o004) === 0) return false;
    const parent = dirname(current);
    if (parent === current) return true;
    current = parent;
  }
}

export interface StageOptions {
  /** Changes whenever the files change, such as a version or a content hash; part of the folder's name. */
  key: string;
  /** Source path → path inside the staged folder. Folders are copied whole; symbolic links are followed. */
  files: Record<string, string>;
  /**
   * Folder under which the copy is made. Default: `/var/lib/annex` when it can be made, else the system's temporary
   * folder.
   */
  base?: string;
}

/**
 * Copies files to a folder that every user can read and only this one can write, and answers its path. A folder that an
 * earlier start made is used again, provided that it still belongs to this user.
 */
export function stageForOthers({ key, files, base = stageBase() }: StageOptions): string {
  const name = `runtime-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
  const target = join(base, name);
  if (existsSync(target)) {
    const owner = lstatSync(target);
    if (owner.isDirectory() && owner.uid === process.getuid?.() && (owner.mode & 0o022) === 0) return target;
    throw new Error(`${target} exists but is not this user's alone; remove it and start again`);
  }
  const draft = join(base, `.${name}-${process.pid}-${Date.now()}`);
  try {
    mkdirSync(draft, { recursive: true, mode: 0o755 });
    for (const [from, to] of Object.entries(files)) {
      const destination = join(draft, to);
      mkdirSync(dirname(destination), { recursive: true, mode: 0o755 });
      cpSync(from, destination, { recursive: true, dereference: true });
    }
    openToReaders(draft);
    renameSync(draft, target);
  } catch (thrown) {
    rmSync(draft, { recursive: true, force: true });
    // Another process may have won the race to the same name; its copy is as good as ours.
    if (!existsSync(target)) throw thrown;
  }
  return target;
}

function stageBase(): string {
  for (const base of ['/var/lib/annex', join(tmpdir(), `annex-${process.getuid?.() ?? 0}`)]) {
    try {
      mkdirSync(base, { recursive: true });
      const folder = lstatSync(base);
      if (!folder.isDirectory() || folder.uid !== process.getuid?.()) continue;
      // The umask of whoever made it may have closed it.
      if (!isReachableByOthers(base)) chmodSync(base, 0o755);
      if (isReachableByOthers(base)) return base;
    } catch {
      continue;
    }
  }
  throw new Error(
    `no folder that other users can enter could be made (tried /var/lib/annex and ${basename(tmpdir())})`,
  );
}

function openToReaders(path: string): void {
  const entry = lstatSync(path);
  if (entry.isDirectory()) {
    chmodSync(path, 0o755);
    for (const child of readdirSync(path)) openToReaders(join(path, child));
  } else {
    chmodSync(path, (entry.mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}
