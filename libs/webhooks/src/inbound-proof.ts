/** Whether an incoming request comes from whom its source says. */
import { isJsonObject, jsonShapeFault, readJsonShape, type Json, type JsonObject } from '@annex/kernel';
import { headerForms, hmacAlgorithms, matchesForm, type HmacForm } from './hmac-forms.js';
import { headerOf, type HookPreset, type InboundRequest } from './inbound-request.js';
import { verifySignature } from './signatures.js';
import { sameText, tokenHeaderOf, verifyToken } from './tokens.js';

export interface Proof {
  preset: Exclude<HookPreset, 'none'>;
  secret: string;
  request: InboundRequest;
  /** Where it stands, if not where the preset says. */
  header: string | null;
  toleranceS: number;
  /** The address that the sender was given. */
  url: string;
  /** How `hmac` signs. */
  form: Partial<HmacForm> | undefined;
  nowMs: number;
}

/** Whether the request proves that its sender knows the secret. The body is as it was sent. */
export function isProven({ preset, secret, request, header, toleranceS, url, form, nowMs }: Proof): boolean {
  const read = (name: string): string | undefined => headerOf(request, name);
  switch (preset) {
    case 'bearer':
    case 'basic':
    case 'token':
    case 'gitlab':
      // RFC 6750 §2.3, which the web hooks of CloudEvents allow.
      if (preset === 'bearer' && sameText(textOf(request.query['access_token']), [secret])) return true;
      return verifyToken({ scheme: preset, secret, header: read, tokenHeader: header ?? undefined });
    case 'microsoft-graph':
      return hasClientState(request.body, secret);
    case 'websub': {
      const [, name, value = ''] =
        /^(\w+)=(.*)$/.exec(read((header ?? 'x-hub-signature').toLowerCase())?.slice(0, 4096) ?? '') ?? [];
      const algorithm = hmacAlgorithms.find((each) => each === name?.toLowerCase());
      return (
        algorithm !== undefined &&
        matchesForm({ algorithm, encoding: 'hex', prefix: '', signs: 'body' }, value, {
          key: Buffer.from(secret),
          body: request.body,
          url,
        })
      );
    }
    default:
      return verifySignature({
        scheme: preset === 'resend' ? 'svix' : preset,
        secret,
        header: read,
        body: request.body,
        nowMs,
        signatureHeader: header ?? undefined,
        toleranceS,
        url,
        form,
      });
  }
}

/** Header and parameter in which the secret itself travels: handlers do not see them. */
export function secretPlaces(
  preset: HookPreset,
  header: string | null,
): { header: string | null; parameter: string | null } {
  switch (preset) {
    case 'bearer':
      return { header: tokenHeaderOf(preset, header), parameter: 'access_token' };
    case 'basic':
    case 'token':
    case 'gitlab':
      return { header: tokenHeaderOf(preset, header), parameter: null };
    case 'shopify':
    case 'trello':
    case 'square':
      return { header: header ?? headerForms[preset].header, parameter: null };
    default:
      return { header, parameter: null };
  }
}

/** Whether a body can prove anything. It is not unpacked to look for a secret that stands in a header or the query. */
export function bodyProves(preset: HookPreset): boolean {
  return preset !== 'bearer' && preset !== 'basic' && preset !== 'token' && preset !== 'gitlab';
}

/** The body as handlers may see it: without the secret that Microsoft Graph puts into each notification. */
export function withoutSecret(preset: HookPreset, body: Json): Json {
  const notifications = preset === 'microsoft-graph' && isJsonObject(body) ? body['value'] : undefined;
  if (!isJsonObject(body) || !Array.isArray(notifications)) return body;
  return { ...body, value: notifications.map((each) => (isJsonObject(each) ? omitClientState(each) : each)) };
}

function omitClientState({ clientState: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

/**
 * Microsoft Graph puts the secret into each notification (`clientState`). Anybody may send the body: its shape is read
 * before it is parsed.
 */
function hasClientState(body: Buffer, secret: string): boolean {
  if (jsonShapeFault(readJsonShape(body)) !== undefined) return false;
  let content: Json;
  try {
    content = JSON.parse(body.toString('utf8')) as Json;
  } catch {
    return false;
  }
  const notifications = isJsonObject(content) ? content['value'] : undefined;
  if (!Array.isArray(notifications) || notifications.length === 0 || notifications.length > 1000) return false;
  return notifications.every((each) => isJsonObject(each) && sameText(textOf(each['clientState']), [secret]));
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
