/**
 * One Annex and one browser for all journeys through the console. The browser is Debian's Chromium; a machine without
 * one says so and goes on, but for CI.
 */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { startForeignPage, type ForeignPage } from './foreign-page.js';
import { CatalogueFolder, emptyPackage, makePublisher, type TestPublisher } from '../support/package-catalogue.js';
import { startOpenIdProvider, type OpenIdProvider } from '../support/openid-provider.js';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';

const places = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const executablePath = places.find((place) => place !== '' && existsSync(place));
if (executablePath === undefined && process.env['CI'] === 'true')
  throw new Error('CI needs a browser for the console: apt-get install chromium');
if (executablePath === undefined)
  process.stderr.write('The console is not tried: there is no Chromium here (apt-get install chromium).\n');

/** Journeys, where there is a browser. */
export const describeConsole = describe.skipIf(executablePath === undefined);

/** Words of a person's password in these tests. */
export const password = 'a-long-password';
/** What a machine that does other things as well may take for one step. */
const patientMs = 30_000;

export interface Bed {
  annex: TestAnnex;
  browser: Browser;
  /** A page of somebody else that may embed portals. */
  foreign: ForeignPage;
  /** The catalogue that tenants install from, and who signs it. */
  offer: CatalogueFolder;
  acme: TestPublisher;
  /** Where people sign in as well. */
  provider: OpenIdProvider;
}

let bed: Bed | undefined;

/** Starts Annex and the browser before the first journey, and ends them after the last. */
export function openConsole(): void {
  beforeAll(async () => {
    if (executablePath === undefined) return;
    const foreign = await startForeignPage();
    const acme = await makePublisher('Acme');
    const offer = await offerPlugins(acme);
    const provider = await startOpenIdProvider();
    const annex = await startTestAnnex({
      ANNEX_PUBLISHERS: offer.publishersFile,
      ANNEX_CATALOGUE_URL: offer.url,
      ANNEX_OIDC_ISSUER: provider.issuer,
      ANNEX_OIDC_CLIENT_ID: provider.clientId,
      ANNEX_OIDC_CLIENT_SECRET: provider.clientSecret,
      ANNEX_OIDC_BUTTON: 'Continue with Northwind',
      ANNEX_EGRESS_ALLOW_PRIVATE: '127.0.0.1/32',
      ANNEX_PORTAL_ORIGINS: foreign.origin,
    });
    // Chromium's own sandbox refuses to run as root, as which containers test.
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    bed = { annex, browser, foreign, offer, acme, provider };
  });
  afterAll(async () => {
    await bed?.browser.close();
    await bed?.annex.stop();
    await bed?.foreign.close();
    bed?.offer.remove();
    await bed?.provider.close();
    bed = undefined;
  });
}

async function offerPlugins(acme: TestPublisher): Promise<CatalogueFolder> {
  const offer = new CatalogueFolder();
  offer.trust(acme);
  const packages = [emptyPackage('greeter', '1.0.0'), emptyPackage('greeter', '1.2.0'), emptyPackage('zebra', '0.1.0')];
  await offer.publish(acme, packages);
  return offer;
}

export function theBed(): Bed {
  if (!bed) throw new Error('openConsole() comes first');
  return bed;
}

/** Somebody at a browser of their own. */
export interface Visitor {
  page: Page;
  context: BrowserContext;
  /** What the browser refused to do, or could not: policies, scripts that failed. */
  complaints: string[];
  close(): Promise<void>;
}

/** Opens a browser without any past. */
export async function visit({
  width = 1440,
  height = 900,
  colorScheme = 'light' as 'light' | 'dark',
  /** What the browser says that it can unpack. Default: all that it can. */
  encoding = undefined as string | undefined,
} = {}): Promise<Visitor> {
  const { annex, browser } = theBed();
  const context = await browser.newContext({
    baseURL: annex.url,
    viewport: { width, height },
    colorScheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    ...(encoding && { extraHTTPHeaders: { 'accept-encoding': encoding } }),
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(patientMs);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // Refusals that a journey provokes are told by the screen.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  return { page, context, complaints, close: () => context.close() };
}

/** A person of a tenant who can sign in. */
export async function makePerson(tenant: TestTenant, role: string): Promise<string> {
  const email = `${role}-${Math.random().toString(36).slice(2, 8)}@${tenant.slug}.test`;
  const made = await tenant.owner.post('/api/users', { email, password, role });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return email;
}

/** Signs in at the screen that asks for it. */
export async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor({ state: 'detached' });
}

/** A visitor who is signed in and sees a screen of the tenant. */
export async function enter(
  tenant: TestTenant,
  path: string,
  { role = 'owner', ...look }: { role?: string } & Parameters<typeof visit>[0] = {},
): Promise<Visitor> {
  const visitor = await visit(look);
  const email = await makePerson(tenant, role);
  await visitor.page.goto(`/console/t/${tenant.slug}${path && `/${path}`}`);
  await signIn(visitor.page, email);
  await visitor.page.getByRole('navigation', { name: 'Screens' }).waitFor({ state: 'attached' });
  return visitor;
}
