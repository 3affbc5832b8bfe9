/** Where a delivery goes and with what: placeholders filled in outside the sandbox, at the moment of sending, and checked after that. */
import { quote, type Id } from '@annex/kernel';
import { fillPlaceholders, placeholdersOf, type WebhookDefinition } from '@annex/manifest';
import type { TenantTransaction, WebhookRow } from '@annex/persistence';
import { sealedAs, unsealOwn, validSecrets } from './own-secrets.js';
import type { EgressPort, SecretsPort } from './ports.js';
import { signingKey } from './signatures.js';

export interface Destination {
  url: string;
  headers: [string, string][];
  /** For the signature, the present one first; none: it is not signed. */
  keys: Buffer[];
  /** The same as people may see it. */
  shown: { url: string; headers: [string, string][] };
  /** What must not be kept anywhere. */
  hidden: string[];
}

/** Why a delivery cannot be sent as its webhook says. */
export interface DestinationFault {
  fault: string;
}

/** Where a webhook of a package goes. */
export async function packageDestination(
  definition: WebhookDefinition,
  { secrets, tenantId, tenantSlug, installationId }: { secrets: SecretsPort; tenantId: Id<'tenant'>; tenantSlug: string; installationId: Id<'installation'> },
): Promise<Destination | DestinationFault> {
  const { url, headers, signing } = definition;
  const names = secretNames([url, ...Object.values(headers), signing?.secret ?? '']);
  const values = await secrets.readForRun(tenantId, installationId, names);
  const missing = names.filter((name) => !values.has(name));
  if (missing.length > 0) return { fault: `The secret${missing.length === 1 ? '' : 's'} ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set, so the webhook cannot be sent. Set ${missing.length === 1 ? 'it' : 'them'} and replay the delivery.` };
  const fill = (text: string, from: ReadonlyMap<string, string> = values): string => fillPlaceholders(text, (found) => (found.kind === 'tenant' ? tenantSlug : (from.get(found.name) ?? '')));
  const signingNames = signing ? secretNames([signing.secret]) : [];
  const replaced = await secrets.readReplaced(tenantId, installationId, signingNames);
  const signingSecrets = signing ? [fill(signing.secret)] : [];
  if (signing && replaced.size > 0) signingSecrets.push(fill(signing.secret, new Map([...values, ...replaced])));
  const keys = keysOf(signingSecrets, signing ? `${definition.name}.yaml, delivery.signing.secret` : '');
  if ('fault' in keys) return keys;
  const shown = (text: string): string => fillPlaceholders(text, (found) => (found.kind === 'tenant' ? tenantSlug : `\${SECRET:${found.name}}`));
  const filled = fill(url).trim();
  return {
    url: filled,
    headers: Object.entries(headers).map(([name, value]) => [name, fill(value)]),
    keys: keys.keys,
    shown: { url: shown(url), headers: Object.entries(headers).map(([name, value]) => [name, shown(value)]) },
    hidden: [...values.values(), ...replaced.values(), ...(placeholdersOf(url).some(({ kind }) => kind === 'secret') ? pathOf(filled) : [])],
  };
}

/** Where a webhook goes that a tenant registered itself. */
export async function ownDestination(tx: TenantTransaction, webhook: WebhookRow, { secrets, nowMs }: { secrets: SecretsPort; nowMs: number }): Promise<Destination | DestinationFault> {
  const own = await unsealOwn(secrets, tx, sealedAs.webhook(webhook.id), webhook.sealed);
  const valid = validSecrets(own, nowMs);
  const keys = keysOf(valid, 'the webhook’s secret');
  if ('fault' in keys) return keys;
  return {
    url: webhook.url,
    headers: Object.entries(own.headers),
    keys: keys.keys,
    shown: { url: maskQuery(webhook.url), headers: Object.keys(own.headers).map((name) => [name, '***']) },
    hidden: [...valid, ...Object.values(own.headers)],
  };
}

/** What cannot be sent, in words that name the part and no secret; `undefined`: nothing. */
export function destinationFault({ url, headers, shown }: Destination, egress: Pick<EgressPort, 'checkUrl'>): { code: string; message: string } | undefined {
  if (/[\0-\x20\x7f]/.test(url) || !URL.canParse(url)) return { code: 'EGRESS_URL', message: `The webhook’s url, ${quote(shown.url, 200)} with its placeholders filled in, is not a URL. Correct the secret.` };
  const refused = egress.checkUrl(url, 'any');
  if (refused) return { code: refused.code, message: `The webhook’s url, ${quote(shown.url, 200)}, cannot be sent to: ${refused.detail}` };
  for (const [name, value] of headers) {
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return { code: 'EGRESS_REQUEST', message: `The webhook’s header ${quote(name)} holds a line break, a control character or one outside Latin-1 once its placeholders are filled in. Correct the secret.` };
  }
  return undefined;
}

/** The URL with the values of its query hidden. */
export function maskQuery(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed || parsed.search === '') return url;
  return `${parsed.origin}${parsed.pathname}?${[...parsed.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=***`).join('&')}`;
}

function secretNames(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => placeholdersOf(text).flatMap((found) => (found.kind === 'secret' ? [found.name] : []))))];
}

function keysOf(secrets: readonly string[], what: string): { keys: Buffer[] } | DestinationFault {
  const keys: Buffer[] = [];
  for (const [place, secret] of secrets.entries()) {
    const key = signingKey(secret);
    if (key && !keys.some((known) => known.equals(key))) keys.push(key);
    // One that was replaced need not be sound: that may be why it was.
    if (!key && place === 0) return { fault: `The signing secret (${what}) is empty, or begins with "whsec_" and is not base64. Set another one.` };
  }
  return { keys };
}

/** An endpoint may say in its answer which path it knows or does not know. */
function pathOf(url: string): string[] {
  const parsed = URL.parse(url);
  const path = parsed ? `${parsed.pathname}${parsed.search}` : '';
  return path.length >= 8 ? [url, path] : [url];
}
