/** What a caller says of a rule, and what may be wrong with it. */
import { randomBytes } from 'node:crypto';
import type { InputFault } from '@annex/kernel';
import { noticeLimits } from '@annex/limits';
import { signingKey, type EgressPort } from '@annex/webhooks';
import type { NoticeChannel, NoticeKind } from './kinds.js';
import { noticeErrors } from './errors.js';

/** A rule as a caller writes it. */
export interface NoticeRuleInput {
  /** Not empty. */
  kinds: NoticeKind[];
  channel: NoticeChannel;
  /** Addresses, of mail. */
  to?: string[] | undefined;
  /** Of the other channels. Left out of a rule that is there: as it is. */
  url?: string | undefined;
  /** What webhooks are signed with. Default: as it is; of a new one, a fresh one. */
  secret?: string | undefined;
  /** Default {@link noticeLimits.failures}. */
  failures?: number | undefined;
  /** Default {@link noticeLimits.perHour}. */
  maxPerHour?: number | undefined;
  /** Default true. */
  enabled?: boolean | undefined;
}

/** Names of rules. */
export const ruleNamePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** 192 bits, in the form that Standard Webhooks gives to secrets. */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(24).toString('base64')}`;
}

/** Throws `NOTICE_RULE_INVALID` with every fault. `hasUrl`: the rule that is there keeps one for this channel. */
export function checkRule(
  name: string,
  input: NoticeRuleInput,
  { egress, hasServer, hasUrl }: { egress: Pick<EgressPort, 'checkUrl'>; hasServer: boolean; hasUrl: boolean },
): void {
  const errors: InputFault[] = [];
  const fault = (pointer: string, code: string, detail: string): void => void errors.push({ pointer, code, detail });
  if (!ruleNamePattern.test(name))
    fault('/name', 'FORMAT', 'must be 1 to 63 lower-case letters, digits, "_" and "-", beginning with no sign');
  if (input.channel === 'mail') mailFaults(input, hasServer, fault);
  else {
    if (input.to !== undefined) fault('/to', 'UNKNOWN', 'belongs to the channel "mail" only');
    if (input.url === undefined && !hasUrl) fault('/url', 'REQUIRED', 'say where the messages go');
    const refused = input.url === undefined ? undefined : egress.checkUrl(input.url, 'any');
    if (refused) fault('/url', refused.code, refused.detail);
  }
  if (input.channel !== 'webhook' && input.secret !== undefined)
    fault('/secret', 'UNKNOWN', 'belongs to the channel "webhook" only');
  if (input.secret !== undefined && (!input.secret.isWellFormed() || !signingKey(input.secret)))
    fault('/secret', 'FORMAT', 'must be text, or "whsec_" and base64; leave it out to have one made');
  if (errors.length === 0) return;
  const told = errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
  throw noticeErrors.error('NOTICE_RULE_INVALID', told.slice(0, 1000), { errors });
}

function mailFaults(
  { to = [], url }: NoticeRuleInput,
  hasServer: boolean,
  fault: (pointer: string, code: string, detail: string) => void,
): void {
  if (!hasServer) fault('/channel', 'UNAVAILABLE', 'there is no mail server here: an operator sets SMTP_URL');
  if (url !== undefined) fault('/url', 'UNKNOWN', 'belongs to the other channels');
  if (to.length === 0 || to.length > noticeLimits.recipients)
    fault('/to', 'RANGE', `name 1 to ${noticeLimits.recipients} addresses`);
  for (const [at, address] of to.entries())
    if (!/^[^\s@<>,;"]{1,64}@[^\s@<>,;"]{1,190}$/.test(address))
      fault(`/to/${at}`, 'FORMAT', 'must be an address such as ada@example.com');
}
