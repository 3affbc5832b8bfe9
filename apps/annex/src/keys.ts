import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeNew } from './data-folder.js';

/** A secret of development: made on the first start, kept in the data folder with mode 0600, the same ever after. */
export function keptSecret(dataDir: string, name: string, make: () => string = () => randomBytes(32).toString('hex')): string {
  const file = join(dataDir, name);
  // An api and a worker may come here at once: whoever is first makes it.
  writeNew(file, `${make()}\n`, 0o600);
  return readFileSync(file, 'utf8').trim();
}
