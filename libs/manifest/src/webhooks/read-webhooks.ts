/**
 * `webhooks/*.yaml` of a package: shape, meaning, and where the placeholders stand.
 */
import { eventPatternFault } from '@annex/events';
import { coversHost } from '@annex/host-api';
import { didYouMean, isJsonObject, jsonPointer, quote, type InputFault, type JsonObject } from '@annex/kernel';
import { packageWebhookLimits } from '@annex/limits';
import { z } from 'zod';
import type { ManifestRetry } from '../schema/manifest.js';
import { retry } from '../schema/shape.js';
import { readYaml } from '../schema/read-yaml.js';
import { shapeFaults } from '../schema/shape-faults.js';
import type { PackageFiles } from '../zip/read-package.js';
import type { ScriptRef, WebhookDefinition } from './definition.js';
import { placeholdersOf } from './placeholders.js';

const scriptNames = /\.(ts|mts|js|mjs|py)$/;

const script = z.strictObject({
  language: z
    .enum(['javascript', 'typescript', 'python'])
    .describe('the language of the file')
    .meta({ examples: ['javascript'] })
    .optional(),
  entry: z
    .string()
    .min(1)
    .max(512)
    .describe('a file of the package and the name that it exports')
    .meta({ examples: ['transforms/build.ts#transform'] }),
});
const shape = z.strictObject({
  api_version: z
    .literal('v1')
    .describe('the version of this format')
    .meta({ examples: ['v1'] }),
  description: z
    .string()
    .max(500)
    .describe('what it is for')
    .meta({ examples: ['Tells the chat about builds'] })
    .optional(),
  on: z
    .array(
      z
        .string()
        .max(200)
        .describe('an event name or pattern')
        .meta({ examples: ['build.completed'] }),
    )
    .max(50)
    .describe('the events that it sends')
    .meta({ examples: [['build.completed']] })
    .optional(),
  delivery: z
    .strictObject({
      url: z
        .string()
        .min(1)
        .max(2048)
        .describe('where to send it')
        .meta({ examples: ['${SECRET:WEBHOOK_URL}'] }),
      headers: z
        .record(z.string(), z.union([z.string().max(8192), z.number(), z.boolean()]))
        .describe('further header fields')
        .meta({ examples: [{ 'X-Source': 'annex' }] })
        .optional(),
      signing: z
        .strictObject({
          alg: z
            .enum(['HMAC-SHA256'])
            .describe('the algorithm')
            .meta({ examples: ['HMAC-SHA256'] })
            .optional(),
          secret: z
            .string()
            .min(1)
            .max(2048)
            .describe('the key')
            .meta({ examples: ['${SECRET:WEBHOOK_SIGNING_KEY}'] }),
        })
        .describe('how deliveries are signed')
        .meta({ examples: [{ alg: 'HMAC-SHA256', secret: '${SECRET:WEBHOOK_SIGNING_KEY}' }] })
        .optional(),
    })
    .describe('where and how to send it')
    .meta({ examples: [{ url: '${SECRET:WEBHOOK_URL}' }] }),
  transform: script
    .describe('makes the body out of the event')
    .meta({ examples: [{ language: 'javascript', entry: 'transforms/build.ts#transform' }] })
    .optional(),
  post_transform: script
    .describe('looks at the answer')
    .meta({ examples: [{ entry: 'transforms/build.ts#after' }] })
    .optional(),
  retry: retry
    .describe('what happens after a failed attempt')
    .meta({ examples: [{ max_attempts: 6 }] })
    .optional(),
});
type Source = z.infer<typeof shape>;
const jsonSchema = (): Record<string, unknown> =>
  (cachedSchema ??= z.toJSONSchema(shape, { unrepresentable: 'any' }) as Record<string, unknown>);
let cachedSchema: Record<string, unknown> | undefined;

/** Fields that the delivery itself decides. */
const ownHeaders = new Set([
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'x-signature',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'accept-encoding',
  'expect',
  'te',
  'trailer',
  'upgrade',
]);

export interface WebhooksReading {
  webhooks: WebhookDefinition[];
  errors: InputFault[];
  warnings: InputFault[];
}

/** What is wrong with a header field that a webhook sends, or `undefined`. */
export function webhookHeaderFault(name: string, value: string): string | undefined {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/.test(name)) return `${quote(name)} is not the name of a header field.`;
  if (ownHeaders.has(name.toLowerCase())) return `${quote(name)} is set by the delivery itself; remove it.`;
  return /^[\t\x20-\x7e\x80-\xff]{0,8192}$/.test(value)
    ? undefined
    : 'has a line break, a control character, one outside Latin-1, or more than 8192 characters; encode it.';
}

/**
 * Reads every webhook of a package. `declaredSecrets`: names of the manifest, `allow`: its `http.allow`; `undefined`:
 * it is not sound, so what they decide is not judged.
 */
export function readWebhooks(
  files: PackageFiles,
  declaredSecrets: readonly string[] | undefined,
  allow?: readonly string[],
): WebhooksReading {
  const reading: WebhooksReading = { webhooks: [], errors: [], warnings: [] };
  const paths = [...files.keys()].filter((path) => path.startsWith('webhooks/') && /\.ya?ml$/i.test(path)).sort();
  if (paths.length > packageWebhookLimits.files)
    reading.errors.push({
      pointer: '/webhooks',
      code: 'WEBHOOK_COUNT',
      detail: `the package has ${paths.length} webhooks; at most ${packageWebhookLimits.files} are allowed.`,
    });
  for (const path of paths.slice(0, packageWebhookLimits.files)) {
    const file = path.slice('webhooks/'.length);
    const at = (...tokens: (string | number)[]): string => jsonPointer('webhooks', file, ...tokens);
    const name = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,62})\.yaml$/.exec(file)?.[1];
    if (name === undefined) {
      reading.errors.push({
        pointer: at(),
        code: 'WEBHOOK_NAME',
        detail:
          `${quote(path)} cannot name a webhook; write webhooks/<name>.yaml, the name 1 to 63 letters, digits, "_", ` +
          '"-" and ".".',
      });
      continue;
    }
    const tell = (fault: InputFault): InputFault => ({
      ...fault,
      pointer: at() + fault.pointer,
      detail: `${path}: ${fault.detail}`,
    });
    const one = readWebhook(files.get(path) ?? new Uint8Array(), { name, files, declaredSecrets, allow });
    reading.errors.push(...one.errors.map(tell));
    reading.warnings.push(...one.warnings.map(tell));
    if (one.webhook) reading.webhooks.push(one.webhook);
  }
  return reading;
}

interface Judgement {
  webhook?: WebhookDefinition;
  errors: InputFault[];
  warnings: InputFault[];
}

interface Package {
  name: string;
  files: PackageFiles;
  declaredSecrets: readonly string[] | undefined;
  allow: readonly string[] | undefined;
}

function readWebhook(bytes: Uint8Array, { name, files, declaredSecrets, allow }: Package): Judgement {
  const parsed = readYaml(bytes, {
    maxBytes: packageWebhookLimits.fileBytes,
    levels: packageWebhookLimits.levels,
    what: 'webhook',
  });
  if (!parsed.ok) return { errors: parsed.errors, warnings: [] };
  const { value } = parsed;
  const judged = judgeMeaning(value, files, declaredSecrets);
  const closed = isJsonObject(value['delivery']) ? closedHost(value['delivery']['url'], allow) : undefined;
  if (closed !== undefined) judged.errors.push({ pointer: '/delivery/url', code: 'HOST_NOT_ALLOWED', detail: closed });
  const reading = shape.safeParse(value);
  if (!reading.success) {
    const known = new Set(judged.errors.map(({ pointer }) => pointer));
    const ofShape = shapeFaults(reading.error.issues, value, { schema: jsonSchema(), name: 'a webhook' });
    return { ...judged, errors: [...ofShape.filter(({ pointer }) => !known.has(pointer)), ...judged.errors] };
  }
  return judged.errors.length > 0 ? judged : { ...judged, webhook: normalise(name, reading.data) };
}

function judgeMeaning(
  source: JsonObject,
  files: PackageFiles,
  declaredSecrets: readonly string[] | undefined,
): { errors: InputFault[]; warnings: InputFault[] } {
  const errors: InputFault[] = [];
  const warnings: InputFault[] = [];
  if (Array.isArray(source['on'])) {
    source['on'].forEach((pattern, index) => {
      const fault = typeof pattern === 'string' ? eventPatternFault(pattern, `/on/${index}`) : undefined;
      if (fault) errors.push(fault);
    });
  }
  const delivery = source['delivery'];
  if (isJsonObject(delivery)) judgeDelivery(delivery, declaredSecrets, errors, warnings);
  for (const key of ['transform', 'post_transform']) {
    const entry = isJsonObject(source[key]) ? source[key]['entry'] : undefined;
    const fault = typeof entry === 'string' && entry !== '' ? scriptFault(entry, files) : undefined;
    if (fault !== undefined) errors.push({ pointer: `/${key}/entry`, code: 'SCRIPT', detail: fault });
  }
  const pauses = pausesFault(source['retry']);
  if (pauses) errors.push(pauses);
  return { errors, warnings };
}

/** What is wrong with the placeholders of a text. */
export function placeholderFaults(
  text: unknown,
  pointer: string,
  declaredSecrets: readonly string[] | undefined,
): InputFault[] {
  if (typeof text !== 'string') return [];
  return placeholdersOf(text).flatMap((found): InputFault[] => {
    if (found.kind === 'unknown')
      return [
        {
          pointer,
          code: 'PLACEHOLDER',
          detail: `${quote(found.text)} is not known; write \${SECRET:NAME}, \${CONFIG:key:-default} or \${TENANT_ID}.`,
        },
      ];
    if (found.kind !== 'secret' || !declaredSecrets || declaredSecrets.includes(found.name)) return [];
    return [
      {
        pointer,
        code: 'SECRET_UNDECLARED',
        detail:
          `the manifest does not declare the secret ${quote(found.name)}; add it to "secrets" of ` +
          `plugin.json.${didYouMean(found.name, declaredSecrets)}`,
      },
    ];
  });
}

/** What is wrong with a URL that holds no placeholder, or `undefined`. */
export function plainUrlFault(url: unknown): string | undefined {
  if (typeof url !== 'string' || url === '' || placeholdersOf(url).length > 0) return undefined;
  const parsed = URL.parse(url);
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    return `${quote(url)} is not a URL that can be sent to; write one such as "https://example.com/hook".`;
  return parsed.username !== '' || parsed.password !== ''
    ? 'holds a user name or password; send them in a header.'
    : undefined;
}

/** The pauses of a policy that end before they begin. */
export function pausesFault(pauses: unknown): InputFault | undefined {
  const { initial_delay_s: first, max_delay_s: most } = (pauses ?? {}) as Record<string, unknown>;
  if (typeof first !== 'number' || typeof most !== 'number' || first <= most) return undefined;
  return {
    pointer: '/retry/max_delay_s',
    code: 'RANGE',
    detail: `${most} is less than initial_delay_s (${first}); write that or more.`,
  };
}

function judgeDelivery(
  delivery: JsonObject,
  declaredSecrets: readonly string[] | undefined,
  errors: InputFault[],
  warnings: InputFault[],
): void {
  const judgeText = (text: unknown, pointer: string): void => {
    errors.push(...placeholderFaults(text, pointer, declaredSecrets));
  };
  const { url, headers, signing } = delivery;
  judgeText(url, '/delivery/url');
  const wrong = plainUrlFault(url);
  if (wrong !== undefined) errors.push({ pointer: '/delivery/url', code: 'URL', detail: wrong });
  if (isJsonObject(headers)) {
    for (const [name, value] of Object.entries(headers)) {
      const pointer = jsonPointer('delivery', 'headers', name);
      const fault = webhookHeaderFault(name, String(value));
      if (fault !== undefined) errors.push({ pointer, code: 'HEADER', detail: fault });
      judgeText(value, pointer);
    }
    if (Object.keys(headers).length > 50)
      errors.push({
        pointer: '/delivery/headers',
        code: 'RANGE',
        detail: `has ${Object.keys(headers).length} header fields; at most 50 are allowed.`,
      });
  }
  if (isJsonObject(signing)) {
    judgeText(signing['secret'], '/delivery/signing/secret');
    if (
      typeof signing['secret'] === 'string' &&
      placeholdersOf(signing['secret']).some(({ kind }) => kind === 'setting')
    )
      errors.push({
        pointer: '/delivery/signing/secret',
        code: 'PLACEHOLDER',
        detail: 'a setting can be read by everybody who sees the plugin, so it is no key; write ${SECRET:NAME}.',
      });
    if (typeof signing['secret'] === 'string' && placeholdersOf(signing['secret']).length === 0) {
      warnings.push({
        pointer: '/delivery/signing/secret',
        code: 'SECRET_IN_PACKAGE',
        detail: 'stands in the package, where everybody who has it can read it; write ${SECRET:NAME}.',
      });
    }
  }
}

/**
 * A host that stands in the package has to be in `http.allow`, where the manifest has one. Ports are the operator's to
 * open.
 */
export function closedHost(text: unknown, allow: readonly string[] = []): string | undefined {
  const origin =
    typeof text === 'string' && allow.length > 0 ? /^https?:\/\/[^/?#]*/i.exec(text.trim())?.[0] : undefined;
  const host =
    origin === undefined || placeholdersOf(origin).length > 0
      ? undefined
      : URL.parse(origin)?.hostname.replace(/\.$/, '');
  if (host === undefined || allow.some((pattern) => coversHost(hostOf(pattern), host))) return undefined;
  return (
    `goes to ${quote(host)}, which http.allow of plugin.json does not open, so nothing would be sent; add "${host}" ` +
    'to http.allow.'
  );
}

/** A pattern's host in the spelling of URLs, without its port. */
function hostOf(pattern: string): string {
  const name = pattern.replace(/:\d{1,5}$/, '');
  return name.startsWith('*.') ? name : (URL.parse(`http://${name}/`)?.hostname.replace(/\.$/, '') ?? name);
}

/** What is wrong with the name of a function of a package, or `undefined`. */
export function scriptFault(entry: string, files: PackageFiles): string | undefined {
  const { path, export: name } = scriptRef(entry);
  if (!scriptNames.test(path))
    return `${quote(path)} is not a script; name a .ts, .js, .mjs or .py file such as "transforms/build.ts#transform".`;
  if (!files.has(path))
    return (
      `${quote(path)} is not in the ` +
      `package.${didYouMean(path, [...files.keys()].filter((each) => scriptNames.test(each)).slice(0, 200))}`
    );
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]{0,99}$/u.test(name))
    return `${quote(name)} is not a name that a file can export; write "${path}#transform".`;
  return undefined;
}

/** The file and the name of a function, as `file.ts#name` says. */
export function scriptRef(entry: string): { path: string; export: string } {
  const mark = entry.indexOf('#');
  const path = (mark < 0 ? entry : entry.slice(0, mark)).replace(/^(\.\/)+/, '').normalize('NFC');
  return { path, export: mark < 0 ? 'default' : entry.slice(mark + 1) };
}

function normalise(name: string, source: Source): WebhookDefinition {
  const refOf = (script: Source['transform']): ScriptRef | null =>
    script === undefined ? null : { ...scriptRef(script.entry), index: -1 };
  return {
    name,
    description: source.description ?? null,
    on: [...new Set(source.on ?? [])],
    url: source.delivery.url.trim(),
    headers: Object.fromEntries(
      Object.entries(source.delivery.headers ?? {}).map(([field, value]) => [field, String(value)]),
    ),
    signing: source.delivery.signing === undefined ? null : { secret: source.delivery.signing.secret },
    transform: refOf(source.transform),
    postTransform: refOf(source.post_transform),
    retry: retryOf(source.retry),
  };
}

/** A policy as it is kept. */
export function retryOf(retry: Source['retry']): ManifestRetry | null {
  if (retry === undefined) return null;
  return {
    ...(retry.max_attempts !== undefined && { maxAttempts: retry.max_attempts }),
    ...(retry.backoff !== undefined && { backoff: retry.backoff }),
    ...(retry.initial_delay_s !== undefined && { initialDelayS: retry.initial_delay_s }),
    ...(retry.max_delay_s !== undefined && { maxDelayS: retry.max_delay_s }),
  };
}
