import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A secret of development: made on the first start, kept in the data folder with mode 0600, the same ever after. */
export function keptSecret(dataDir: string, name: string, make: () => string = () => randomBytes(32).toString('hex')): string {
  const file = join(dataDir, name);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const value = make();
  writeFileSync(file, `${value}\n`, { mode: 0o600 });
  return value;
}
