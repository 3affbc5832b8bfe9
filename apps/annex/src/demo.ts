/**
 * In development a tenant stands ready: its user, a token, and the example plugins, installed and enabled. Made once,
 * then left alone.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOperatorByEmail, systemCaller, systemPrincipal, type Caller } from '@annex/access';
import { isAnnexError, messageOf, type Logger } from '@annex/kernel';
import { packFolder } from '@annex/manifest';
import type { Platform } from './platform.js';

const TENANT = { slug: 'demo', name: 'Demo' };
const TOKEN_FILE = 'demo-token';
export const demoUser = { email: 'admin@demo.test', password: 'annex-demo' };

/** Secrets without which an example cannot be enabled. They open nothing; the panel's reader puts real ones. */
const exampleSecrets: Record<string, Record<string, string>> = {
  'alert-desk': { ALERT_TOKEN: 'demo-alert-token' },
  'slack-notifier': { SLACK_BOT_TOKEN: 'xoxb-demo-not-a-real-token' },
  'github-webhook': { GITHUB_WEBHOOK_SECRET: 'demo-github-webhook-secret' },
};

const examplesFolder = fileURLToPath(new URL('../../../examples/plugins/', import.meta.url));

export interface Demo {
  /** The tenant's name now; `undefined`: it was deleted, or cannot be entered. */
  tenant: string | undefined;
  /** Why there is no tenant, and what to do. */
  why?: string;
  /** The password that everybody knows still signs in. */
  signsIn: boolean;
  token: string | undefined;
  plugins: { slug: string; status: string }[];
  /** A package to upload, ready made: the machine may have no `zip`. */
  zip: string;
}

/**
 * Written last, so that a start that was killed in the middle of making the demo is made good by the next one. Holds
 * the tenant's id.
 */
const DONE_FILE = 'demo-made';

/** Whether a demo tenant was made in this data folder. */
export function hasDemo(dataDir: string): boolean {
  return existsSync(join(dataDir, TOKEN_FILE));
}

/**
 * Answers what the panel shows. The tenant is made once and then its owner's: renamed, it is found by its id; deleted,
 * or with another password, it stays so. Nothing about it keeps Annex from starting: what cannot be made is logged, and
 * left out.
 */
export async function ensureDemo({ platform, dataDir }: { platform: Platform; dataDir: string }): Promise<Demo> {
  const zip = await packExample('daily-kpi', dataDir);
  try {
    const isMade =
      existsSync(join(dataDir, DONE_FILE)) &&
      (await platform.database.platform((tx) => findOperatorByEmail(tx, demoUser.email))) !== null;
    if (!isMade) await makeTenant(platform);
    return { ...(await enterDemo({ platform, dataDir, isMade })), zip };
  } catch (thrown) {
    platform.logger.warn({ err: thrown }, 'the demo tenant could not be made ready; everything else works');
    return {
      tenant: undefined,
      why: `It could not be made ready: ${messageOf(thrown)}`,
      signsIn: false,
      token: undefined,
      plugins: [],
      zip,
    };
  }
}

async function enterDemo({
  platform,
  dataDir,
  isMade,
}: {
  platform: Platform;
  dataDir: string;
  isMade: boolean;
}): Promise<Omit<Demo, 'zip'>> {
  const { access } = platform;
  const session = await unlessRefused(access.login({ ...demoUser, address: 'local' }));
  const kept = keptToken(dataDir);
  const principal = await unlessRefused(access.authenticate(kept ?? '')).then(
    (known) => known ?? (session && access.authenticate(session.access_token)),
  );
  const gone = { tenant: undefined, signsIn: session !== undefined, plugins: [] };
  if (!principal) return { ...gone, why: `The password of ${demoUser.email} was changed.`, token: undefined };
  const slug = await findTenant(platform, dataDir);
  const found =
    slug === undefined
      ? undefined
      : await access.resolveTenant(principal, { slugHeader: slug }, 'demo').catch(explained);
  if (found === undefined || 'why' in found || !found.caller) {
    const why =
      found === undefined
        ? 'It was deleted.'
        : 'why' in found
          ? found.why
          : `${demoUser.email} may not enter it any more.`;
    return {
      ...gone,
      why:
        `${why} Remove ${join(dataDir, DONE_FILE)} and start again to have one made anew, or make a tenant of your ` +
        'own: POST /api/tenants.',
      token: undefined,
    };
  }
  const { caller, tenant } = found;
  const token = (await worksFor(platform, kept)) ? kept : await makeToken(platform, caller, dataDir);
  if (!isMade) {
    await installExamples(platform, caller, platform.logger);
    writeFileSync(join(dataDir, DONE_FILE), `${tenant.id}\n`);
  }
  const { items } = await platform.installations.list(caller, { limit: 50 });
  return {
    tenant: tenant.slug,
    signsIn: session !== undefined,
    token,
    plugins: items.map((plugin) => ({ slug: plugin.slug, status: plugin.status })),
  };
}

function explained(thrown: unknown): { why: string } {
  if (isAnnexError(thrown)) return { why: thrown.detail };
  throw thrown;
}

/** The slug of the tenant that was made, whatever it is called now. */
async function findTenant({ access }: Platform, dataDir: string): Promise<string | undefined> {
  const id = readIfThere(join(dataDir, DONE_FILE));
  // Made by an earlier release, or just now.
  if (!id) return (await unlessRefused(access.tenants.get(systemPrincipal, TENANT.slug)))?.slug;
  let cursor: string | undefined;
  do {
    const page = await access.tenants.list(systemPrincipal, { limit: 200, cursor });
    const tenant = page.items.find((each) => each.id === id);
    if (tenant) return tenant.slug;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return undefined;
}

/** What somebody may not do, or what is not there, as `undefined`; a fault of ours is thrown. */
async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((thrown: unknown) => {
    if (isAnnexError(thrown)) return undefined;
    throw thrown;
  });
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** The tenant and its owner, where they are missing. */
async function makeTenant({ access }: Platform): Promise<void> {
  await access.operators.ensure(demoUser);
  await unlessTaken('SLUG_TAKEN', access.tenants.create(systemPrincipal, TENANT, 'demo'));
  const principal = await access.authenticate((await access.login({ ...demoUser, address: 'local' })).access_token);
  const { tenant } = await access.resolveTenant(principal, { slugHeader: TENANT.slug }, 'demo');
  await unlessTaken('EMAIL_TAKEN', access.users.create(systemCaller(tenant), { ...demoUser, role: 'owner' }));
}

async function unlessTaken(code: string, made: Promise<unknown>): Promise<void> {
  await made.catch((thrown: unknown) => {
    if (!isAnnexError(thrown) || thrown.code !== code) throw thrown;
  });
}

/** Packs an example once into the data folder and answers the archive's path. */
async function packExample(name: string, dataDir: string): Promise<string> {
  const folder = join(resolve(dataDir), 'examples');
  const file = join(folder, `${name}.zip`);
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    await writeFile(file, await packFolder(join(examplesFolder, name)));
  }
  return file;
}

function keptToken(dataDir: string): string | undefined {
  return readIfThere(join(dataDir, TOKEN_FILE));
}

async function worksFor({ access }: Platform, token: string | undefined): Promise<boolean> {
  return token !== undefined && (await unlessRefused(access.authenticate(token)))?.operator === true;
}

async function makeToken({ access }: Platform, caller: Caller, dataDir: string): Promise<string> {
  const { token } = await access.tokens.create(caller, { name: 'demo panel', operator: true });
  writeFileSync(join(dataDir, TOKEN_FILE), `${token}\n`, { mode: 0o600 });
  return token;
}

async function installExamples({ installations, vault }: Platform, caller: Caller, logger: Logger): Promise<void> {
  const folders = await readdir(examplesFolder).catch(() => []);
  for (const name of folders.sort()) {
    try {
      const bytes = await packFolder(join(examplesFolder, name));
      await installations.upload(caller, bytes, { vouch: null });
      for (const [secret, value] of Object.entries(exampleSecrets[name] ?? {}))
        await vault.setFor(caller, { plugin: name, name: secret, value });
      await installations.enable(caller, name, { grant: 'all' });
    } catch (thrown) {
      logger.warn({ plugin: name, err: thrown }, `an example plugin could not be installed: ${messageOf(thrown)}`);
    }
  }
}
