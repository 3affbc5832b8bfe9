/** What an incoming request says, by the habits of who sent it. */
import { isUtf8 } from 'node:buffer';
import { storageProblem } from '@annex/host-api';
import { isJsonObject, quoteInexactNumbers, readUtf8, type Json, type JsonObject } from '@annex/kernel';
import { familyOf, type SignatureScheme } from './signatures.js';
import type { TokenScheme } from './tokens.js';

/** How a source proves who it is; `none`: it does not, and whoever knows the URL is believed. */
export type HookPreset = SignatureScheme | TokenScheme | 'resend' | 'websub' | 'microsoft-graph' | 'none';
export const hookPresets = [
  'github',
  'gitlab',
  'meta',
  'microsoft-graph',
  'resend',
  'shopify',
  'slack',
  'square',
  'standard-webhooks',
  'stripe',
  'svix',
  'trello',
  'websub',
  'sha256',
  'hmac',
  'token',
  'bearer',
  'basic',
  'none',
] as const satisfies readonly HookPreset[];

/** A request as it arrived. Header names are lower-case. */
export interface InboundRequest {
  method: string;
  /** The address as it was called. */
  url: string;
  /** A name that comes more than once gives a list. */
  query: Readonly<Record<string, string | string[]>>;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

export interface InboundContent {
  body: Json;
  bodyEncoding: 'json' | 'form' | 'text' | 'base64' | 'none';
  /** JSON pointers of numbers that no double keeps: they stand in `body` as text, with every digit. */
  numbersAsText: string[];
  /** What the sender calls the event, if it says. */
  eventType: string | null;
  /** What the sender calls this delivery: the same again is the same delivery. */
  deliveryId: string | null;
}

export function headerOf(request: InboundRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Reads a request whose signature was found good. */
export function readInbound(preset: HookPreset, request: InboundRequest): InboundContent {
  const { body, bodyEncoding, numbersAsText = [] } = readBody(request);
  const object: JsonObject = isJsonObject(body) ? body : {};
  const header = (name: string): string | null => textOf(headerOf(request, name) ?? null);
  const content = (eventType: string | null, deliveryId: string | null): InboundContent => ({
    body,
    bodyEncoding,
    numbersAsText,
    eventType,
    deliveryId,
  });
  switch (preset) {
    case 'github':
      return content(header('x-github-event'), header('x-github-delivery'));
    case 'stripe':
      // Stripe sends the same event again under another timestamp.
      return content(textOf(object['type']), textOf(object['id']) ?? header('stripe-signature'));
    case 'slack': {
      const inner = object['event'];
      const type =
        (isJsonObject(inner) ? textOf(inner['type']) : null) ?? textOf(object['type']) ?? textOf(object['command']);
      return content(type, textOf(object['event_id']) ?? header('x-slack-signature'));
    }
    case 'standard-webhooks':
    case 'svix':
    case 'resend':
      return content(
        textOf(object['type']),
        header(`${familyOf((name) => headerOf(request, name), preset === 'standard-webhooks' ? preset : 'svix')}-id`),
      );
    case 'shopify':
      return content(header('x-shopify-topic'), header('x-shopify-webhook-id'));
    case 'square':
      return content(textOf(object['type']), textOf(object['event_id']));
    case 'trello': {
      const action = object['action'];
      return isJsonObject(action) ? content(textOf(action['type']), textOf(action['id'])) : content(null, null);
    }
    case 'gitlab':
      return content(header('x-gitlab-event') ?? textOf(object['object_kind']), header('idempotency-key'));
    case 'meta':
      return content(textOf(object['object']), null);
    case 'microsoft-graph':
      return content(graphChange(object['value']), null);
    case 'websub':
      return content(null, null);
    case 'sha256':
    case 'hmac':
    case 'token':
    case 'bearer':
    case 'basic':
    case 'none':
      return content(
        header('ce-type') ?? textOf(object['type']) ?? textOf(object['event']),
        header('webhook-id') ?? header('x-delivery-id') ?? header('idempotency-key') ?? header('ce-id'),
      );
  }
}

/** The kind of change, when all notifications of a request tell the same. */
function graphChange(notifications: Json | undefined): string | null {
  const kinds = Array.isArray(notifications)
    ? new Set(notifications.map((each) => (isJsonObject(each) ? textOf(each['changeType']) : null)))
    : new Set<null>();
  return kinds.size === 1 ? ([...kinds][0] ?? null) : null;
}

/** What Slack sends to see whether somebody is there (api.slack.com/events/url_verification). */
export function slackChallenge({ body }: InboundContent): string | undefined {
  if (!isJsonObject(body) || body['type'] !== 'url_verification') return undefined;
  return typeof body['challenge'] === 'string' ? body['challenge'] : undefined;
}

const shownHeaders = new Set([
  'content-type',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'svix-id',
  'svix-timestamp',
  'idempotency-key',
  'link',
]);
/** Of `x-` and `ce-` fields, those that speak of the way the request took, or prove who sent it. */
const withheld =
  /signature|hmac|token|secret|auth|cookie|key|password|^x-(forwarded|real|client|cluster|envoy|amzn|cloud|original|request-start|annex|tenant)/;

/** The fields that handlers see: what describes the delivery, nothing that proves or reveals. */
export function shownInboundHeaders(
  { headers }: InboundRequest,
  signatureHeader: string | null,
): Record<string, string> {
  const shown: Record<string, string> = {};
  let count = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === signatureHeader?.toLowerCase()) continue;
    if (!shownHeaders.has(name) && !(/^(x|ce)-/.test(name) && !withheld.test(name))) continue;
    if ((count += 1) > 50) break;
    shown[name] = (Array.isArray(value) ? value.join(', ') : value).slice(0, 1024);
  }
  return shown;
}

function readBody(
  request: InboundRequest,
): Pick<InboundContent, 'body' | 'bodyEncoding'> & Partial<Pick<InboundContent, 'numbersAsText'>> {
  const { body: bytes } = request;
  if (bytes.length === 0) return { body: null, bodyEncoding: 'none' };
  if (!isUtf8(bytes)) return { body: bytes.toString('base64'), bodyEncoding: 'base64' };
  const text = readUtf8(bytes);
  const type = (headerOf(request, 'content-type') ?? '').toLowerCase();
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const form = readForm(text);
    if (storageProblem(form) === undefined) return { body: form, bodyEncoding: 'form' };
  }
  if (/json/.test(type) || /^\s*[[{]/.test(text)) {
    try {
      const value = JSON.parse(text) as Json;
      if (storageProblem(value) === undefined) return exactly(text, value);
    } catch {
      // Whatever it is called, it is text.
    }
  }
  return storageProblem(text) === undefined
    ? { body: text, bodyEncoding: 'text' }
    : { body: bytes.toString('base64'), bodyEncoding: 'base64' };
}

/** A sender cannot be asked to write its ids as text, so it is done here: every digit reaches the handler. */
function exactly(text: string, value: Json): ReturnType<typeof readBody> {
  const { text: exact, pointers } = quoteInexactNumbers(text);
  if (pointers.length === 0) return { body: value, bodyEncoding: 'json' };
  return { body: JSON.parse(exact) as Json, bodyEncoding: 'json', numbersAsText: pointers };
}

/** A field that comes more than once gives a list. */
function readForm(text: string): JsonObject {
  const form: JsonObject = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const known = Object.hasOwn(form, name) ? form[name] : undefined;
    const next = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
    Object.defineProperty(form, name, { value: next, enumerable: true, configurable: true, writable: true });
  }
  return form;
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 500 ? value : null;
}
