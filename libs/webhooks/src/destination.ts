/**
 * Where a delivery goes and with what: placeholders filled in outside the sandbox, at the moment of sending, and
 * checked after that.
 */
import { secretMayGoTo } from '@annex/host-api';
import { quote, type Id, type JsonObject } from '@annex/kernel';
import { fillPlaceholders, placeholdersOf, type Placeholder, type WebhookDefinition } from '@annex/manifest';
import type { TenantTransaction } from '@annex/database';
import type { WebhookRow } from './rows/webhook-row.js';
import { fillUrl } from './fill-url.js';
import { sealedAs, unsealOwn, validSecrets } from './own-secrets.js';
import type { EgressPort, SecretsPort, WebhookInstallation } from './ports.js';
import { signingKey } from './signatures.js';

export interface Destination {
  url: string;
  /** Hosts that may be sent to; addresses are the operator's to open. */
  allowHosts: readonly string[] | 'any';
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

/** The package's side of a delivery. */
export interface PackageWebhook {
  definition: WebhookDefinition;
  snapshot: WebhookInstallation;
  tenantId: Id<'tenant'>;
  installationId: Id<'installation'>;
}

/** Names of the secrets that a delivery needs. */
export function secretsOf({ url, headers, signing }: WebhookDefinition): string[] {
  return secretNames([url, ...Object.values(headers), signing?.secret ?? '']);
}

/** Where a webhook of a package goes. */
export async function packageDestination(
  { definition, snapshot, tenantId, installationId }: PackageWebhook,
  secrets: SecretsPort,
): Promise<Destination | DestinationFault> {
  const { url, headers, signing } = definition;
  const names = secretsOf(definition);
  const known = await secrets.readForRef(tenantId, installationId, names);
  const missing = names.filter((name) => !known.has(name));
  if (missing.length > 0)
    return {
      fault:
        `The secret${missing.length === 1 ? '' : 's'} ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} ` +
        `not set, so the webhook cannot be sent. Set ${missing.length === 1 ? 'it' : 'them'} and replay the delivery.`,
    };
  const unset = settingsWithout(definition, snapshot.config);
  if (unset.length > 0)
    return {
      fault:
        `The setting${unset.length === 1 ? '' : 's'} ${unset.join(', ')} ${unset.length === 1 ? 'has' : 'have'} no ` +
        'value that a text can hold, so the webhook cannot be sent. Set it in the plugin’s settings and replay the ' +
        'delivery.',
    };
  const values = new Map([...known].map(([name, { value }]) => [name, value]));
  const valueFrom =
    (from: ReadonlyMap<string, string>) =>
    (found: Filled): string =>
      found.kind === 'secret' ? (from.get(found.name) ?? '') : plainValue(found, snapshot);
  const fill = (text: string, from: ReadonlyMap<string, string> = values): string =>
    fillPlaceholders(text, valueFrom(from));
  const filled = fillUrl(url, valueFrom(values));
  if ('fault' in filled)
    return { fault: `The webhook’s url does not take the value of a placeholder: ${filled.fault}` };
  const unbound = boundFault(known, filled.url);
  if (unbound !== undefined) return { fault: unbound };
  const signingNames = signing ? secretNames([signing.secret]) : [];
  const replaced = await secrets.readReplaced(tenantId, installationId, signingNames);
  const signingSecrets = signing ? [fill(signing.secret)] : [];
  if (signing && replaced.size > 0) signingSecrets.push(fill(signing.secret, new Map([...values, ...replaced])));
  const keys = keysOf(signingSecrets, signing ? `${definition.name}.yaml, delivery.signing.secret` : '');
  if ('fault' in keys) return keys;
  const shown = (text: string): string =>
    fillPlaceholders(text, (found) =>
      found.kind === 'secret' ? `\${SECRET:${found.name}}` : plainValue(found, snapshot),
    );
  return {
    url: filled.url,
    // An admin who writes a whole URL into a secret says where it may go; a host that the package names is the
    // package's, and has to keep to its own list.
    allowHosts: snapshot.manifest.http.allow.length > 0 && !filled.hostIsSecret ? snapshot.allowHosts : 'any',
    headers: Object.entries(headers).map(([name, value]) => [name, fill(value)]),
    keys: keys.keys,
    shown: { url: shown(url), headers: Object.entries(headers).map(([name, value]) => [name, shown(value)]) },
    hidden: [
      ...values.values(),
      ...replaced.values(),
      ...(placeholdersOf(url).some(({ kind }) => kind === 'secret') ? pathOf(filled.url) : []),
    ],
  };
}

type Filled = Exclude<Placeholder, { kind: 'unknown' }>;

/** What stands for the tenant, or for a setting: no secret, so it may be shown. */
function plainValue(found: Exclude<Filled, { kind: 'secret' }>, { tenant, config }: WebhookInstallation): string {
  return found.kind === 'tenant' ? tenant.slug : (settingText(config, found.name) ?? found.fallback ?? '');
}

/** A setting as a text; `undefined`: it has no value, or one that is no text. */
function settingText(config: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(config, name) ? config[name] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** The settings that a webhook needs and that have neither a value nor a default. */
function settingsWithout({ url, headers }: WebhookDefinition, config: JsonObject): string[] {
  const found = [url, ...Object.values(headers)].flatMap(placeholdersOf);
  return [
    ...new Set(
      found.flatMap((each) =>
        each.kind === 'setting' && each.fallback === undefined && settingText(config, each.name) === undefined
          ? [each.name]
          : [],
      ),
    ),
  ];
}

/** Signing is bound too: a signature for another host could be sent on to the right one. */
function boundFault(
  secrets: ReadonlyMap<string, { allowedHosts: readonly string[] }>,
  text: string,
): string | undefined {
  const url = URL.parse(text);
  if (!url) return undefined;
  for (const [name, { allowedHosts }] of secrets) {
    if (!secretMayGoTo(allowedHosts, url))
      return (
        `The secret ${quote(name)} may go to ${allowedHosts.map((host) => quote(host)).join(', ')} only, and this ` +
        'webhook goes elsewhere; nothing was sent. An admin changes its allowed_hosts, or the URL.'
      );
  }
  return undefined;
}

/** Where a webhook goes that a tenant registered itself. */
export async function ownDestination(
  tx: TenantTransaction,
  webhook: WebhookRow,
  { secrets, nowMs }: { secrets: SecretsPort; nowMs: number },
): Promise<Destination | DestinationFault> {
  const own = await unsealOwn(secrets, tx, sealedAs.webhook(webhook.id), webhook.sealed);
  const valid = validSecrets(own, nowMs);
  const keys = keysOf(valid, 'the webhook’s secret');
  if ('fault' in keys) return keys;
  return {
    url: webhook.url,
    allowHosts: 'any',
    headers: Object.entries(own.headers),
    keys: keys.keys,
    shown: { url: maskQuery(webhook.url), headers: Object.keys(own.headers).map((name) => [name, '***']) },
    hidden: [...valid, ...Object.values(own.headers)],
  };
}

/** What cannot be sent, in words that name the part and no secret; `undefined`: nothing. */
export function destinationFault(
  { url, allowHosts, headers, shown }: Destination,
  egress: Pick<EgressPort, 'checkUrl'>,
): { code: string; message: string } | undefined {
  if (/[\0-\x20\x7f]/.test(url) || !URL.canParse(url))
    return {
      code: 'EGRESS_URL',
      message:
        `The webhook’s url, ${quote(shown.url, 200)} with its placeholders filled in, is not a URL. Correct the ` +
        'secret.',
    };
  const refused = egress.checkUrl(url, allowHosts);
  if (refused)
    return {
      code: refused.code,
      message: `The webhook’s url, ${quote(shown.url, 200)}, cannot be sent to: ${refused.detail}`,
    };
  for (const [name, value] of headers) {
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      return {
        code: 'EGRESS_REQUEST',
        message:
          `The webhook’s header ${quote(name)} holds a line break, a control character or one outside Latin-1 once ` +
          'its placeholders are filled in. Correct the secret or the setting.',
      };
  }
  return undefined;
}

/** The URL with the values of its query hidden. */
export function maskQuery(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed || parsed.search === '') return url;
  const query = [...parsed.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=***`).join('&');
  return `${parsed.origin}${parsed.pathname}?${query}`;
}

function secretNames(texts: readonly string[]): string[] {
  return [
    ...new Set(
      texts.flatMap((text) => placeholdersOf(text).flatMap((found) => (found.kind === 'secret' ? [found.name] : []))),
    ),
  ];
}

function keysOf(secrets: readonly string[], what: string): { keys: Buffer[] } | DestinationFault {
  const keys: Buffer[] = [];
  for (const [place, secret] of secrets.entries()) {
    const key = signingKey(secret);
    if (key && !keys.some((known) => known.equals(key))) keys.push(key);
    // One that was replaced need not be sound: that may be why it was.
    if (!key && place === 0)
      return {
        fault: `The signing secret (${what}) is empty, or begins with "whsec_" and is not base64. Set another one.`,
      };
  }
  return { keys };
}

/** An endpoint may say in its answer which path it knows or does not know. */
function pathOf(url: string): string[] {
  const parsed = URL.parse(url);
  const path = parsed ? `${parsed.pathname}${parsed.search}` : '';
  return path.length >= 8 ? [url, path] : [url];
}
