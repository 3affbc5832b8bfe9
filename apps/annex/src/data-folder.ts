import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@annex/kernel';

/** A start that cannot go on, in one line that says what to do. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

/**
 * Makes the data folder and takes it for this process alone. Answers what gives it back. Throws {@link StartRefused} when it cannot be
 * written, or another Annex that still lives holds it.
 */
export function takeDataFolder(dataDir: string, role: string): () => void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    writeFileSync(join(dataDir, '.writable'), '');
    rmSync(join(dataDir, '.writable'));
  } catch (thrown) {
    throw new StartRefused(`ANNEX_DATA_DIR: ${dataDir} cannot be written (${messageOf(thrown)}). Make it writable, or name another folder.`);
  }
  const file = join(dataDir, `${role}.pid`);
  const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  if (holder > 0 && holder !== process.pid && isAnnex(holder)) {
    throw new StartRefused(`ANNEX_DATA_DIR: ${dataDir} is in use by the Annex with process id ${holder}. Stop it, or name another folder.`);
  }
  writeFileSync(file, String(process.pid));
  return () => rmSync(file, { force: true });
}

/** Whether the process lives and is a Node program: ids come round again after a restart of the machine. */
function isAnnex(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node');
  } catch {
    return true;
  }
}
