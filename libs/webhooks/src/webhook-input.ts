/** What a tenant says of a webhook of its own, and what may be wrong with it. */
import { randomBytes } from 'node:crypto';
import { eventPatternFault } from '@annex/events';
import { isJsonObject, quote, type InputFault } from '@annex/kernel';
import { webhookHeaderFault } from '@annex/manifest';
import type { RetryPolicy } from '@annex/runs';
import { webhookErrors } from './errors.js';
import type { EgressPort } from './ports.js';
import type { OwnWebhook } from './rows/webhooks.js';
import { signingKey } from './signatures.js';

/** What a caller says about a webhook of the tenant's own. */
export interface WebhookInput {
  name: string;
  url: string;
  /** Patterns. */
  events: string[];
  description?: string | null | undefined;
  headers?: Record<string, string> | undefined;
  retry?: Partial<RetryPolicy> | undefined;
  /** Default: a fresh one. */
  secret?: string | undefined;
}

/** Throws `WEBHOOK_INVALID` with every fault. */
export function checkWebhook(
  { name, url, events, headers = {}, secret, retry }: WebhookInput,
  egress: Pick<EgressPort, 'checkUrl'>,
): void {
  const errors: InputFault[] = [];
  if (!webhookNamePattern.test(name))
    errors.push({
      pointer: '/name',
      code: 'FORMAT',
      detail: `${quote(name)} must be 1 to 63 letters, digits, "_", "-" and ".", beginning with a letter or digit`,
    });
  const refused = egress.checkUrl(url, 'any');
  if (refused) errors.push({ pointer: '/url', code: refused.code, detail: refused.detail });
  if (events.length === 0)
    errors.push({
      pointer: '/events',
      code: 'REQUIRED',
      detail: 'name at least one event, such as "build.completed", or "**" for all',
    });
  events.forEach((pattern, index) => {
    const fault = eventPatternFault(pattern, `/events/${index}`);
    if (fault) errors.push(fault);
  });
  for (const [header, value] of Object.entries(headers)) {
    const fault = webhookHeaderFault(header, value);
    if (fault !== undefined)
      errors.push({
        pointer: `/headers/${header.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        code: 'HEADER',
        detail: fault,
      });
  }
  if (secret !== undefined) errors.push(...secretFaults(secret));
  if (retry?.initialDelayS !== undefined && retry.maxDelayS !== undefined && retry.initialDelayS > retry.maxDelayS)
    errors.push({
      pointer: '/retry/max_delay_s',
      code: 'RANGE',
      detail: `${retry.maxDelayS} is less than initial_delay_s (${retry.initialDelayS}); write that or more`,
    });
  if (errors.length > 0) throw invalid(errors);
}

/** The name of a webhook of the tenant's own. */
export const webhookNamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** 192 bits, in the form that Standard Webhooks gives to secrets. */
export function newSecret(): string {
  return `whsec_${randomBytes(24).toString('base64')}`;
}

/** What of an input stands in the webhook's row. */
export function ownRow({ name, url, events, description, retry }: WebhookInput): Omit<OwnWebhook, 'sealed'> {
  return {
    name,
    url,
    events: [...new Set(events)],
    description: description ?? null,
    policy: retry && isJsonObject(retry) ? { retry } : {},
  };
}

/** Throws `WEBHOOK_INVALID` for a secret that no signature can be made with. */
export function checkSigningSecret(secret: string): void {
  const errors = secretFaults(secret);
  if (errors.length > 0) throw invalid(errors);
}

function secretFaults(secret: string): InputFault[] {
  if (secret.length > 2048 || !secret.isWellFormed() || !signingKey(secret)) {
    return [
      {
        pointer: '/secret',
        code: 'FORMAT',
        detail: 'must be text, or "whsec_" and base64; leave it out to have one made',
      },
    ];
  }
  return [];
}

function invalid(errors: InputFault[]): Error {
  return webhookErrors.error(
    'WEBHOOK_INVALID',
    errors
      .map((fault) => `${fault.pointer}: ${fault.detail}`)
      .join('; ')
      .slice(0, 1000),
    { errors },
  );
}
