/**
 * What can be said about a secret's value from where a package puts it, when the value is set and not at the first
 * delivery.
 */
import { secretMayGoTo } from '@annex/host-api';
import { quote, type InputFault, type Json } from '@annex/kernel';
import { placeholdersOf, webhookHeaderFault, type WebhookDefinition } from '@annex/manifest';
import { fillUrl } from './fill-url.js';
import { signingKey } from './signatures.js';

export interface SecretUses {
  webhooks: readonly WebhookDefinition[];
  /** `auth` of the package's routes, as registered. */
  auths: readonly Json[];
}

export interface NewSecret {
  name: string;
  value: string;
  /** The only hosts that it may go to; left out: they stay as they are, and are not judged. */
  allowedHosts?: readonly string[] | undefined;
}

/**
 * Every fault of a secret, none of which shows its value. `allowed`: what is wrong with a URL as an address of
 * requests.
 */
export function judgeSecret(
  uses: SecretUses,
  { name, value, allowedHosts = [] }: NewSecret,
  allowed: (url: string) => { code: string; detail: string } | undefined,
): InputFault[] {
  const faults: InputFault[] = [];
  const add = (code: string, detail: string, pointer = '/value'): void => {
    if (!faults.some((fault) => fault.detail === detail)) faults.push({ pointer, code, detail });
  };
  const holds = (text: string): boolean =>
    placeholdersOf(text).some((found) => found.kind === 'secret' && found.name === name);
  const isAlone = (text: string): boolean => text.trim() === `\${SECRET:${name}}`;
  for (const { name: webhook, url, headers, signing } of uses.webhooks) {
    const file = `webhooks/${webhook}.yaml`;
    if (holds(url)) {
      // Other placeholders stand for what any place takes.
      const filled = fillUrl(url, (found) => (found.kind === 'secret' && found.name === name ? value : 'x'));
      if ('fault' in filled) add('URL', `${file}, delivery.url: ${filled.fault}`);
      else if (url.trim().startsWith(`\${SECRET:${name}}`) || placeholdersOf(url).length === 1) {
        const refused = URL.canParse(filled.url)
          ? allowed(filled.url)
          : { code: 'URL', detail: 'with this value it is no URL; write one such as https://example.com/hook.' };
        if (refused && !/^EGRESS_(HOST|PRIVATE|PORT)/.test(refused.code))
          add('URL', `${file}, delivery.url: ${refused.detail}`);
      }
    }
    for (const [header, text] of Object.entries(headers)) {
      if (holds(text) && webhookHeaderFault('x', value) !== undefined)
        add('HEADER', `${file}, the header ${header}: ${webhookHeaderFault('x', value) ?? ''}`);
    }
    if (signing && isAlone(signing.secret)) addKeyFault(value, `${file}, delivery.signing.secret`, add);
    const isUsed = [url, ...Object.values(headers), signing?.secret ?? ''].some(holds);
    const unbound = isUsed ? boundFault(url, { name, value, allowedHosts }) : undefined;
    if (unbound !== undefined) add('HOST', `${file}: ${unbound}`, '/allowed_hosts');
  }
  for (const auth of uses.auths) {
    const hmac = (auth as { hmac?: { secret?: unknown; scheme?: unknown } } | null)?.hmac;
    if (
      hmac?.secret === name &&
      (hmac.scheme === 'standard-webhooks' || hmac.scheme === 'svix' || value.startsWith('v1,'))
    )
      addKeyFault(value, 'the signature of a route', add);
  }
  return faults;
}

/**
 * Why a webhook that needs the secret could never be sent: it goes where the secret may not. Hosts that other
 * placeholders decide are not known yet.
 */
function boundFault(
  template: string,
  { name, value, allowedHosts }: Required<NewSecret> & { allowedHosts: readonly string[] },
): string | undefined {
  const begins = template.trim().startsWith(`\${SECRET:${name}}`);
  const origin = /^https?:\/\/[^/?#]*/i.exec(template.trim())?.[0];
  if (!begins && (origin === undefined || placeholdersOf(origin).length > 0)) return undefined;
  const target = begins ? URL.parse(value.trim()) : URL.parse(origin ?? '');
  if (!target || secretMayGoTo(allowedHosts, target)) return undefined;
  const where = begins ? 'the host of its value' : quote(target.host);
  return (
    `goes to ${where}, and allowed_hosts has ${allowedHosts.map((host) => quote(host)).join(', ')} only, so nothing ` +
    'could be sent; add the host to allowed_hosts.'
  );
}

function addKeyFault(value: string, where: string, add: (code: string, detail: string) => void): void {
  if (/^v1a?,/.test(value)) add('SIGNING_KEY', `${where}: begins with "v1,". Remove that prefix and keep "whsec_…".`);
  else if (/[\r\n]/.test(value))
    add('SIGNING_KEY', `${where}: holds a line break, which was probably pasted along; leave it out.`);
  else if (!signingKey(value)) add('SIGNING_KEY', `${where}: begins with "whsec_", and what follows is not base64.`);
}
