import { readFileSync } from 'node:fs';

/** The product's version, which every project of it has. */
export const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
