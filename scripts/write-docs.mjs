// Writes what is generated from the code: docs/errors.md, docs/host-api.md, docs/limits.md and
// libs/sdk/plugin.schema.json. Runs over dist, so after a build.
// `--check` writes nothing and exits with 1 when a file differs, when an error has no way out, when a way out has no
// error, or when libraries disagree about a code.
import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readLimitGroups } from './limit-groups.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const load = (path) => import(pathToFileURL(join(root, path)).href);
const check = process.argv.includes('--check');

/** Every catalogue of the program, by importing whatever may declare one. */
async function readCatalogues() {
  for (const lib of await readdir(join(root, 'libs'))) await load(`libs/${lib}/dist/index.js`);
  for (const app of await readdir(join(root, 'apps'))) {
    for (const path of [`apps/${app}/dist/errors.js`, `apps/${app}/dist/http/errors.js`])
      if (existsSync(join(root, path))) await load(path);
  }
  const { errorCatalogues } = await load('libs/kernel/dist/index.js');
  return errorCatalogues;
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const inputFaultLines = [
  '',
  '## Codes inside `errors`',
  '',
  'Each entry of `errors` has a code of its own, which names the kind of fault. `pointer` says where the fault is, ' +
    '`detail` what to send instead. There are too many codes to list',
  'them all. Programs should know these, and show `detail` for every other one.',
  '',
  '| code | the value at `pointer` |',
  '|---|---|',
  '| `INVALID_TYPE`, `INVALID_FORMAT`, `INVALID_VALUE`, `TOO_SMALL`, `TOO_BIG`, `INVALID` | of a request: is ' +
    'missing or of another type, written differently, none of the allowed ones, too small, too large, or breaks a ' +
    'rule that `detail` names |',
  '| `REQUIRED`, `TYPE`, `FORMAT`, `VALUE`, `RANGE` | of a package, and of some requests: is missing, of another ' +
    'type, written differently, none of the allowed ones, or out of bounds |',
  '| `UNKNOWN_KEY` | is a field that does not exist here; often a typing mistake |',
  '| `UNKNOWN_PARAMETER` | is a query parameter that this endpoint does not have |',
  '| `NUMBER` | is a number that JSON readers would change; send it as a string |',
  '| `CONFIRM` | is not the name that has to be repeated, such as the slug of a tenant that is deleted |',
  '| `SECRET_UNDECLARED` | names a secret that the plugin’s manifest does not declare |',
  '| `WRONG_PASSWORD`, `SAME_PASSWORD` | is not the present password, or is the present one where a new one is ' +
    'asked for |',
];

/** Faults that the command line has by itself; none of them is a status of HTTP. */
async function cliLines() {
  const { cliCodes } = await load('apps/cli/dist/codes.js');
  return [
    '',
    '## annex, the command line',
    '',
    'What `annex` says before it asks a server, or without one. The exit codes stand in [cli.md](cli.md#for-machines).',
    '',
    '| code | title | way out |',
    '|---|---|---|',
    ...Object.entries(cliCodes).map(
      ([code, { title, wayOut }]) => `| \`${code}\` | ${cell(title)} | ${cell(wayOut)} |`,
    ),
  ];
}

/**
 * What is wrong with codes that several libraries declare: each has one title, and one status and one fault too unless
 * `differs` says why not.
 */
function differenceFaults(catalogues, differs) {
  const kindsByCode = new Map();
  for (const kinds of Object.values(catalogues))
    for (const [code, kind] of Object.entries(kinds)) kindsByCode.set(code, [...(kindsByCode.get(code) ?? []), kind]);
  const isOne = (values) => new Set(values).size === 1;
  const faults = Object.keys(differs)
    .filter((code) => !kindsByCode.has(code))
    .map((code) => `scripts/error-ways-out.json says how ${code} differs, which is no error`);
  for (const [code, kinds] of kindsByCode) {
    if (!isOne(kinds.map(({ title }) => title)))
      faults.push(`${code} has several titles: ${kinds.map(({ title }) => title).join(' / ')}`);
    const differing = !isOne(kinds.map(({ status, fault }) => `${status} ${fault}`));
    if (differing && !Object.hasOwn(differs, code))
      faults.push(`${code} has several statuses or faults; make them one, or say why in scripts/error-ways-out.json`);
    if (!differing && Object.hasOwn(differs, code))
      faults.push(`scripts/error-ways-out.json says that ${code} differs, and it does not`);
  }
  return faults;
}

const differingLines = (differs) => [
  '',
  '## Codes that differ',
  '',
  'Their status or fault depends on the section:',
  '',
  '| code | why |',
  '|---|---|',
  ...Object.entries(differs).map(([code, why]) => `| \`${code}\` | ${cell(why)} |`),
];

async function writeErrors() {
  const catalogues = await readCatalogues();
  const { sections, codes, differs } = JSON.parse(await readFile(join(root, 'scripts/error-ways-out.json'), 'utf8'));
  const faults = [];
  const used = new Set();
  const wayOut = (owner, code) => {
    const key = [`${owner}/${code}`, code].find((each) => Object.hasOwn(codes, each));
    if (key === undefined) faults.push(`scripts/error-ways-out.json has no text for ${owner}/${code}`);
    else used.add(key);
    return key === undefined ? '' : codes[key];
  };
  for (const owner of Object.keys(catalogues))
    if (!Object.hasOwn(sections, owner))
      faults.push(`scripts/error-ways-out.json has no section for the errors of ${owner}`);

  const lines = [
    '# Errors',
    '',
    'Written by `npm run docs` out of the error catalogues; change those, or `scripts/error-ways-out.json`.',
    '',
    'What stands here is for when something is wrong: look for the code that you were shown. ' +
      'It leads to the cause (`title`) and to what to do (`way out`).',
    '',
    'The API answers errors as `application/problem+json` (RFC 9457):',
    '',
    '- `code` is stable: programs may rely on it.',
    '- `detail` says what happened, with the value and the limit, and what to do.',
    '- `errors` lists every fault of an input as `{ pointer, code, detail }`.',
    '- `request_id` finds the request in the log.',
    '',
    'In plugin code a rejected call has the same code as `error.code`. `fault` says whose fault it is: `plugin` ' +
      '(its developer fixes it), `caller` (send something else),',
    '`limit` (do less), `policy` (somebody has to allow it), `platform` (tell the operator). A code means the same ' +
      'in every section; [one table](#codes-that-differ) lists',
    'those whose status or fault depends on the section.',
  ];
  for (const [owner, intro] of Object.entries(sections)) {
    const kinds = catalogues[owner];
    if (kinds === undefined) {
      faults.push(`scripts/error-ways-out.json has a section for ${owner}, which declares no errors`);
      continue;
    }
    lines.push(
      '',
      `## ${owner}`,
      '',
      intro,
      '',
      '| code | status | fault | title | way out |',
      '|---|---|---|---|---|',
    );
    for (const [code, { status, fault, title }] of Object.entries(kinds)) {
      lines.push(`| \`${code}\` | ${status} | ${fault} | ${cell(title)} | ${cell(wayOut(owner, code))} |`);
    }
  }
  lines.push(...(await cliLines()), ...differingLines(differs), ...inputFaultLines);
  faults.push(...differenceFaults(catalogues, differs));
  for (const key of Object.keys(codes))
    if (!used.has(key)) faults.push(`scripts/error-ways-out.json has a text for ${key}, which is no error`);
  return { path: 'docs/errors.md', text: `${lines.join('\n')}\n`, faults };
}

/** A JSON Schema as people read types. Bounds and patterns are left to the detail of the error. */
function typeText(schema) {
  const {
    type,
    anyOf,
    oneOf,
    allOf,
    enum: values,
    items,
    prefixItems,
    properties,
    additionalProperties,
    required = [],
  } = schema;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (values) return values.map((value) => JSON.stringify(value)).join(' | ');
  const choices = anyOf ?? oneOf;
  if (choices) return [...new Set(choices.map(typeText))].join(' | ');
  if (allOf) return allOf.map(typeText).join(' & ');
  if (prefixItems) return `[${prefixItems.map(typeText).join(', ')}]`;
  if (type === 'array')
    return /[ |]/.test(typeText(items ?? {})) ? `(${typeText(items ?? {})})[]` : `${typeText(items ?? {})}[]`;
  if (properties) {
    const names = Object.entries(properties).map(
      ([name, each]) =>
        `${name}${required.includes(name) ? '' : '?'}: ` +
        `${typeText(each).replace(/ \| null$/, required.includes(name) ? '$&' : '')}`,
    );
    return `{ ${names.join(', ')} }`;
  }
  if (type === 'object')
    return additionalProperties &&
      typeof additionalProperties === 'object' &&
      Object.keys(additionalProperties).length > 0
      ? `{ [name]: ${typeText(additionalProperties)} }`
      : 'object';
  return type === undefined ? 'JSON' : [type].flat().join(' | ');
}

/** Arguments behind the first that may be left out are marked with `?`. */
function argsText({ prefixItems = [] }) {
  const isOptional = (schema) => schema.anyOf?.some(({ type }) => type === 'null') ?? false;
  return prefixItems
    .map((schema) => (isOptional(schema) ? `${typeText(schema).replace(/ \| null$/, '')}?` : typeText(schema)))
    .join(', ');
}

const bytesText = (bytes) =>
  bytes % 1_048_576 === 0
    ? `${bytes / 1_048_576} MiB`
    : bytes >= 1_048_576
      ? `${(bytes / 1_048_576).toFixed(1)} MiB`
      : `${Math.round(bytes / 1024)} KiB`;

async function writeHostApi() {
  const { hostCallReference, methodsNeeding, permissionNames, permissionTexts } =
    await load('libs/host-api/dist/index.js');
  const lines = [
    '# Host calls',
    '',
    'Written by `npm run docs` out of the table in `libs/host-api/src/calls/`; change that.',
    '',
    'Everything that plugin code can ask of the platform. The example of each call shows how plugin code writes it. ' +
      'The line below the example shows arguments and answer',
    'as JSON, as they leave and enter the sandbox (`{ $bytes }` is base64).',
    '',
    'Every call returns a promise. A call that fails rejects with an `Error` that has a `code` ' +
      '([errors.md](errors.md)). Every call can fail with `PERMISSION_DENIED`,',
    '`INVALID_ARGUMENTS`, `PAYLOAD_TOO_LARGE`, `RATE_LIMITED` and `NOT_AVAILABLE`.',
    '',
    '## Permissions',
    '',
    '| permission | what an admin reads | risk | opens |',
    '|---|---|---|---|',
  ];
  for (const name of permissionNames) {
    const { title, detail, risk } = permissionTexts[name];
    lines.push(
      `| \`${name}\` | **${cell(title)}.** ${cell(detail)} | ${risk} | ${methodsNeeding(name)
        .map((method) => `\`ctx.${method}\``)
        .join(' ')} |`,
    );
  }
  lines.push('', '## Calls');
  for (const {
    name,
    doc,
    example,
    permission,
    meter,
    max_args_bytes,
    max_result_bytes,
    args,
    result,
  } of hostCallReference()) {
    const facts = [
      permission === null ? 'needs no permission' : `needs \`${permission}\``,
      ...(meter === null ? [] : [`counted as ${meter.replaceAll('_', ' ')}`]),
      `arguments up to ${bytesText(max_args_bytes)}`,
      `answer up to ${bytesText(max_result_bytes)}`,
    ];
    lines.push(
      '',
      `### ctx.${name}`,
      '',
      doc,
      '',
      '```ts',
      example,
      '```',
      '',
      `\`(${argsText(args)}) → ${typeText(result)}\``,
      '',
      `${facts.join(' · ')}`,
    );
  }
  return { path: 'docs/host-api.md', text: `${lines.join('\n')}\n`, faults: [] };
}

/** A number of the catalogue, with its unit where that is not in the limit's name. */
const amountText = (value, unit) => {
  if (unit === 'bytes') {
    if (value >= 1024 ** 3 && value % 1024 ** 3 === 0) return `${value / 1024 ** 3} GiB`;
    return value >= 1_048_576 ? `${value / 1_048_576} MiB` : value >= 1024 ? `${value / 1024} KiB` : String(value);
  }
  return `${value.toLocaleString('en-US')}${{ ms: ' ms', MiB: ' MiB' }[unit] ?? ''}`;
};

/** One number, or one for each kind of run that differs. */
const byKindText = (value, unit) =>
  typeof value === 'number'
    ? amountText(value, unit)
    : [
        amountText(value.other, unit),
        ...Object.entries(value)
          .filter(([kind]) => kind !== 'other')
          .map(([kind, each]) => `${kind} ${amountText(each, unit)}`),
      ].join('; ');

function runLimitLines({ limitWireName, kindsOf, runKinds, runLimits }) {
  const lines = [
    '## A run',
    '',
    'A run shows, under these names, each limit and how much of it was used. An error names the limit that was hit. ' +
      'A manifest can change two of them, up to the ceiling:',
    '`limits.memory_mb`, and `limits.timeout_ms` (for a job, its own `timeout_ms`).',
    '',
    'Operators change them with `ANNEX_LIMITS`, a JSON object by these names. A value is a number for every kind of ' +
      'run, or an object with a number for each kind:',
    '',
    '```sh',
    `ANNEX_LIMITS='{"wall_ms": {"route": 20000, "job": 60000}, "memory_mb": 200, "http_calls": 100}'`,
    '```',
    '',
    '- For `wall_ms` and `memory_mb` the value is the ceiling: the most that a manifest may ask for. A plugin that ' +
      'asks for nothing keeps the default, or the ceiling where that',
    '  is lower. For every other limit the value is the limit itself.',
    '- A package that asks for more than the ceiling is refused at upload. A plugin that was installed before ' +
      'runs with the ceiling.',
    '- A value outside of “operators may set” is refused at start, because the sandbox could not keep it.',
    '- Give all processes the same value: each applies its own.',
    '',
    '| limit | what | kinds of run | default | ceiling | operators may set | error |',
    '|---|---|---|---|---|---|---|',
  ];
  for (const [name, row] of Object.entries(runLimits)) {
    const { unit, what, code, operator, kinds } = row;
    const ofManifest = name === 'wallMs' || name === 'memoryMb';
    const settable =
      'fixed' in operator
        ? `no: ${operator.fixed}`
        : `${amountText(operator.least, unit)} to ` +
          `${byKindText(operator.most, unit)}${operator.sameForAll ? ', one number for all kinds' : ''}`;
    lines.push(
      `| \`${limitWireName(name)}\` | ${what} | ` +
        `${kinds === undefined ? 'all' : kindsText(kindsOf(name), runKinds)} | ${byKindText(row.default, unit)} | ` +
        `${ofManifest ? byKindText(row.ceiling ?? row.default, unit) : ''} | ${settable} | \`${code}\` |`,
    );
  }
  return lines;
}

/** A limit that holds for everybody, by the unit in its name. */
function fixedText(name, value) {
  if (typeof value === 'object') return `${value.points} in ${timeText(value.duration * 1000)}`;
  if (/bytes/i.test(name)) return amountText(value, 'bytes');
  if (name.endsWith('Ms')) return timeText(value);
  if (/[a-z]S$/.test(name)) return timeText(value * 1000);
  if (name.endsWith('Days')) return `${value} days`;
  if (name.endsWith('Mb')) return amountText(value, 'MiB');
  if (/chars$/i.test(name)) return `${value.toLocaleString('en-US')} characters`;
  return value.toLocaleString('en-US');
}

/** The largest unit in which a time is a whole number. */
function timeText(ms) {
  const [unit, size] = [
    ['days', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ].find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  const count = ms / size;
  return unit === 'days' && count === 1 ? '24 h' : `${count.toLocaleString('en-US')} ${unit}`;
}

/** One table a group; the first sentence of the group's docstring is its title. */
function groupLines({ name, text, members }, values) {
  const [, title, rest] = /^(.*?[^.…])[.;](?: (.*))?$/.exec(text) ?? [undefined, text, undefined];
  return [
    '',
    `### ${title}`,
    '',
    ...(rest ? [`${rest[0].toUpperCase()}${rest.slice(1)}`, ''] : []),
    `| \`${name}\` | limit | what |`,
    '|---|---|---|',
    ...members.map((member) => {
      const what = member.text.replace(/\.$/, '');
      return `| \`${member.name}\` | ${fixedText(member.name, values[member.name])} | ${cell(what)} |`;
    }),
  ];
}

async function writeLimits() {
  const limits = await load('libs/limits/dist/index.js');
  const { jsonLimits } = await load('libs/kernel/dist/index.js');
  const values = { ...limits, jsonLimits };
  const lines = [
    '# Limits',
    '',
    'Written by `npm run docs` out of the catalogue in `libs/limits/src/`; change that.',
    '',
    '[A run](#a-run) lists what bounds one run; a manifest or the operator may change most of it. ' +
      '[Everything else](#everything-else) lists the sizes and counts beside it.',
    'How much a tenant may keep are quotas: `GET /api/usage` shows them, and ' +
      '[configuration.md](configuration.md) tells how an operator sets them.',
    '',
    ...runLimitLines(limits),
    '',
    '## Everything else',
    '',
    'These hold for everybody. Where the operator may set another, [configuration.md](configuration.md) names the ' +
      'setting. The names are those of the code, in `libs/limits/src/groups/`.',
    ...readLimitGroups(root).flatMap((group) => groupLines(group, values[group.name])),
  ];
  return { path: 'docs/limits.md', text: `${lines.join('\n')}\n`, faults: [] };
}

/** Kinds of run, or those that are left out when these are fewer. */
const kindsText = (kinds, all) => {
  const others = all.filter((kind) => !kinds.includes(kind));
  return others.length < kinds.length ? `all but ${others.join(', ')}` : kinds.join(', ');
};

async function writeManifestSchema() {
  const { manifestJsonSchema } = await load('libs/manifest/dist/index.js');
  return {
    path: 'libs/sdk/plugin.schema.json',
    text: `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`,
    faults: [],
  };
}

const faults = [];
for (const { path, text, faults: found } of [
  await writeErrors(),
  await writeHostApi(),
  await writeLimits(),
  await writeManifestSchema(),
]) {
  faults.push(...found);
  const file = join(root, path);
  const known = existsSync(file) ? await readFile(file, 'utf8') : undefined;
  if (known === text) continue;
  if (check) faults.push(`${path} differs from the code; run npm run docs`);
  else {
    await writeFile(file, text);
    console.log(`wrote ${path}`);
  }
}
for (const fault of faults) console.error(fault);
// Importing every library may have opened handles; nothing here is left to wait for.
process.exit(faults.length > 0 ? 1 : 0);
