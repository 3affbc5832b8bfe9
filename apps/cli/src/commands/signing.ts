/** Keys, and signatures of packages. The private key goes from its file into the signature and nowhere else. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Cli, Commands } from '../cli.js';
import { invalid } from '../faults.js';

export function addSigning({ program, does }: Commands): void {
  program
    .command('keygen')
    .description('make a key that signs packages and catalogues')
    .option('--publisher <name>', 'whose key it is, as people are shown (default: the key’s id)')
    .option('--out <folder>', 'where to write it', '.')
    .action(does(keygen));
  program
    .command('sign')
    .description('sign a package, for an Annex that lets in signed ones only')
    .argument('<zip>')
    .requiredOption('--key <file>', 'the private key; - reads it from standard input')
    .option('-o, --output <file>', 'where to write the signature (default: <zip>.jws)')
    .action(does(sign));
}

async function keygen(cli: Cli, { publisher, out }: { publisher?: string; out: string }): Promise<void> {
  const { makeSigningKey } = await import('@annex/sdk/package');
  const [keyFile, publishersFile] = [join(out, 'signing-key.json'), join(out, 'publishers.json')];
  const taken = [keyFile, publishersFile].find((file) => existsSync(file));
  if (taken !== undefined)
    throw invalid(
      'FILE_EXISTS',
      `${taken} is there already. A key is not written over; name another folder with --out.`,
    );
  const { kid, privateKey, publishers } = await makeSigningKey(publisher ?? '');
  await mkdir(out, { recursive: true });
  await writeFile(keyFile, privateKey, { mode: 0o600, flag: 'wx' });
  await writeFile(publishersFile, publishers, { flag: 'wx' });
  cli.terminal.answer({ kid, key: keyFile, publishers: publishersFile }, (style) =>
    [
      `${style.green('made')} ${kid}`,
      `  ${keyFile}  signs; keep it to yourself`,
      `  ${publishersFile}  goes to the operator, for ANNEX_PUBLISHERS`,
    ].join('\n'),
  );
}

async function sign(cli: Cli, { key, output }: { key: string; output?: string }, zip = ''): Promise<void> {
  const { signArchive } = await import('@annex/sdk/package');
  const file = output ?? `${zip}.jws`;
  const { signature, ...signed } = await signArchive(await readFile(zip), await readKey(key));
  await writeFile(file, `${signature}\n`);
  cli.terminal.answer({ ...signed, file, signature }, (style) =>
    [
      `${style.green('signed')} ${signed.slug} ${signed.version}: ${relative('.', file)}`,
      style.dim(`key ${signed.kid}, sha256 ${signed.sha256}`),
    ].join('\n'),
  );
}

/** The text of a private key, from a file or from standard input. */
export function readKey(file: string): Promise<string> {
  return file === '-' ? text(process.stdin) : readFile(file, 'utf8');
}
