// Checks types: of everything, or of the projects whose folders are named, such as `node scripts/typecheck.mjs
// libs/vault`.
// Of a project only its own files are judged; what they import is read for its types.
import { globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = process.argv.slice(2).map((folder) => `${join(root, folder)}/`);
const host = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => root,
  getNewLine: () => '\n',
};

/** What is wrong with what one tsconfig.json covers, as far as it is asked for. */
function check(configFile) {
  const config = ts.getParsedCommandLineOfConfigFile(
    configFile,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic },
  );
  if (folders.length === 0) return [...config.errors, ...checkAll(configFile, config)];
  const asked = config.fileNames.filter((name) => folders.some((folder) => name.startsWith(folder)));
  if (asked.length === 0) return config.errors;
  const program = ts.createProgram(asked, { ...config.options, noEmit: true });
  const files = asked.map((name) => program.getSourceFile(name));
  return [
    ...config.errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ];
}

/** The same for all of it; what was found is kept, so that the next time only what changed is judged. */
function checkAll(configFile, { fileNames, options }) {
  const cache = join(
    root,
    'node_modules/.cache/types',
    `${relative(root, configFile).replaceAll('/', '-')}.tsbuildinfo`,
  );
  const program = ts.createIncrementalProgram({
    rootNames: fileNames,
    options: { ...options, noEmit: true, incremental: true, tsBuildInfoFile: cache },
  });
  const found = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...program.getSyntacticDiagnostics(),
    ...program.getSemanticDiagnostics(),
  ];
  program.emit();
  return found;
}

function onUnRecoverableConfigFileDiagnostic(diagnostic) {
  throw new Error(ts.formatDiagnostic(diagnostic, host));
}

const configFiles = globSync('{.,libs/*,libs/*/src/*,apps/*,test,bench,examples}/tsconfig*.json', { cwd: root });
const diagnostics = configFiles.map((file) => join(root, file)).flatMap(check);
if (diagnostics.length > 0) {
  console.error(ts.formatDiagnosticsWithColorAndContext(diagnostics, host));
  process.exitCode = 1;
}
