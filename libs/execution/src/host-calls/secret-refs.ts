/**
 * Replaces the placeholders of `ctx.secrets.ref` in an outbound request, outside the sandbox. A placeholder carries a
 * token that only this process and the plugin's own code know, so text that came from elsewhere (`{{secret:API_KEY}}`
 * in a form that the plugin passes on) stays text. Everything is decided before anything is sent: each name must be
 * declared and set, and the host must be one of the secret's.
 */
import { secretMayGoTo } from '@annex/host-api';
import { quote } from '@annex/kernel';
import { httpLimits } from '@annex/limits';
import { outcomeErrors } from '@annex/runs';
import { executionErrors } from '../errors.js';
import type { SecretsPort } from './ports.js';
import type { RunIdentity } from './run-identity.js';

/** The parts of a request that may hold placeholders. */
export interface Fillable {
  url: string;
  headers: [string, string][];
  body: string | Uint8Array | null;
}

/** A request that may be sent. */
export interface Filled {
  request: Fillable;
  /** Whether anything was replaced; such a request follows no redirect to another origin. */
  carriesSecret: boolean;
  /** Puts the placeholders back into the URL that answered. */
  hide(url: string): string;
}

type Encode = (value: string) => string;

/**
 * Replaces placeholders in the URL's path and query (percent-encoded), in header values, in Basic credentials before
 * they are encoded, and in a text body (escaped as its content type wants). Throws `PERMISSION_DENIED`,
 * `SECRET_NOT_SET`, `SECRET_HOST_NOT_ALLOWED`,
 * `SECRET_REF_INVALID`, `SECRET_REF_LIMIT`; then nothing is sent.
 */
export async function fillSecretRefs(
  request: Fillable,
  { identity, secrets }: { identity: RunIdentity; secrets: Pick<SecretsPort, 'readForRef'> },
): Promise<Filled> {
  const { refToken: token, tenantId, installationId, secrets: declared } = identity.snapshot;
  const { body } = request;
  const headers = request.headers.map(([name, value]) => ({ name, value, basic: basicCredentials(name, value) }));
  const texts = [
    request.url,
    ...headers.flatMap(({ name, value, basic }) => [name, basic ?? value]),
    typeof body === 'string' ? body : '',
  ];
  refuseInBytes(body, token);
  if (!texts.some((text) => text.includes(token))) return { request, carriesSecret: false, hide: (url) => url };

  const target = URL.parse(request.url);
  // Egress says what is wrong with a URL that cannot be read; it sends nothing.
  if (target === null) return { request, carriesSecret: true, hide: (url) => url };
  const names = texts.flatMap((text) => readRefs(text, token).map(({ name }) => name));
  if (names.length > httpLimits.secretPlaces) throw tooManyRefs();
  const values = await readAllowed([...new Set(names)], target, {
    identity,
    known: () => secrets.readForRef(tenantId, installationId, declared),
  });
  const fill = (text: string, encode: Encode): string => {
    let filled = '';
    let end = 0;
    for (const ref of readRefs(text, token)) {
      filled += text.slice(end, ref.start) + encode(values.get(ref.name) ?? '');
      end = ref.end;
    }
    return filled + text.slice(end);
  };
  const url = new URL(target);
  url.hash = '';
  const filled: Fillable = {
    url: `${fill(url.origin, plain)}${fill(`${url.pathname}${url.search}`, encodeURIComponent)}`,
    headers: headers.map(({ name, value, basic }) => [
      fill(name, refuse),
      basic === undefined ? fill(value, plain) : `Basic ${Buffer.from(fill(basic, plain)).toString('base64')}`,
    ]),
    body: typeof body === 'string' ? fill(body, bodyEncoding(request.headers)) : body,
  };
  // "." and ".." are taken for steps of the path, encoded or not.
  if (URL.parse(filled.url)?.pathname.split('/').length !== url.pathname.split('/').length) {
    throw executionErrors.error(
      'SECRET_REF_INVALID',
      'A secret in the path of the URL is "." or "..", which would lead to another path. Nothing was sent; an ' +
        'admin corrects the secret.',
    );
  }
  for (const value of values.values()) await identity.sawSecret(value);
  const hide = (answered: string): string => {
    let text = answered;
    for (const [name, value] of values) text = text.replaceAll(encodeURIComponent(value), `{{secret:${name}}}`);
    return text;
  };
  return { request: filled, carriesSecret: true, hide };
}

interface Reading {
  identity: RunIdentity;
  known: () => Promise<ReadonlyMap<string, { value: string; allowedHosts: readonly string[] }>>;
}

/** The values of the names, once every one of them may go to the host. */
async function readAllowed(
  names: readonly string[],
  target: URL,
  { identity, known }: Reading,
): Promise<Map<string, string>> {
  for (const name of names) {
    if (identity.snapshot.secrets.includes(name)) continue;
    throw outcomeErrors.error(
      'PERMISSION_DENIED',
      `The manifest does not name the secret ${quote(name)}, so this plugin may not send it. Add it to the ` +
        `manifest's secrets.`,
    );
  }
  const secrets = await known();
  const values = new Map<string, string>();
  for (const name of names) {
    const secret = secrets.get(name);
    if (secret === undefined)
      throw executionErrors.error(
        'SECRET_NOT_SET',
        `The secret ${quote(name)} has no value yet, so nothing was sent. An admin sets it with PUT ` +
          `/api/plugins/${identity.snapshot.slug}/secrets/${name}.`,
      );
    if (!secretMayGoTo(secret.allowedHosts, target)) {
      throw executionErrors.error(
        'SECRET_HOST_NOT_ALLOWED',
        `The secret ${quote(name)} may be sent to ${secret.allowedHosts.map((host) => quote(host)).join(', ')} ` +
          `only, not to ${quote(target.host)}; nothing was sent. An admin changes its allowed_hosts.`,
      );
    }
    values.set(name, secret.value);
  }
  for (const name of values.keys()) identity.usedSecret(name);
  return values;
}

interface Ref {
  name: string;
  start: number;
  end: number;
}

/** What stands before the token of a placeholder, and after it. */
const before = /(?:\{\{|%7B%7B)secret(?::|%3A)([^{}]{1,200}?)(?::|%3A)$/i;
const after = /^(?:\}\}|%7D%7D)/i;

/**
 * The placeholders of a text, found by their token, so that a body of megabytes is looked through once and no
 * expression is tried at each of its places. Throws `SECRET_REF_INVALID` for a token that stands in none, and
 * `SECRET_REF_LIMIT`.
 */
function readRefs(text: string, token: string): Ref[] {
  const found: Ref[] = [];
  for (let at = text.indexOf(token); at >= 0; at = text.indexOf(token, at + token.length)) {
    if (found.length >= httpLimits.secretPlaces) throw tooManyRefs();
    const head = before.exec(text.slice(Math.max(found.at(-1)?.end ?? 0, at - 260), at));
    const tail = after.exec(text.slice(at + token.length, at + token.length + 6));
    if (!head || !tail) {
      throw executionErrors.error(
        'SECRET_REF_INVALID',
        'A placeholder of secrets.ref was cut, changed or put where none is replaced. It may stand whole in the ' +
          'path or query of the URL, in a header’s value, and in a body of text.',
      );
    }
    found.push({ name: decoded(head[1] ?? ''), start: at - head[0].length, end: at + token.length + tail[0].length });
  }
  return found;
}

function tooManyRefs(): Error {
  return executionErrors.error(
    'SECRET_REF_LIMIT',
    `The request holds more than ${httpLimits.secretPlaces} placeholders of secrets, which is the limit. Send ` +
      'each secret once.',
  );
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/**
 * The credentials of `Authorization: Basic …` as they are before base64, so that `user:` + a placeholder can be encoded
 * by the plugin.
 */
function basicCredentials(name: string, value: string): string | undefined {
  const encoded = name.toLowerCase() === 'authorization' ? /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(value)?.[1] : undefined;
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

function bodyEncoding(headers: readonly (readonly [string, string])[]): Encode {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1].toLowerCase() ?? '';
  if (/^[^;]*[/+]json\s*(;|$)/.test(type)) return (value) => JSON.stringify(value).slice(1, -1);
  return type.startsWith('application/x-www-form-urlencoded') ? encodeURIComponent : plain;
}

function plain(value: string): string {
  return value;
}

function refuse(): never {
  throw executionErrors.error(
    'SECRET_REF_INVALID',
    'A placeholder of secrets.ref stands in the name of a header. Put it into the value.',
  );
}

function refuseInBytes(body: string | Uint8Array | null, token: string): void {
  if (
    body === null ||
    typeof body === 'string' ||
    !Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(token)
  )
    return;
  throw executionErrors.error(
    'SECRET_REF_INVALID',
    'A placeholder of secrets.ref stands in a body of bytes, where none is replaced. Send the body as text.',
  );
}
