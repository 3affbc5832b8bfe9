import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeNew } from './data-folder.js';
import { StartRefused } from './start-refused.js';

/**
 * Throws {@link StartRefused} when the embedded database is there without the key that its secrets are sealed with: a
 * new one would open none.
 */
export function requireKeptKey(dataDir: string, home: string): void {
  if (existsSync(join(dataDir, 'master-key'))) return;
  throw new StartRefused(
    `ANNEX_DATA_DIR: the database in ${home} is there, but ${join(dataDir, 'master-key')}, which opens its ` +
      'secrets, is gone. Put it back from a backup, or set ANNEX_MASTER_KEY; or, to lose everything and start ' +
      `afresh, remove ${[dataDir, ...(home.startsWith(resolve(dataDir)) ? [] : [home])].join(' and ')}.`,
  );
}

/** A secret of development: made on the first start, kept in the data folder with mode 0600, the same ever after. */
export function keptSecret(
  dataDir: string,
  name: string,
  make: () => string = () => randomBytes(32).toString('hex'),
): string {
  const file = join(dataDir, name);
  // An api and a worker may come here at once: whoever is first makes it.
  writeNew(file, `${make()}\n`, 0o600);
  return readFileSync(file, 'utf8').trim();
}
