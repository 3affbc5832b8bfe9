/** What can be said about a secret's value from where a package puts it, when the value is set and not at the first delivery. */
import type { InputFault, Json } from '@annex/kernel';
import { placeholdersOf, webhookHeaderFault, type WebhookDefinition } from '@annex/manifest';
import { fillUrl } from './fill-url.js';
import { signingKey } from './signatures.js';

export interface SecretUses {
  webhooks: readonly WebhookDefinition[];
  /** `auth` of the package's routes, as registered. */
  auths: readonly Json[];
}

/** Every fault of a value, none of which shows it. `allowed`: what is wrong with a URL as an address of requests. */
export function judgeSecret(uses: SecretUses, { name, value }: { name: string; value: string }, allowed: (url: string) => { code: string; detail: string } | undefined): InputFault[] {
  const faults: InputFault[] = [];
  const add = (code: string, detail: string): void => {
    if (!faults.some((fault) => fault.detail === detail)) faults.push({ pointer: '/value', code, detail });
  };
  const holds = (text: string): boolean => placeholdersOf(text).some((found) => found.kind === 'secret' && found.name === name);
  const isAlone = (text: string): boolean => text.trim() === `\${SECRET:${name}}`;
  for (const { name: webhook, url, headers, signing } of uses.webhooks) {
    const file = `webhooks/${webhook}.yaml`;
    if (holds(url)) {
      // Other placeholders stand for what any place takes.
      const filled = fillUrl(url, (found) => (found.kind === 'secret' && found.name === name ? value : 'x'));
      if ('fault' in filled) add('URL', `${file}, delivery.url: ${filled.fault}`);
      else if (url.trim().startsWith(`\${SECRET:${name}}`) || placeholdersOf(url).length === 1) {
        const refused = URL.canParse(filled.url) ? allowed(filled.url) : { code: 'URL', detail: 'with this value it is no URL; write one such as https://example.com/hook.' };
        if (refused && !/^EGRESS_(HOST|PRIVATE|PORT)/.test(refused.code)) add('URL', `${file}, delivery.url: ${refused.detail}`);
      }
    }
    for (const [header, text] of Object.entries(headers)) {
      if (holds(text) && webhookHeaderFault('x', value) !== undefined) add('HEADER', `${file}, the header ${header}: ${webhookHeaderFault('x', value) ?? ''}`);
    }
    if (signing && isAlone(signing.secret)) addKeyFault(value, `${file}, delivery.signing.secret`, add);
  }
  for (const auth of uses.auths) {
    const hmac = (auth as { hmac?: { secret?: unknown; scheme?: unknown } } | null)?.hmac;
    if (hmac?.secret === name && (hmac.scheme === 'standard-webhooks' || value.startsWith('v1,'))) addKeyFault(value, 'the signature of a route', add);
  }
  return faults;
}

function addKeyFault(value: string, where: string, add: (code: string, detail: string) => void): void {
  if (/^v1a?,/.test(value)) add('SIGNING_KEY', `${where}: begins with "v1,". Remove that prefix and keep "whsec_…".`);
  else if (/[\r\n]/.test(value)) add('SIGNING_KEY', `${where}: holds a line break, which was probably pasted along; leave it out.`);
  else if (!signingKey(value)) add('SIGNING_KEY', `${where}: begins with "whsec_", and what follows is not base64.`);
}
