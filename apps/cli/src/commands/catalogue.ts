/** Catalogues of packages: making and checking one, and what the one of a server offers. */
import { existsSync } from 'node:fs';
import { readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { ListedPlugin } from '@annex/client';
import type { CatalogueFault, CataloguePackage } from '@annex/sdk/package';
import type { Cli, Commands } from '../cli.js';
import { exitCodes, invalid } from '../faults.js';
import { harmless } from '../terminal/style.js';
import { pageOf, take, wholeNumber, withList, type ListOptions } from './lists.js';
import { readKey } from './signing.js';

export function addCatalogue({ program, does }: Commands): void {
  const catalogue = program.command('catalogue').description('signed lists of packages to install from');
  withList(catalogue.command('ls'))
    .description('list what this Annex offers, and what of it is installed')
    .argument('[word]', 'a part of slug, name or description')
    .option('--installed', 'what the tenant has')
    .option('--newer', 'what there is a newer version of')
    .action(does(list));
  catalogue
    .command('install')
    .description('install a release, or upgrade to it')
    .argument('<slug>')
    .option('--release <version>', 'which (default: the newest that was not taken back)')
    .option('--enable', 'enable it')
    .option('--grant <permissions>', 'permissions to grant, separated by commas, or "all"')
    .action(does(install));
  catalogue
    .command('build')
    .description('sign a list of the ZIPs in a folder: catalogue.json beside them')
    .argument('<folder>')
    .requiredOption('--key <file>', 'the private key; - reads it from standard input')
    .option('--days <count>', 'for how long it is good', wholeNumber, 30)
    .option('--serial <number>', 'its number (default: one more than the one before)', wholeNumber)
    .option('--yank <release...>', 'take releases back: slug@version, or slug@version=why')
    .option('--unyank <release...>', 'undo that')
    .action(does(build));
  catalogue
    .command('verify')
    .description('check a catalogue and every package of it as an Annex would')
    .argument('<folder>', 'with catalogue.json, or that file')
    .requiredOption('--publishers <file>', 'whose signatures count')
    .action(does(verify));
}

async function list(
  cli: Cli,
  options: ListOptions & { installed?: boolean; newer?: boolean },
  q?: string,
): Promise<void> {
  const annex = await cli.annex();
  const show = options.newer ? 'newer' : options.installed ? 'installed' : 'all';
  const { problem } = await annex.listCatalogue({ query: { limit: 1 } });
  if (problem) cli.terminal.note(`${problem.code}: ${harmless(problem.message)}`);
  const items = await take(annex.each('listCatalogue', { query: { limit: pageOf(options), q, show } }), options);
  cli.terminal.list(
    items,
    [
      { title: 'slug', cell: ({ slug }) => slug },
      { title: 'latest', cell: ({ latest }) => latest ?? 'taken back' },
      { title: 'installed', cell: installedCell, color: installedColor },
      { title: 'publisher', cell: ({ publisher }) => publisher },
      { title: 'name', cell: ({ name }) => name },
    ],
    'Nothing.',
  );
}

function installedCell({ installed }: ListedPlugin): string {
  if (!installed) return '';
  if (installed.yanked) return `${installed.version} (taken back)`;
  return installed.newer === null ? installed.version : `${installed.version} (old)`;
}

function installedColor({ installed }: ListedPlugin): 'red' | 'yellow' | 'green' | undefined {
  if (!installed) return undefined;
  if (installed.yanked) return 'red';
  return installed.newer === null ? 'green' : 'yellow';
}

async function install(
  cli: Cli,
  { release, enable, grant }: { release?: string; enable?: boolean; grant?: string },
  slug = '',
): Promise<void> {
  const annex = await cli.annex();
  const installed = await annex.installFromCatalogue({
    path: { slug },
    body: {
      ...(release !== undefined && { version: release }),
      ...(enable && { enable }),
      ...(grant !== undefined && { grant: grant === 'all' ? 'all' : grant.split(',') }),
    },
  });
  cli.terminal.answer(installed, (style) =>
    [
      `${style.green(`${installed.slug} ${installed.version}`)} is ${installed.status}`,
      style.dim(`vouched for by ${harmless(installed.uploaded.signed_by?.publisher ?? 'nobody')}`),
      ...installed.blocked.map(({ detail }) => style.yellow(`  not enabled: ${detail}`)),
    ].join('\n'),
  );
  if (installed.blocked.length > 0) cli.exitCode = exitCodes.failed;
}

interface BuildOptions {
  key: string;
  days: number;
  serial?: number;
  yank?: string[];
  unyank?: string[];
}

async function build(cli: Cli, { key, yank = [], ...terms }: BuildOptions, folder = '.'): Promise<void> {
  const { buildCatalogue } = await import('@annex/sdk/package');
  const file = join(folder, 'catalogue.json');
  const previous = existsSync(file) ? await readFile(file, 'utf8') : undefined;
  const packages = await readPackages(folder);
  const { text, contents } = await buildCatalogue(packages, {
    ...terms,
    privateKey: await readKey(key),
    previous,
    yank: Object.fromEntries(yank.map(readYank)),
  });
  // A web server may read it at any moment: it is there as a whole, or not yet.
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
  cli.terminal.answer({ file, ...contents }, (style) =>
    [
      ...contents.releases.map(
        ({ slug, version, yanked, signature }) =>
          `  ${slug}@${version}${signature === undefined ? '' : style.dim(' signed')}` +
          (yanked ? style.red(' yanked') : ''),
      ),
      `${style.green('written')} ${file}: serial ${contents.serial}, good until ${contents.expires_at}`,
    ].join('\n'),
  );
}

async function readPackages(folder: string): Promise<CataloguePackage[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.zip')).sort();
  return Promise.all(
    names.map(async (name) => {
      const signature = join(folder, `${name}.jws`);
      return {
        name,
        bytes: await readFile(join(folder, name)),
        ...(existsSync(signature) && { signature: await readFile(signature, 'utf8') }),
      };
    }),
  );
}

function readYank(text: string): [string, string | true] {
  const [id = '', ...why] = text.split('=');
  if (!/^[^@]+@[^@]+$/.test(id)) throw invalid('COMMAND_LINE', `--yank takes slug@version, and this is ${text}.`);
  return [id, why.length > 0 ? why.join('=') : true];
}

async function verify(cli: Cli, { publishers }: { publishers: string }, path = '.'): Promise<void> {
  const { verifyCatalogue } = await import('@annex/sdk/package');
  const file = (await stat(path)).isDirectory() ? join(path, 'catalogue.json') : path;
  const folder = resolve(dirname(file));
  const { contents, publisher, faults } = await verifyCatalogue(await readFile(file, 'utf8'), {
    publishers: await readFile(publishers, 'utf8'),
    read: (url) => readBeside(folder, url),
  });
  cli.terminal.answer({ publisher, ...contents, faults }, (style) =>
    [
      ...faults.map(
        ({ slug, version, code, detail }: CatalogueFault) =>
          `${style.red(`${slug}@${version}`)}  ${harmless(detail)} ${style.dim(`[${code}]`)}`,
      ),
      `serial ${contents.serial} of ${harmless(publisher)}, good until ${contents.expires_at}: ` +
        `${contents.releases.length} releases, ` +
        `${faults.length === 0 ? style.green('all well') : `${faults.length} with faults`}`,
    ].join('\n'),
  );
  if (faults.length > 0) cli.exitCode = exitCodes.failed;
}

/** Of other servers nothing is fetched: whoever checks a folder wants to know what is in it. */
async function readBeside(folder: string, url: string): Promise<Uint8Array> {
  if (/^[a-z][a-z\d+.-]*:/i.test(url)) throw new Error(`${url} lies elsewhere, and was not checked.`);
  const path = resolve(folder, decodeURIComponent(url));
  if (!path.startsWith(`${folder}${sep}`)) throw new Error(`${url} lies outside of the folder.`);
  return readFile(path);
}
