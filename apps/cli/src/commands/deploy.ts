import type { Annex, Plugin, PluginHealth, UploadedPlugin } from '@annex/client';
import type { PackedPlugin } from '@annex/sdk/package';
import type { Cli, Commands } from '../cli.js';
import { CliFault, exitCodes, invalid } from '../faults.js';
import { contentsOfRelease, diffContents, writeChanges, type Changes } from '../releases/changes.js';
import { writeFaults } from '../folder/write-faults.js';
import { packFolder, type Packing } from './pack.js';
import { awaitUpgrade, writeUpgrade } from './await-upgrade.js';
import { readKey } from './signing.js';

export function addDeploy({ program, does }: Commands): void {
  program
    .command('deploy')
    .description('check, pack and upload a plugin; says what changes, and waits until it is well')
    .argument('[folder]', 'the plugin (default: the one you stand in)')
    .option('--dry-run', 'say what would change, and upload nothing')
    .option('--stage', 'store the release without making it the active one')
    .option('--grant <permissions>', 'permissions to grant, separated by commas, or "all" or "none"')
    .option('--disabled', 'do not enable a plugin that is new')
    .option('--key <file>', 'sign the package with this private key; - reads it from standard input')
    .option('-y, --yes', 'ask nothing')
    .action(does(deploy));
}

interface Options {
  dryRun?: boolean;
  stage?: boolean;
  grant?: string;
  disabled?: boolean;
  key?: string;
  yes?: boolean;
}

async function deploy(cli: Cli, options: Options, folder?: string): Promise<void> {
  const { terminal } = cli;
  if (options.dryRun && options.stage) throw invalid('COMMAND_LINE', '--dry-run stores nothing, so it cannot --stage.');
  const { url, tenant, annex } = await cli.session();
  const packing = await terminal.progress('Checking and packing', () => packFolder(cli, folder));
  const { slug, version } = packing.check.manifest;
  const plugin = await findPlugin(annex, slug);
  const changes = await terminal.progress('Comparing with what runs', () => compare(annex, plugin, packing));
  if (!terminal.isJson) {
    for (const line of writeFaults(packing.check.warnings, 'warning', terminal.noteStyle)) terminal.note(line);
    terminal.note(writeChanges(changes, terminal.noteStyle));
  }
  const target = { url, tenant: tenant ?? null, slug, version, sha256: packing.packed.sha256, changes };
  if (options.dryRun) {
    terminal.answer({ ...target, dry_run: true }, (style) => style.dim('Nothing was uploaded.'));
    return;
  }
  const signature = options.key === undefined ? undefined : await signatureOf(packing.packed, options.key);
  const grant = await chooseGrant(cli, options, { changes, plugin });
  const uploaded = await terminal.progress(`Uploading ${slug} ${version}`, () =>
    upload(annex, packing.packed, { options, grant, signature }),
  );
  await report(cli, { target, options, uploaded, annex });
}

async function findPlugin(annex: Annex, slug: string): Promise<Plugin | undefined> {
  return annex.getPlugin({ path: { id: slug } }).catch((thrown: unknown) => {
    if ((thrown as { status?: number }).status === 404) return undefined;
    throw thrown;
  });
}

/** What the active release has and the package has not, and the other way round; the server reads both. */
async function compare(annex: Annex, plugin: Plugin | undefined, { packed, check }: Packing): Promise<Changes> {
  const [judged, active] = await Promise.all([
    annex.validatePlugin({ body: { file: blobOf(packed) } }),
    plugin && annex.getRelease({ path: { id: plugin.slug, release: plugin.release } }),
  ]);
  if (!judged.valid || judged.plugin === null)
    throw invalid('PACKAGE_INVALID', 'This Annex refuses the package.', { errors: judged.errors });
  return diffContents(active && contentsOfRelease(active), {
    version: check.manifest.version,
    sha256: packed.sha256,
    contents: judged.plugin,
  });
}

function blobOf({ bytes }: PackedPlugin): Blob {
  return new Blob([new Uint8Array(bytes)], { type: 'application/zip' });
}

/** `undefined`: nothing is granted with the upload. */
async function chooseGrant(
  { terminal }: Cli,
  options: Options,
  { changes, plugin }: { changes: Changes; plugin: Plugin | undefined },
): Promise<string | undefined> {
  if (options.grant !== undefined) return options.grant === 'none' ? undefined : options.grant;
  const granted = new Set<string>(plugin?.permissions.granted);
  const wanted = changes.permissions.added.filter((name) => !granted.has(name));
  if (wanted.length === 0 || options.stage) return undefined;
  const list = wanted.join(', ');
  if (options.yes || !terminal.isInteractive || terminal.isJson) {
    if (!terminal.isJson) terminal.note(`Not granted: ${list}. "--grant all" grants what is asked for.`);
    return undefined;
  }
  const choice = await terminal.choose(
    `The plugin asks for ${list}.`,
    [
      { value: 'all', label: 'grant them' },
      { value: 'none', label: 'deploy without them', hint: 'calls that need them fail with PERMISSION_DENIED' },
      { value: 'stop', label: 'stop' },
    ],
    { whatElse: 'Say --grant all or --grant none.' },
  );
  if (choice === 'stop') throw new CliFault('DECLINED', 'Nothing was uploaded.');
  return choice === 'all' ? 'all' : undefined;
}

async function signatureOf({ bytes }: PackedPlugin, key: string): Promise<string> {
  const { signArchive } = await import('@annex/sdk/package');
  return (await signArchive(bytes, await readKey(key))).signature;
}

function upload(
  annex: Annex,
  packed: PackedPlugin,
  { options, grant, signature }: { options: Options; grant: string | undefined; signature: string | undefined },
): Promise<UploadedPlugin> {
  return annex.uploadPlugin({
    body: {
      file: blobOf(packed),
      activate: options.stage ? 'false' : 'true',
      enable: options.stage || options.disabled ? 'false' : 'true',
      ...(grant !== undefined && { grant }),
      ...(signature !== undefined && { signature }),
    },
  });
}

async function report(
  cli: Cli,
  parts: {
    target: { url: string; slug: string; version: string };
    options: Options;
    uploaded: UploadedPlugin;
    annex: Annex;
  },
): Promise<void> {
  const { target, options, annex } = parts;
  const { slug, version, url } = target;
  const upgrade = options.stage ? undefined : await awaitUpgrade(cli, annex, parts.uploaded);
  // Another release is the active one by now.
  const uploaded = upgrade ? { ...parts.uploaded, ...(await annex.getPlugin({ path: { id: slug } })) } : parts.uploaded;
  const isRunning = uploaded.status === 'enabled' && !options.stage && (!upgrade || upgrade.state === 'done');
  const health = isRunning ? await waitForHealth(cli, annex, slug) : undefined;
  const answer = {
    ...target,
    plugin: uploaded,
    release: uploaded.uploaded,
    staged: options.stage ?? false,
    upgrade: upgrade ?? null,
    health: health ?? null,
  };
  cli.terminal.answer(answer, (style) => {
    if (options.stage)
      return [
        style.green(`${slug} ${version} is stored as ${uploaded.uploaded.id}; ${uploaded.version} stays active.`),
        `Make it the active one: annex releases activate ${slug} ${version}`,
      ].join('\n');
    if (upgrade && upgrade.state !== 'done') return writeUpgrade(upgrade, target, uploaded, style);
    // A plugin without a health check says nothing of its health.
    const said = health?.status === 'unknown' ? undefined : health?.status;
    return [
      `${style.green(`${slug} ${version}`)} is ${uploaded.status}${said ? `, ${said}` : ''}`,
      ...uploaded.routes.map(({ methods, path }) => `  ${methods.join(',')} ${url}/ext/${slug}${path}`),
      ...uploaded.jobs.map(({ name, schedule }) => `  job ${name}${schedule ? ` (${schedule})` : ''}`),
      ...uploaded.events.map((name) => `  on ${name}`),
      ...uploaded.blocked.map(({ detail }) => style.yellow(`  not enabled: ${detail}`)),
      ...(uploaded.missing_secrets.length > 0
        ? uploaded.missing_secrets.map((name) => `  annex secrets set ${slug} ${name}`)
        : []),
    ].join('\n');
  });
  if (upgrade?.state === 'given_up') cli.exitCode = exitCodes.failed;
  if (uploaded.blocked.length > 0) cli.exitCode = exitCodes.failed;
  if (health && /^(unhealthy|degraded)$/.test(health.status)) cli.exitCode = exitCodes.failed;
}

/** A plugin that was just deployed may need a moment; one that stays unwell is reported so. */
function waitForHealth({ terminal, signal }: Cli, annex: Annex, slug: string): Promise<PluginHealth> {
  return terminal.progress('Waiting until it is well', async () => {
    for (let tries = 1; ; tries += 1) {
      const health = await annex.checkPluginHealth({ path: { id: slug }, signal });
      if (health.status !== 'unhealthy' || tries === healthTries) return health;
      await new Promise((done) => setTimeout(done, healthPauseMs));
    }
  });
}

const healthTries = 5;
const healthPauseMs = 500;
