/** Where a rule's messages go: of a tenant's rule sealed in its row, of the operators' in the settings. */
import type { TenantTransaction } from '@annex/database';
import type { Id } from '@annex/kernel';
import type { SealPort, Target } from './channels.js';
import type { NoticeChannel, NoticeKind } from './kinds.js';
import type { NoticeRuleRow } from './rows/notice-rule-row.js';

/** What the settings say of telling operators. */
export interface OperatorNotices {
  kinds: readonly NoticeKind[];
  targets: readonly Target[];
  perHour: number;
}

/** What is sealed of a rule. */
export interface RuleSecrets {
  url: string;
  secret: string | null;
}

/** The name under which a rule's secrets are sealed. */
export const sealedAs = (id: Id<'noticeRule'>): string => `notice-rule/${id}`;

/** What is sealed of a rule; `undefined`: nothing. */
export async function unsealRule(
  seals: SealPort,
  tx: TenantTransaction,
  { id, sealed }: Pick<NoticeRuleRow, 'id' | 'sealed'>,
): Promise<RuleSecrets | undefined> {
  return sealed ? (JSON.parse(await seals.unseal(tx, sealedAs(id), sealed)) as RuleSecrets) : undefined;
}

/** Where a tenant's rule sends. */
export async function targetOf(seals: SealPort, tx: TenantTransaction, rule: NoticeRuleRow): Promise<Target> {
  const { url = '', secret = null } = (await unsealRule(seals, tx, rule)) ?? {};
  return { channel: rule.channel, recipients: rule.recipients, url, secret };
}

/** A URL as people may see it: with Slack, whoever has the path may post. */
export function shownUrl(channel: NoticeChannel, url: string): string {
  const parsed = URL.parse(url);
  if (!parsed) return '';
  return channel === 'slack' ? `${parsed.origin}/***` : `${parsed.origin}${parsed.pathname}${parsed.search && '?***'}`;
}
