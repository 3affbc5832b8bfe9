/** Builds the declarations that stand beside the JavaScript, so that the package can be installed anywhere. */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** What scripts/build.mjs makes here. */
export function bundles() {
  return [{ stampFile: join(here, 'dist/declarations.json'), make: writeDeclarations }];
}

async function writeDeclarations() {
  const { default: ts } = await import('typescript');
  const names = await readdir(join(here, 'src'), { recursive: true });
  const read = names.filter((name) => /(?<!\.spec)\.ts$/.test(name)).map((name) => join(here, 'src', name));
  const made = [];
  for (const file of read) {
    const { outputText, diagnostics } = ts.transpileDeclaration(await readFile(file, 'utf8'), {
      fileName: file,
      reportDiagnostics: true,
      compilerOptions: { isolatedDeclarations: true },
    });
    for (const { messageText } of diagnostics ?? [])
      throw new Error(`${relative(here, file)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    const out = join(here, 'dist', relative(join(here, 'src'), file).replace(/\.ts$/, '.d.ts'));
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, outputText);
    made.push(out);
  }
  return { read, made };
}
