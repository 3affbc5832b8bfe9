import type { Page } from 'playwright-core';

/** Bytes of the console, compressed as they came, that somebody waits for who opens a screen for the first time. */
const mostBytes = 300_000;

/** Screens that are an editor or a form made from a schema, and what they may load with it. */
const withMore: Readonly<Record<string, number>> = {
  'plugin-settings': 450_000,
  mapping: 450_000,
  'new-mapping': 450_000,
};

/** Files of the console that the page of a screen needed, with the bytes of each body as the browser counted them. */
async function filesOf(page: Page): Promise<{ name: string; bytes: number }[]> {
  return page.evaluate<{ name: string; bytes: number }[]>(`
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .filter(({ name }) => new URL(name).pathname.startsWith('/console'))
      .map(({ name, encodedBodySize }) => ({ name, bytes: encodedBodySize }))`);
}

/** What is wrong with the load of the screen that is open, which was asked for by its address. */
export async function loadFaultsOf(page: Page, screen: string): Promise<string[]> {
  const files = await filesOf(page);
  if (files.filter(({ bytes }) => bytes > 1000).length < 2) return [`${screen}: the browser counts no bytes`];
  const sum = files.reduce((total, { bytes }) => total + bytes, 0);
  const most = withMore[screen] ?? mostBytes;
  if (sum <= most) return [];
  const largest = files.toSorted((one, other) => other.bytes - one.bytes).slice(0, 6);
  const told = largest.map(({ name, bytes }) => `${name.split('/').at(-1)} ${bytes}`);
  return [`${screen} loads ${sum} bytes, ${most} are its most: ${told.join(', ')}`];
}
