import { readFileSync } from 'node:fs';

/** Of this package, and of the packages that stand in a new plugin's package.json. */
export const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
