import type { Cli, Commands } from '../cli.js';
import { exitCodes } from '../faults.js';
import { writeCheck } from '../folder/write-faults.js';

export function addValidate({ program, does }: Commands): void {
  program
    .command('validate')
    .description('check a plugin as an upload does, and tell every fault')
    .argument('[folder]', 'the plugin (default: the one you stand in)')
    .action(does(validate));
}

async function validate(cli: Cli, _options: object, folder?: string): Promise<void> {
  const { checkPlugin, closeSandbox, readPlugin } = await import('@annex/sdk/package');
  const { path, files } = await readPlugin(folder);
  const check = await checkPlugin(files).finally(closeSandbox);
  const { ok, errors, warnings, manifest, registrations, bundleBytes, bundleSha256 } = check;
  const report = {
    valid: ok,
    folder: path,
    slug: manifest?.slug ?? null,
    version: manifest?.version ?? null,
    errors,
    warnings,
    handlers: registrations ?? null,
    bundle: bundleBytes === undefined ? null : { bytes: bundleBytes, sha256: bundleSha256 },
  };
  cli.terminal.answer(report, (style) => writeCheck(check, style));
  if (!ok) cli.exitCode = exitCodes.invalidInput;
}
