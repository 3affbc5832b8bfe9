/** Writes docs/packages.md. */
import { writeFile } from 'node:fs/promises';

const opening = `# Packages of npm that were tried

\`npm run test:packages\` writes this page. It installs each package, uploads a plugin that uses it, and runs a
small program of it in the sandbox (\`test/packages\`). [plugins.md](plugins.md#packages-of-npm) tells how a plugin
finds packages and what there is of Node; [ADR 31](adr/0031-npm-packages.md) tells why. The bundle's size is that of the
whole plugin; 5 MiB is the most.
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

## Load, but need something that the sandbox does not have

${head}
${failing.map(rows).join('\n')}

## Refused at upload

These packages open connections or files themselves. The refusal names the line, and how your entry reaches it:

\`\`\`text
${refused[0]?.refusal ?? ''}
\`\`\`

| package | version | | instead |
|---|---|---|---|
${refused.map(rows).join('\n')}
`;
  await writeFile(path, text);
}
