import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Cli, Commands } from '../cli.js';
import { invalid } from '../faults.js';
import { version } from '../version.js';

const templates = {
  'event-handler': 'hears events and counts them',
  'api-extension': 'answers requests over a table',
  'background-job': 'works on a schedule',
  'webhook-handler': 'takes signed webhooks',
  'data-processor': 'reads files as they are uploaded',
} as const;

type Template = keyof typeof templates;
const templateNames = Object.keys(templates) as Template[];

export function addInit({ program, does }: Commands): void {
  program
    .command('init')
    .description('make a new plugin: code, tests, and everything around them')
    .argument('<folder>', 'where to put it; its last part becomes the slug')
    .option('-t, --template <name>', `${templateNames.join(', ')} (default: asked for)`)
    .option('-l, --language <name>', 'typescript or python', 'typescript')
    .option('--slug <slug>', 'another slug')
    .option('--packages <folder>', 'take @annex/* from packed files in a folder, not from the registry')
    .action(does(init));
}

interface Options {
  template?: string;
  language: string;
  slug?: string;
  packages?: string;
}

async function init(cli: Cli, { template, language, slug: wanted, packages }: Options, folder = ''): Promise<void> {
  const path = resolve(folder);
  checkLanguage(language);
  const chosen = checkedTemplate(template ?? (await askTemplate(cli)));
  const slug = checkedSlug(wanted ?? slugOf(basename(path)), wanted === undefined);
  await mustBeEmpty(path);
  const values = {
    __SLUG__: slug,
    __TABLE__: slug.replaceAll('-', '_'),
    __NAME__: nameOf(slug),
    __VERSION__: version,
  };
  const files = await readFiles(chosen, language, values);
  if (packages !== undefined) files.set('package.json', await fromPacked(files.get('package.json') ?? '', packages));
  await addTypes(files);
  for (const [name, text] of files) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text, { flag: 'wx' });
  }
  const shown = relative('.', path) || '.';
  cli.terminal.answer({ folder: path, slug, template: chosen, language, files: [...files.keys()] }, (style) =>
    [
      `${style.green('made')} ${shown} from ${chosen}: ${[...files.keys()].join(', ')}`,
      '',
      ...(shown === '.' ? [] : [`  cd ${shown}`]),
      '  npm install',
      '  npm test',
      '  npx annex deploy',
    ].join('\n'),
  );
}

function askTemplate({ terminal }: Cli): Promise<string> {
  return terminal.choose(
    'What shall it do?',
    templateNames.map((value) => ({ value, label: value, hint: templates[value] })),
    { whatElse: `Say --template ${templateNames.join('|')}.` },
  );
}

function checkLanguage(name: string): void {
  if (name !== 'typescript' && name !== 'python')
    throw invalid('COMMAND_LINE', `There is no ${JSON.stringify(name)}; plugins are written in typescript or python.`);
}

/** What the plugin begins with. In Python it has the manifest of its twin in TypeScript. */
async function readFiles(
  template: Template,
  language: string,
  values: Record<string, string>,
): Promise<Map<string, string>> {
  const own = new Map(await readTemplate(template, values));
  if (language === 'typescript') return new Map([...(await readTemplate('shared', values)), ...own]);
  const manifest = (own.get('plugin.json') ?? '').replace('"main.ts"', '"main.py"');
  return new Map([
    ...(await readTemplate('shared', values)).filter(([name]) => name === '.gitignore' || name.startsWith('.vscode/')),
    ...(await readTemplate('python/shared', values)),
    ['plugin.json', manifest],
    ...(await readTemplate(`python/${template}`, values)),
  ]);
}

function checkedTemplate(name: string): Template {
  const found = templateNames.find((each) => each === name);
  if (found) return found;
  throw invalid(
    'UNKNOWN_TEMPLATE',
    `There is no template ${JSON.stringify(name)}; there are ${templateNames.join(', ')}.`,
  );
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+|-+$/g, '')
    .slice(0, 63);
}

function checkedSlug(slug: string, isMade: boolean): string {
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(slug)) return slug;
  throw invalid(
    'SLUG_INVALID',
    `${isMade ? 'No slug can be made of the folder’s name; say --slug' : `${JSON.stringify(slug)} is no slug`}: ` +
      'up to 63 small letters, digits, "-" and "_", beginning with a letter or digit.',
  );
}

function nameOf(slug: string): string {
  const words = slug.replace(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

async function mustBeEmpty(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const [first] = (await readdir(path)).filter((name) => name !== '.git');
  if (first !== undefined)
    throw invalid('FOLDER_NOT_EMPTY', `${path} holds ${first} already; name a folder that is new or empty.`);
}

/** Names that npm would leave out of a package, or read itself. */
const renamed: Record<string, string> = { gitignore: '.gitignore', 'vscode/settings.json': '.vscode/settings.json' };

async function readTemplate(name: string, values: Record<string, string>): Promise<[string, string][]> {
  const home = fileURLToPath(new URL(`../../templates/${name}/`, import.meta.url));
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(home, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
  return Promise.all(
    files.map(async (file): Promise<[string, string]> => {
      const text = await readFile(join(home, file), 'utf8');
      return [renamed[file] ?? file, text.replace(/__[A-Z]+__/g, (key) => values[key] ?? key)];
    }),
  );
}

/** So that an editor knows settings and names from the start. */
async function addTypes(files: Map<string, string>): Promise<void> {
  const { writePluginTypeFiles } = await import('@annex/sdk/package');
  const types = writePluginTypeFiles(new Map([...files].map(([path, text]) => [path, Buffer.from(text)])));
  if (types.ok) for (const [name, text] of types.files) files.set(name, text);
}

/** Names the packed files of our packages, so that a plugin can be made where no registry has them. */
async function fromPacked(text: string, folder: string): Promise<string> {
  const manifest = JSON.parse(text) as { devDependencies: Record<string, string>; overrides?: object };
  const names = ['@annex/cli', '@annex/client', '@annex/sdk'];
  const found = names.map((name): [string, string] => {
    const file = resolve(folder, `${name.slice(1).replace('/', '-')}-${version}.tgz`);
    if (!existsSync(file)) throw invalid('NOT_PACKED', `${file} is not there; "npm run pack" of Annex makes it.`);
    return [name, pathToFileURL(file).href.replace('file://', 'file:')];
  });
  manifest.devDependencies = Object.fromEntries([...Object.entries(manifest.devDependencies), ...found].sort());
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
