/** Writes docs/packages.md. */
import { writeFile } from 'node:fs/promises';

const opening = `# Packages of npm that were tried

Written by \`npm run test:packages\`, which installs each package, uploads a plugin that uses it, and runs a small
program of it in the sandbox (\`test/packages\`). How packages are found, and what there is of Node, stands in
[plugins.md](plugins.md#packages-of-npm), and why in
[ADR 31](adr/0031-npm-packages.md). The size is that of the plugin's whole bundle; at most 5 MiB are allowed.
`;

/** `results`: the cases with what came of them. */
export async function writeTable(path, results) {
  const refused = results.filter(({ refusal }) => refusal);
  const failing = results.filter(({ fails }) => fails);
  const running = results.filter((each) => !refused.includes(each) && !failing.includes(each));
  const rows = ({ name, version, bytes, note = '' }) =>
    `| ${name} | ${version} | ${bytes === undefined ? '' : `${Math.ceil(bytes / 1024)} KB`} | ${note} |`;
  const head = '| package | version | bundle | |\n|---|---|---|---|';
  const text = `${opening}
## ${running.length} run as they are

${head}
${running.map(rows).join('\n')}

## Loaded, but need what a sandbox has not

${head}
${failing.map(rows).join('\n')}

## Refused at upload

They speak with machines or files themselves. The refusal names the line and how your entry comes to it, such as:

\`\`\`text
${refused[0]?.refusal ?? ''}
\`\`\`

| package | version | | instead |
|---|---|---|---|
${refused.map(rows).join('\n')}
`;
  await writeFile(path, text);
}
