// Renders deploy/helm/annex as `helm template` does, as far as that chart goes: the part of Go's templates and of
// Helm's functions that it uses, and nothing else. Whatever it does not know is an error, so a chart that renders here
// stays within what is looked at. `node scripts/render-chart.mjs [values.yaml]` prints the result.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parse, parseAllDocuments, stringify } from 'yaml';

export const chartFolder = fileURLToPath(new URL('../deploy/helm/annex/', import.meta.url));

/** The manifests of the chart by file, with values over its own. */
export function renderChart(values = {}, release = 'annex') {
  const chart = parse(readFileSync(join(chartFolder, 'Chart.yaml'), 'utf8'));
  const own = parse(readFileSync(join(chartFolder, 'values.yaml'), 'utf8'));
  const root = {
    Values: merge(own, values),
    Chart: { Name: chart.name, Version: chart.version, AppVersion: chart.appVersion },
    Release: { Name: release, Service: 'Helm' },
  };
  const folder = join(chartFolder, 'templates');
  const names = readdirSync(folder).sort();
  const defined = new Map();
  const parsed = new Map(names.map((name) => [name, parseTemplate(readFileSync(join(folder, name), 'utf8'), name)]));
  for (const nodes of parsed.values())
    for (const node of nodes) if (node.kind === 'define') defined.set(node.name, node);
  return new Map(
    names
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => [name, render(parsed.get(name), { dot: root, vars: { $: root }, defined })]),
  );
}

/** Every object of what was rendered; throws where it is no YAML. */
export function objectsOf(rendered) {
  return [...rendered].flatMap(([name, text]) =>
    parseAllDocuments(text).flatMap((document) => {
      if (document.errors.length > 0) throw new Error(`${name}: ${document.errors[0].message}\n${text}`);
      return document.toJS() ?? [];
    }),
  );
}

function merge(one, other) {
  if (!isMap(one) || !isMap(other)) return other;
  return Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((key) => [
      key,
      key in other ? (key in one ? merge(one[key], other[key]) : other[key]) : one[key],
    ]),
  );
}

const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A tree of texts and actions. */
function parseTemplate(text, file) {
  const tokens = [];
  let at = 0;
  for (const match of text.matchAll(/\{\{(-?)((?:\s*\/\*[\s\S]*?\*\/\s*)|[\s\S]*?)(-?)\}\}/g)) {
    tokens.push({ text: text.slice(at, match.index) });
    if (match[1]) tokens.at(-1).text = tokens.at(-1).text.trimEnd();
    tokens.push({ action: match[2].trim(), eats: match[3] === '-' });
    at = match.index + match[0].length;
  }
  tokens.push({ text: text.slice(at) });
  for (const [index, token] of tokens.entries())
    if (token.eats) tokens[index + 1].text = tokens[index + 1].text.trimStart();
  const root = { nodes: [] };
  const open = [root];
  const add = (node) => open.at(-1).nodes.push(node);
  for (const { text: plain, action } of tokens) {
    if (action === undefined) {
      add({ kind: 'text', text: plain });
      continue;
    }
    if (action.startsWith('/*')) continue;
    const [, word, rest = ''] = /^(if|with|range|define|else if|else|end)\b\s*([\s\S]*)$/.exec(action) ?? [];
    if (word === 'end') {
      if (open.length === 1) throw new Error(`${file}: an end too many`);
      open.pop();
      while (open.at(-1).kind === 'branch') open.pop();
    } else if (word === 'else' || word === 'else if') {
      const branch = { kind: 'branch', nodes: [] };
      const from = open.pop();
      from.otherwise = branch.nodes;
      open.push(branch);
      if (word === 'else if') {
        const nested = { kind: 'if', expression: parseExpression(rest, file), nodes: [] };
        add(nested);
        open.push(nested);
      }
    } else if (word === 'define') {
      const node = { kind: 'define', name: JSON.parse(rest), nodes: [] };
      add(node);
      open.push(node);
    } else if (word !== undefined) {
      const [, key, value, expression] = /^(?:\$(\w+), \$(\w+) := )?([\s\S]*)$/.exec(rest);
      const node = { kind: word, key, value, expression: parseExpression(expression, file), nodes: [] };
      add(node);
      open.push(node);
    } else add({ kind: 'print', expression: parseExpression(action, file) });
  }
  if (open.length > 1) throw new Error(`${file}: an end is missing`);
  return root.nodes;
}

/** A pipeline: a list of commands, each a list of terms. */
function parseExpression(text, file) {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[()|]|[^\s()|"]+/g) ?? [];
  let at = 0;
  const pipeline = () => {
    const commands = [[]];
    while (at < tokens.length && tokens[at] !== ')') {
      const token = tokens[at];
      at += 1;
      if (token === '|') commands.push([]);
      else if (token === '(') {
        commands.at(-1).push({ pipeline: pipeline() });
        if (tokens[at] !== ')') throw new Error(`${file}: a bracket is open in ${text}`);
        at += 1;
      } else commands.at(-1).push({ token });
    }
    return commands;
  };
  const parsed = pipeline();
  if (at < tokens.length) throw new Error(`${file}: cannot read ${text}`);
  return parsed;
}

const isTrue = (value) =>
  Array.isArray(value) ? value.length > 0 : isMap(value) ? Object.keys(value).length > 0 : Boolean(value);

const indent = (spaces, text) =>
  text
    .split('\n')
    .map((line) => (line === '' ? line : ' '.repeat(spaces) + line))
    .join('\n');

const functions = {
  quote: (value) => JSON.stringify(String(value)),
  default: (other, value) => (isTrue(value) ? value : other),
  printf: (format, ...values) => format.replaceAll('%s', () => String(values.shift())),
  trunc: (length, text) => text.slice(0, length),
  trimSuffix: (suffix, text) => (text.endsWith(suffix) ? text.slice(0, -suffix.length) : text),
  contains: (part, text) => text.includes(part),
  toString: (value) => String(value),
  eq: (one, other) => one === other,
  ne: (one, other) => one !== other,
  not: (value) => !isTrue(value),
  ternary: (yes, no, value) => (value ? yes : no),
  toYaml: (value) => stringify(value, { lineWidth: 0 }).trimEnd(),
  nindent: (spaces, text) => `\n${indent(spaces, text)}`,
  dict: (...pairs) =>
    Object.fromEntries(pairs.flatMap((_, index) => (index % 2 ? [] : [[pairs[index], pairs[index + 1]]]))),
};

function evaluate(pipeline, scope) {
  let piped;
  for (const [index, command] of pipeline.entries()) {
    const [head, ...rest] = command;
    const values = [...rest.map((term) => valueOf(term, scope)), ...(index > 0 ? [piped] : [])];
    const name = head.token;
    if (name === 'include')
      piped = render(scope.defined.get(values[0]).nodes, { ...scope, dot: values[1], vars: { $: values[1] } });
    else if (name in functions) piped = functions[name](...values);
    else if (values.length > 0) throw new Error(`there is no function ${name ?? '(…)'}`);
    else piped = valueOf(head, scope);
  }
  return piped;
}

function valueOf({ token, pipeline }, scope) {
  if (pipeline) return evaluate(pipeline, scope);
  if (token.startsWith('"')) return JSON.parse(token);
  if (/^-?\d+$/.test(token)) return Number(token);
  if (token === 'true' || token === 'false') return token === 'true';
  const [, variable, path] = /^(\$\w*)?((?:\.\w+)*|\.)$/.exec(token) ?? [];
  if (path === undefined) throw new Error(`cannot read ${token}`);
  let value = variable === undefined ? scope.dot : scope.vars[variable];
  for (const key of path.split('.').filter(Boolean)) {
    if (!isMap(value)) throw new Error(`${token}: there is no ${key}`);
    value = value[key];
  }
  return value;
}

function render(nodes, scope) {
  return nodes.map((node) => renderNode(node, scope)).join('');
}

function renderNode(node, scope) {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'define') return '';
  const value = evaluate(node.expression, scope);
  if (node.kind === 'print') {
    if (value === undefined || value === null) throw new Error(`nothing to print: ${JSON.stringify(node.expression)}`);
    return String(value);
  }
  if (!isTrue(value)) return render(node.otherwise ?? [], scope);
  if (node.kind === 'if') return render(node.nodes, scope);
  if (node.kind === 'with') return render(node.nodes, { ...scope, dot: value });
  return Object.entries(value)
    .map(([key, each]) => {
      const vars =
        node.key === undefined ? scope.vars : { ...scope.vars, [`$${node.key}`]: key, [`$${node.value}`]: each };
      return render(node.nodes, { ...scope, dot: each, vars });
    })
    .join('');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , file] = process.argv;
  const rendered = renderChart(file === undefined ? {} : parse(readFileSync(file, 'utf8')));
  for (const [name, text] of rendered) if (text.trim() !== '') process.stdout.write(`---\n# ${name}\n${text.trim()}\n`);
}
