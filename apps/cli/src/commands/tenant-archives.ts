/** Tenants as archives. */
import { createWriteStream, openAsBlob } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Cli, Commands } from '../cli.js';
import { readGiven } from '../terminal/stdin.js';

interface PassphraseOption {
  passphrase?: string;
}

const passphraseWords = 'as it is, @file, or - for standard input: locks secrets, or opens them';

export function addTenantArchives(tenants: Commands['program'], does: Commands['does']): void {
  tenants
    .command('export')
    .description('write everything of a tenant into a file; without a passphrase its secrets are left out')
    .argument('<slug>')
    .option('-o, --output <file>', 'default: <slug>.tar.gz')
    .option('--passphrase <text>', passphraseWords)
    .action(does(exportTenant));
  tenants
    .command('import')
    .description('make a tenant of such a file; it is suspended unless it is to start')
    .argument('<file>')
    .option('--slug <slug>', 'default: the one that it had')
    .option('--start', 'it goes on at once: only where it does nothing any more where it comes from')
    .option('--passphrase <text>', passphraseWords)
    .action(does(importTenant));
}

async function headersOf({ passphrase }: PassphraseOption): Promise<Record<string, string>> {
  if (passphrase === undefined) return {};
  return { 'x-archive-passphrase': (await readGiven(passphrase)).replace(/\r?\n$/, '') };
}

async function exportTenant(cli: Cli, options: PassphraseOption & { output?: string }, slug = ''): Promise<void> {
  const { output = `${slug}.tar.gz` } = options;
  const annex = await cli.annex();
  const answer = await annex.exportTenant({ path: { slug }, headers: await headersOf(options) });
  const unfinished = `${output}.part`;
  try {
    await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(unfinished, { mode: 0o600 }));
  } catch (thrown) {
    await rm(unfinished, { force: true });
    throw thrown;
  }
  await rename(unfinished, output);
  cli.terminal.answer({ slug, file: output }, (style) => style.green(`${slug} is in ${output}.`));
}

async function importTenant(
  cli: Cli,
  options: PassphraseOption & { slug?: string; start?: boolean },
  file = '',
): Promise<void> {
  const { slug, start } = options;
  const query = { ...(slug !== undefined && { slug }), ...(start && { start: 'true' as const }) };
  const annex = await cli.annex();
  const made = await annex.importTenant({ query, body: await openAsBlob(file), headers: await headersOf(options) });
  cli.terminal.answer(made, () =>
    made.tenant.suspension
      ? `${made.tenant.slug} is here, and suspended: "annex tenants resume ${made.tenant.slug}" lets it go on.`
      : `${made.tenant.slug} is here, and goes on.`,
  );
}
