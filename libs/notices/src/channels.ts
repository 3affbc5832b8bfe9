/** Sends one message over one channel. */
import { isAnnexError, messageOf, type Id, type SealedValue } from '@annex/kernel';
import { noticeLimits } from '@annex/limits';
import type { TenantTransaction } from '@annex/database';
import { signatureHeaders, signingKey, type EgressPort } from '@annex/webhooks';
import type { NoticeChannel } from './kinds.js';
import { mailOf, slackBody, webhookBody, type Message } from './message.js';

/** Where a rule's messages go. */
export interface Target {
  channel: NoticeChannel;
  /** Of mail. */
  recipients: readonly string[];
  /** Of the others. */
  url: string;
  /** What webhooks are signed with; `null`: they are not. */
  secret: string | null;
}

/** The platform's own mail (`@annex/mail`'s `PlatformMailer`). */
export interface MailPort {
  /** Whether there is a mail server. */
  readonly hasServer: boolean;
  send(mail: { to: string | readonly string[]; subject: string; text: string; id?: string }): Promise<void>;
}

/** Seals what rules keep to themselves (`@annex/vault`'s `Vault`). */
export interface SealPort {
  seal(tx: TenantTransaction, what: string, text: string): Promise<SealedValue>;
  unseal(tx: TenantTransaction, what: string, sealed: SealedValue): Promise<string>;
}

export interface ChannelsOptions {
  egress: EgressPort;
  mail: MailPort;
}

/** What stands in the way, in words without a secret; `undefined`: the message was taken. */
export async function sendMessage(
  { egress, mail }: ChannelsOptions,
  target: Target,
  message: Message,
  { now, tenantId }: { now: Date; tenantId: Id<'tenant'> | null },
): Promise<string | undefined> {
  try {
    if (target.channel === 'mail') {
      await mail.send({ to: target.recipients, ...mailOf(message), id: message.id });
      return undefined;
    }
    const body = target.channel === 'slack' ? slackBody(message) : webhookBody(message, now);
    const { status } = await egress.request({
      method: 'POST',
      url: target.url,
      headers: headersOf(target, { id: message.id, timestampS: Math.floor(now.getTime() / 1000), body }),
      body,
      allowHosts: 'any',
      redirect: 'manual',
      overflow: 'cut',
      timeoutMs: noticeLimits.sendMs,
      maxResponseBytes: 1024,
      ...(tenantId && { tenant: tenantId }),
    });
    return status >= 200 && status < 300 ? undefined : `The endpoint answered ${status}; only 2xx counts as taken.`;
  } catch (thrown) {
    // Words of egress may hold the URL, which is a secret with Slack.
    if (isAnnexError(thrown)) return target.channel === 'mail' ? `${thrown.code}: ${thrown.detail}` : thrown.code;
    return messageOf(thrown).slice(0, 200);
  }
}

function headersOf(
  { channel, secret }: Target,
  signable: { id: string; timestampS: number; body: Buffer },
): [string, string][] {
  const plain: [string, string][] = [
    ['content-type', 'application/json'],
    ['user-agent', 'Annex-Notices/1'],
  ];
  if (channel === 'slack') return plain;
  const key = secret === null ? undefined : signingKey(secret);
  return [...plain, ...signatureHeaders(key ? [key] : [], signable)];
}
