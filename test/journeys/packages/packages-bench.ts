/** One Annex with a tenant, and what the journeys of packages share. */
import { afterAll, beforeAll } from 'vitest';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../../support/annex.js';
import type { ZipEntry } from '../../support/zip-writer.js';

export let annex: TestAnnex;
export let tenant: TestTenant;
const manifestOf = (more: Record<string, unknown> = {}): string =>
  JSON.stringify({ slug: 'probe', name: 'Probe', version: '1.0.0', entry: 'main.ts', ...more });
export const code = [
  "import { route } from '@annex/sdk'; import { word } from './lib/word'",
  "route('/', () => ({ word }))",
].join('; ');
export const files: ZipEntry[] = [
  { name: 'plugin.json', data: manifestOf({ routes: true }) },
  { name: 'main.ts', data: code },
  { name: 'lib/word.ts', data: 'export const word: string = "hello"' },
];
export const route = (answer: unknown): string =>
  `import { route } from '@annex/sdk'; route('/', () => (${JSON.stringify(answer)}))`;

/** Starts Annex before the tests of the suite around it, and stops it after. */
export function openAnnex(): void {
  beforeAll(async () => {
    annex = await startTestAnnex();
    tenant = await annex.makeTenant();
  });
  afterAll(() => annex.stop());
}
