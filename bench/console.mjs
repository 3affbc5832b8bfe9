// node bench/console.mjs [rows]: what people wait for at the console, in Debian's Chromium over an Annex of its own.
// Of six screens, each opened by its address with nothing kept from before: LCP, INP and CLS as web-vitals measures
// them, and the bytes of the console's files as they came. Then a list of many rows: how many of them the page holds,
// and how long the slowest of the keys took that walk and search it. Prints figures; asserts nothing.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { chromium } from 'playwright-core';
import { startAnnex } from './annex.mjs';
import { percentile } from './support.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rows = Number(process.argv[2] ?? 10_000);
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (place) => place && existsSync(place),
);
if (executablePath === undefined) {
  console.log('There is no Chromium here (apt-get install chromium): the console is not measured.');
  process.exit(0);
}

const vitals = readFileSync(join(root, 'node_modules/web-vitals/dist/web-vitals.iife.js'), 'utf8');
const watch = `${vitals}
  globalThis.seen = { LCP: 0, INP: 0, CLS: 0 };
  for (const name of ['LCP', 'INP', 'CLS'])
    webVitals['on' + name](({ value }) => (seen[name] = value), { reportAllChanges: true, durationThreshold: 16 });
  globalThis.took = [];
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (/^(key|pointer|click)/.test(name)) took.push(duration);
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });`;
const bytesOf = `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(({ name }) => new URL(name).pathname.startsWith('/console'))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`;

/** Screens by their address, with words that say that all of it is there. */
const screens = [
  ['overview', '', 'Next jobs'],
  ['plugins', 'plugins', 'Ping'],
  ['plugin', 'plugins/ping', 'Latest runs'],
  ['runs', 'runs', 'GET /ping'],
  ['events', 'events', 'bench.event'],
  ['usage', 'usage', 'Quotas'],
];

/** A browser without any past, in which the demo tenant's admin is signed in. */
async function signedIn(browser, base) {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1440, height: 900 } });
  const answer = await context.request.post('/api/auth/browser-session', {
    data: { email: 'admin@demo.test', password: 'annex-demo' },
    headers: { 'x-annex-console': '1' },
  });
  if (!answer.ok()) throw new Error(await answer.text());
  await context.addInitScript(watch);
  return context;
}

/** Opens a screen, waits until it is there, and uses the keyboard a little. */
async function vitalsOf(browser, base, [name, path, shows]) {
  const context = await signedIn(browser, base);
  const page = await context.newPage();
  await page.goto(`/console/t/demo/${path}`);
  await page.getByRole('main').getByText(shows).first().waitFor();
  await page.waitForLoadState('networkidle');
  const bytes = await page.evaluate(bytesOf);
  await page.keyboard.press('Control+k');
  await page.getByLabel('A screen, a plugin, or an id').pressSequentially('jobs');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(300);
  const seen = await page.evaluate('seen');
  await context.close();
  return { name, bytes, ...seen };
}

/** Reads a list to its end, then walks and searches it. */
async function longList(browser, base) {
  const context = await signedIn(browser, base);
  const page = await context.newPage();
  await page.goto('/console/t/demo/runs');
  const table = page.getByRole('table', { name: 'Runs' });
  await table.waitFor();
  const held = async () => Math.round((await table.boundingBox()).height / 45) - 1;
  const deadline = Date.now() + 180_000;
  while ((await held()) < rows && Date.now() < deadline) {
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await page.waitForTimeout(60);
  }
  const reached = await held();
  const inPage = await table.locator('[data-row-link]').count();
  await page.evaluate('took.length = 0');
  await table.locator('[data-row-link]').first().focus();
  for (let step = 0; step < 60; step += 1) await page.keyboard.press(step % 3 === 2 ? 'ArrowUp' : 'ArrowDown');
  await page.keyboard.press('/');
  await page.keyboard.type('ping', { delay: 40 });
  await page.waitForTimeout(1000);
  const took = await page.evaluate('took');
  await context.close();
  return { rows: reached, inPage, slowest: Math.max(0, ...took), p95: took.length ? percentile(took, 0.95) : 0 };
}

/** Gives the lists something to show: runs of a route, and some events. */
async function fill({ base, headers }) {
  const result = await autocannon({ url: `${base}/ext/ping/ping`, headers, connections: 16, amount: rows });
  if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx + result.errors} calls did not go well`);
  for (let sent = 0; sent < 50; sent += 1)
    await fetch(`${base}/api/events`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'bench.event', data: { sent } }),
    });
}

const workspace = mkdtempSync(join(tmpdir(), 'annex-bench-console-'));
chmodSync(workspace, 0o755);
const annex = await startAnnex({ tree: root, workspace, name: 'Annex' });
try {
  await fill(annex);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  try {
    console.log('screen           LCP       INP     CLS   files of the console, compressed');
    for (const screen of screens) {
      const { name, bytes, LCP, INP, CLS } = await vitalsOf(browser, annex.base, screen);
      const ms = (value) => `${value.toFixed(0).padStart(6)} ms`;
      console.log(
        `${name.padEnd(10)} ${ms(LCP)} ${ms(INP)} ${CLS.toFixed(3).padStart(7)} ` +
          `${(bytes / 1000).toFixed(0).padStart(5)} kB`,
      );
    }
    const list = await longList(browser, annex.base);
    console.log(
      `\na list of ${list.rows.toLocaleString('en')} rows: ${list.inPage} of them in the page; keys that walk and ` +
        `search it took ${list.p95.toFixed(0)} ms at p95, ${list.slowest.toFixed(0)} ms at most ` +
        '(below 16 ms is not counted)',
    );
  } finally {
    await browser.close();
  }
} finally {
  await annex.stop();
  rmSync(workspace, { recursive: true, force: true });
}
