import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from '../axe.js';
import { loadFaultsOf } from '../loaded.js';
import { makePerson, password, signIn, theBed, visit } from '../browser.js';
import { startWebhookSink, type WebhookSink } from '../../support/webhook-sink.js';
import { setStage, type Stage } from '../stage.js';

const pictures = fileURLToPath(new URL('../../../docs/console/', import.meta.url));
const takesPictures = process.env['ANNEX_SCREENSHOTS'] === '1';

/** Every screen: its address in the tenant, and words that say that all of it is there. */
const screens: readonly [name: string, path: (stage: Stage) => string, shows: string][] = [
  ['overview', () => '', 'All of them'],
  ['plugins', () => 'plugins', 'Billing'],
  ['install', () => 'plugins/install', 'Drop a plugin’s ZIP here'],
  ['plugin', () => 'plugins/billing', 'Latest runs'],
  ['plugin-jobs', () => 'plugins/billing/jobs', 'send_invoices'],
  ['plugin-routes', () => 'plugins/billing/routes', '/ext/billing/invoices/:number'],
  ['plugin-sources', () => 'plugins/ledger/sources', 'ledger.entries'],
  ['plugin-logs', () => 'plugins/billing/logs', 'invoices are due'],
  ['plugin-settings', () => 'plugins/billing/settings', 'Days until payment is due'],
  ['plugin-secrets', () => 'plugins/billing/secrets', 'PAYMENTS_KEY'],
  ['plugin-permissions', () => 'plugins/billing/permissions', 'keeps a row for each invoice'],
  ['plugin-releases', () => 'plugins/billing/releases', 'active'],
  ['plugin-values', () => 'plugins/billing/kv', 'last'],
  ['catalogue', () => 'catalogue', '1.2.0 is newer'],
  ['catalogue-plugin', () => 'catalogue/greeter', 'Asks for no permission.'],
  ['runs', () => 'runs', 'send_invoices'],
  ['run', ({ run }) => `runs/${run}`, 'Used of what it may'],
  ['run-failed', ({ failed }) => `runs/${failed}`, 'The ledger is closed'],
  ['jobs', () => 'jobs', 'send_invoices'],
  ['events', () => 'events', 'invoice.sent'],
  ['event', ({ event }) => `events/${event}`, 'R-2026-118'],
  ['event-mapped', ({ mapped }) => `events/${mapped}`, 'pods/pod.restart'],
  ['alerts', () => 'alerts', 'web-2'],
  ['notices', () => 'notices', 'team'],
  ['sources', () => 'sources', 'ledger.entries'],
  ['source', () => 'sources/ledger.entries', 'Poll now'],
  ['source-receiving', () => 'sources/alertmanager', 'Others send to'],
  ['mappings', () => 'mappings', 'pods'],
  ['mapping', () => 'mappings/pods', 'Latest events'],
  ['new-mapping', () => 'new-mapping', 'Latest events'],
  ['dead-letters', () => 'dead-letters', 'settle'],
  ['logs', () => 'logs?plugin=billing', 'invoices are due'],
  ['agents', () => 'agents', 'Waiting for a yes'],
  ['question', ({ question }) => `questions/${question}`, 'Why was web-9 killed?'],
  ['webhooks', () => 'webhooks', 'accounting'],
  ['webhook', ({ webhook }) => `endpoints/${webhook}`, 'by Standard Webhooks'],
  ['deliveries', () => 'webhooks/deliveries', 'accounting'],
  ['delivery', ({ delivery }) => `deliveries/${delivery}`, 'Attempt 1'],
  ['webhooks-incoming', () => 'webhooks/incoming', 'shop'],
  ['tables', () => 'data', 'invoices'],
  ['table', () => 'data/invoices', '249.9'],
  ['files', () => 'files', 'reports/november.csv'],
  ['mail', () => 'mail', 'No plugin has sent a mail'],
  ['team', () => 'team', 'ada@northwind.example'],
  ['tree', () => 'tree', 'dns/ttl'],
  ['secrets', () => 'secrets', 'SMTP_TOKEN'],
  ['tokens', () => 'tokens', 'nightly export'],
  ['usage', () => 'usage', 'Quotas'],
  ['audit', () => 'audit', 'plugin.enabled'],
  ['spend', () => 'spend', 'Nothing was used in closed days'],
  ['settings', () => 'settings', 'Time zone'],
  ['profile', () => 'profile', 'this one'],
  ['operator-tenants', () => 'operator/tenants?q=northwind', 'Northwind Traders'],
  ['operator-tenant', ({ tenant }) => `operator/tenants/${tenant.slug}`, 'Quotas'],
  ['operator-queue', () => 'operator/queue', 'Tenants with work'],
  ['operator-processes', () => 'operator/processes', 'Executors begun'],
  ['operator-installations', () => 'operator/installations', 'Billing'],
  ['operator-quarantines', () => 'operator/quarantines', 'Nothing is in quarantine'],
  ['operator-publishers', () => 'operator/publishers', 'Acme'],
  ['operator-notices', () => 'operator/notices', 'Nobody was told anything'],
  ['operator-spend', () => 'operator/spend', 'Nothing was used in closed days'],
  ['operator-settings', () => 'operator/settings', 'ANNEX_DATA_DIR'],
  ['operator-platform', () => 'operator/platform', 'Confinement of plugins'],
];

const looks = [
  { name: 'light', width: 1440, height: 900, colorScheme: 'light' },
  { name: 'dark', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark' },
] as const;

/**
 * Screens as everybody can use them, with files as a browser without Brotli gets them: in two looks, and in all of them
 * where pictures are taken.
 */
export function lookAtEveryScreen(): void {
  describe('in every look', lookAtScreens);
}

function lookAtScreens(): void {
  let stage: Stage;
  let email: string;
  let sink: WebhookSink;
  beforeAll(async () => {
    sink = await startWebhookSink();
    stage = await setStage(sink.url);
    email = await makePerson(stage.tenant, 'owner');
    // The same person runs the platform: its screens are looked at too.
    await theBed().annex.platform.access.operators.ensure({ email, password });
  });

  afterAll(() => sink.close());

  it.each(takesPictures ? looks : looks.filter(({ name }) => name === 'light' || name === 'phone-dark'))(
    'has no screen that axe finds a fault with: $name',
    async ({ name: look, ...options }) => {
      const { page, complaints, close } = await visit({ ...options, encoding: 'gzip' });
      await page.goto(`/console/t/${stage.tenant.slug}`);
      await page.getByRole('heading', { name: 'Sign in to Annex' }).waitFor();
      const found = [await faultsOf(page, 'sign-in'), await loadFaultsOf(page, 'sign-in')];
      await picture(page, 'sign-in', look);
      await signIn(page, email);
      for (const [name, path, shows] of screens) {
        await page.goto(`/console/t/${stage.tenant.slug}/${path(stage)}`);
        await page.getByRole('main').getByText(shows).first().waitFor();
        await page.getByLabel('Loading', { exact: true }).first().waitFor({ state: 'hidden' });
        found.push(await loadFaultsOf(page, name), await faultsOf(page, name));
        // A page that is wider than the screen hides what stands at its right.
        const spare = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        if (Number(spare) > 0) found.push([`${name} is ${String(spare)} pixels wider than the screen`]);
        await picture(page, name, look);
      }
      expect(found.flat()).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );
}

async function picture(page: Page, name: string, look: string): Promise<void> {
  if (!takesPictures) return;
  mkdirSync(pictures, { recursive: true });
  const path = `${pictures}${name}-${look}.png`;
  await page.screenshot({ path, animations: 'disabled' });
  // A palette makes them a third as large; without the program they stay as they are.
  spawnSync('pngquant', ['--force', '--skip-if-larger', '--ext', '.png', '--speed', '1', '128', path]);
}
