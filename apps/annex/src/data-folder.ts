import { accessSync, constants, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '@annex/kernel';
import { StartRefused } from './start-refused.js';

/**
 * Makes the data folder and takes it for this process alone. Answers what gives it back. Throws {@link StartRefused}
 * when it cannot be written, or another Annex of the same role that still lives holds it.
 */
export function takeDataFolder(dataDir: string, role: string): () => void {
  try {
    makeFolder(resolve(dataDir));
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    writeFileSync(join(dataDir, '.writable'), '');
    rmSync(join(dataDir, '.writable'));
  } catch (thrown) {
    throw new StartRefused(
      `ANNEX_DATA_DIR: ${dataDir} cannot be written (${messageOf(thrown)}). Make it writable, or name another folder.`,
    );
  }
  const file = join(dataDir, `${role}.pid`);
  const mine = `${process.pid} ${startedAt(process.pid) ?? ''}\n`;
  while (!writeNew(file, mine)) {
    const holder = readHolder(file);
    if (holder !== undefined && lives(holder)) {
      throw new StartRefused(
        `ANNEX_DATA_DIR: ${dataDir} is in use by the Annex with process id ${holder.pid}. Stop it, or name another ` +
          'folder.',
      );
    }
    rmSync(file, { force: true });
  }
  return () => {
    if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** Writes a file that is not there yet, whole or not at all. `false`: it is there. */
export function writeNew(file: string, text: string, mode = 0o644): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode });
  try {
    linkSync(draft, file);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return false;
    throw thrown;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Node's own recursive mkdir never returns where the system refuses with ENOENT, as under /proc. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o755 });
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || isFolder(dirname(folder))) throw thrown;
    makeFolder(dirname(folder));
    mkdirSync(folder, { mode: 0o755 });
  }
}

function isFolder(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

interface Holder {
  pid: number;
  startedAt: string;
}

function readHolder(file: string): Holder | undefined {
  try {
    const [pid, at = ''] = readFileSync(file, 'utf8').trim().split(' ');
    return Number(pid) > 0 ? { pid: Number(pid), startedAt: at } : undefined;
  } catch {
    return undefined;
  }
}

/** Process ids come round again, in a container at once: only the same id with the same start is the same process. */
function lives(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM')) return false;
  }
  const now = startedAt(holder.pid);
  return now === undefined || holder.startedAt === '' ? holder.pid !== process.pid : now === holder.startedAt;
}

/**
 * When a process started, in clock ticks since the machine did (proc(5), field 22 of stat); `undefined` where there is
 * no /proc.
 */
function startedAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
