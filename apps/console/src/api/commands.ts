import { describeCall, type Input, type Name } from '@annex/client';

/** A call as a line for curl. The token stays a variable: nothing secret is copied. */
export function curlOf<N extends Name>(name: N, input: Input<N>, tenant: string | undefined): string {
  const { method, path, body, sends } = describeCall(name, input);
  const parts = [
    `curl -sS${method === 'GET' ? '' : ` -X ${method}`} '${location.origin}${path}'`,
    `-H "Authorization: Bearer $ANNEX_TOKEN"`,
    ...(tenant === undefined ? [] : [`-H 'X-Tenant-Slug: ${tenant}'`]),
    ...bodyParts(masked(body), sends),
  ];
  return parts.join(' \\\n  ');
}

const secretFields = /^(value|secret|token|password|current_password|new_password)$/;

/** What must not be copied about is left for the reader to fill in. */
function masked(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([field, value]) => [field, secretFields.test(field) ? '…' : value]),
  );
}

function bodyParts(body: unknown, sends: 'json' | 'form' | 'bytes'): string[] {
  if (body === undefined) return [];
  if (sends === 'json') return [`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(body))}`];
  if (sends === 'bytes') return ['--data-binary @FILE'];
  return Object.entries(body as Record<string, unknown>).map(([field, value]) =>
    value instanceof Blob ? `-F '${field}=@plugin.zip'` : `-F ${quote(`${field}=${String(value)}`)}`,
  );
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Filters of a screen as options of the command line; those that it has no option for are left out. */
export function flagsOf(filters: Record<string, string | undefined>): string {
  const options: Record<string, string> = {
    plugin: '--plugin',
    kind: '--kind',
    status: '--status',
    span: '--since',
    q: '--search',
  };
  return Object.entries(filters)
    .flatMap(([name, value]) => (value !== undefined && options[name] ? [`${options[name]} ${wordOf(value)}`] : []))
    .join(' ');
}

/** Fills words of a command line in, each quoted where a shell needs it. */
export function cli(strings: TemplateStringsArray, ...words: string[]): string {
  return strings.reduce((line, part, index) => `${line}${wordOf(words[index - 1] ?? '')}${part}`);
}

function wordOf(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quote(word);
}
