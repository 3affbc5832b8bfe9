/** In development a tenant stands ready: its user, a token, and the example plugins, installed and enabled. Made once, then left alone. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemCaller, systemPrincipal, type Caller } from '@annex/access';
import { isAnnexError, messageOf, type Logger } from '@annex/kernel';
import { packFolder } from '@annex/manifest';
import type { Platform } from './platform.js';

const TENANT = { slug: 'demo', name: 'Demo' };
const TOKEN_FILE = 'demo-token';
export const demoUser = { email: 'admin@demo.test', password: 'annex-demo' };

/** Secrets without which an example cannot be enabled. They open nothing; the panel's reader puts real ones. */
const exampleSecrets: Record<string, Record<string, string>> = {
  'slack-notifier': { SLACK_BOT_TOKEN: 'xoxb-demo-not-a-real-token' },
  'github-webhook': { GITHUB_WEBHOOK_SECRET: 'demo-github-webhook-secret' },
};

const examplesFolder = fileURLToPath(new URL('../../../examples/plugins/', import.meta.url));

export interface Demo {
  tenant: string;
  token: string;
  plugins: { slug: string; status: string }[];
  /** A package to upload, ready made: the machine may have no `zip`. */
  zip: string;
}

/** Whether a demo tenant was made in this data folder. */
export function hasDemo(dataDir: string): boolean {
  return existsSync(join(dataDir, TOKEN_FILE));
}

/** Answers what the panel shows. An example that cannot be installed is logged and left out; the rest still works. */
export async function ensureDemo({ platform, dataDir }: { platform: Platform; dataDir: string }): Promise<Demo> {
  const { access, logger } = platform;
  // Written last, so that a start that was killed in the middle of this is made good by the next one.
  const doneFile = join(dataDir, 'demo-made');
  const isMade = existsSync(doneFile);
  await access.operators.ensure(demoUser);
  if (!isMade) await makeTenant(platform);
  const session = await access.login({ ...demoUser, address: 'local' });
  const principal = await access.authenticate(session.access_token);
  const { caller } = await access.resolveTenant(principal, { slugHeader: TENANT.slug }, 'demo');
  if (!caller) throw new Error(`${demoUser.email} is no longer a user of the tenant ${TENANT.slug}: remove the data folder to start afresh`);
  const token = await keptToken(platform, caller, join(dataDir, TOKEN_FILE));
  if (!isMade) {
    await installExamples(platform, caller, logger);
    writeFileSync(doneFile, '');
  }
  const { items } = await platform.installations.list(caller, { limit: 50 });
  return { tenant: TENANT.slug, token, plugins: items.map(({ slug, status }) => ({ slug, status })), zip: await packExample('daily-kpi', dataDir) };
}

/** The tenant and its owner, where they are missing. */
async function makeTenant({ access }: Platform): Promise<void> {
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

async function keptToken({ access }: Platform, caller: Caller, file: string): Promise<string> {
  if (existsSync(file)) {
    const kept = readFileSync(file, 'utf8').trim();
    const works = await access.authenticate(kept).then(
      ({ operator }) => operator,
      () => false,
    );
    if (works) return kept;
  }
  const { token } = await access.tokens.create(caller, { name: 'demo panel', operator: true });
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}

async function installExamples({ installations, vault }: Platform, caller: Caller, logger: Logger): Promise<void> {
  const folders = await readdir(examplesFolder).catch(() => []);
  for (const name of folders.sort()) {
    try {
      const bytes = await packFolder(join(examplesFolder, name));
      await installations.upload(caller, bytes, {});
      for (const [secret, value] of Object.entries(exampleSecrets[name] ?? {})) await vault.setFor(caller, { plugin: name, name: secret, value });
      await installations.enable(caller, name, { grant: 'all' });
    } catch (thrown) {
      logger.warn({ plugin: name, err: thrown }, `an example plugin could not be installed: ${messageOf(thrown)}`);
    }
  }
}

