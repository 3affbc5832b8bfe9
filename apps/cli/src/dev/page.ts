import { readFileSync } from 'node:fs';

/** The page of `annex dev`. It puts in everything that a plugin says as text, never as markup. */
export const page = readFileSync(new URL('../../pages/dev.html', import.meta.url), 'utf8');
