/** Rules by which a tenant's people are told, and what they were told. */
import { recordAct } from '@annex/audit';
import { takeTurn, type Database, type TenantTransaction } from '@annex/database';
import {
  mapPage,
  newId,
  pageOf,
  parseId,
  quote,
  readCursor,
  uuidFromId,
  type Clock,
  type Page,
  type PageRequest,
  type TenantActor,
} from '@annex/kernel';
import { noticeLimits } from '@annex/limits';
import type { EgressPort } from '@annex/webhooks';
import { sendMessage, type MailPort, type SealPort } from './channels.js';
import { noticeErrors, refuseCursor } from './errors.js';
import { testMessage } from './message.js';
import { listNotices, listOperatorNotices } from './rows/notices.js';
import type { NoticeRuleRow } from './rows/notice-rule-row.js';
import { countRules, deleteRule, findRule, listRules, saveRule } from './rows/rules.js';
import { checkRule, newSigningSecret, ruleNamePattern, type NoticeRuleInput } from './rule-input.js';
import { readSlugs } from './sql/outbox.js';
import { sealedAs, shownUrl, targetOf, unsealRule, type RuleSecrets } from './targets.js';
import { noticeView, ruleView, type NoticeRuleView, type NoticeView } from './views.js';

export interface NoticesOptions {
  database: Pick<Database, 'forTenant' | 'platform'>;
  egress: EgressPort;
  mail: MailPort;
  secrets: SealPort;
  clock: Clock;
}

/** What became of a message that tries a rule. */
export interface NoticeTestView {
  ok: boolean;
  /** What stood in the way; `null`: it was taken. */
  error: string | null;
}

export class Notices {
  constructor(private readonly options: NoticesOptions) {}

  /** What this tenant's rules told, the newest first. Throws `NOTICE_RULE_INVALID` for a cursor. */
  async list(caller: TenantActor, { limit, cursor }: PageRequest): Promise<Page<NoticeView>> {
    const before = readCursor(cursor, (text) => parseId('notice', text), refuseCursor);
    const rows = await this.#transaction(caller, (tx) => listNotices(tx, { limit: limit + 1, before }));
    return mapPage(
      pageOf(rows, { limit }, ({ id }) => id),
      (row) => noticeView(row, caller.tenant.slug),
    );
  }

  /** What operators were told of all tenants, the newest first. Throws `NOTICE_RULE_INVALID` for a cursor. */
  async listOfOperators({ limit, cursor }: PageRequest): Promise<Page<NoticeView>> {
    const before = readCursor(cursor, (text) => parseId('notice', text), refuseCursor);
    return this.options.database.platform(async (tx) => {
      const rows = await listOperatorNotices(tx, { limit: limit + 1, before });
      const slugs = await readSlugs(
        tx,
        rows.map(({ tenantId }) => tenantId),
      );
      return mapPage(
        pageOf(rows, { limit }, ({ id }) => id),
        (row) => noticeView(row, slugs.get(uuidFromId(row.tenantId)) ?? ''),
      );
    });
  }

  /** Rules by name. Throws `NOTICE_RULE_INVALID` for a cursor. */
  async listRules(caller: TenantActor, { limit, cursor }: PageRequest): Promise<Page<NoticeRuleView>> {
    const after = readCursor(cursor, (text) => (ruleNamePattern.test(text) ? text : undefined), refuseCursor);
    const rows = await this.#transaction(caller, (tx) => listRules(tx, { limit: limit + 1, after }));
    return mapPage(
      pageOf(rows, { limit }, ({ name }) => name),
      ruleView,
    );
  }

  /** Throws `NOTICE_RULE_NOT_FOUND`. */
  getRule(caller: TenantActor, name: string): Promise<NoticeRuleView> {
    return this.#transaction(caller, async (tx) => ruleView(await this.#require(tx, name)));
  }

  /**
   * Sets a rule, new or not; `secret` is what webhooks are signed with, told when it was made here. What stands is told
   * by the next look. Throws `NOTICE_RULE_INVALID`, `NOTICE_RULE_LIMIT`.
   */
  putRule(
    caller: TenantActor,
    name: string,
    input: NoticeRuleInput,
  ): Promise<NoticeRuleView & { created: boolean; secret?: string }> {
    const { egress, mail, secrets: seals } = this.options;
    return this.#transaction(caller, async (tx) => {
      await takeTurn(tx, 'notices');
      const before = ruleNamePattern.test(name) ? await findRule(tx, name) : null;
      const known = before?.channel === input.channel ? await unsealRule(seals, tx, before) : undefined;
      checkRule(name, input, { egress, hasServer: mail.hasServer, hasUrl: known !== undefined });
      if (!before && (await countRules(tx)) >= noticeLimits.rules) throw tooMany();
      const id = before?.id ?? newId('noticeRule');
      const { secrets, made } = secretsOf(input, known);
      await saveRule(tx, {
        ...{ id, name, channel: input.channel, kinds: [...new Set(input.kinds)], recipients: input.to ?? [] },
        shown: secrets ? shownUrl(input.channel, secrets.url) : '',
        failures: input.failures ?? noticeLimits.failures,
        maxPerHour: input.maxPerHour ?? noticeLimits.perHour,
        enabled: input.enabled ?? true,
        sealed: secrets && (await seals.seal(tx, sealedAs(id), JSON.stringify(secrets))),
      });
      const { channel, kinds } = input;
      await recordAct(tx, caller, { action: 'notice_rule.set', target: name, detail: { channel, kinds } });
      return { ...ruleView(await this.#require(tx, name)), created: !before, ...(made !== null && { secret: made }) };
    });
  }

  /** What it has not sent yet is not sent. Throws `NOTICE_RULE_NOT_FOUND`. */
  deleteRule(caller: TenantActor, name: string): Promise<void> {
    return this.#transaction(caller, async (tx) => {
      if (!ruleNamePattern.test(name) || !(await deleteRule(tx, name))) throw notFound(name);
      await recordAct(tx, caller, { action: 'notice_rule.deleted', target: name });
    });
  }

  /** Sends a message that says that it is a test, now and once. Throws `NOTICE_RULE_NOT_FOUND`. */
  async testRule(caller: TenantActor, name: string): Promise<NoticeTestView> {
    const { secrets, clock } = this.options;
    const target = await this.#transaction(caller, async (tx) => {
      const rule = await this.#require(tx, name);
      await recordAct(tx, caller, { action: 'notice_rule.tested', target: name });
      return targetOf(secrets, tx, rule);
    });
    const error = await sendMessage(this.options, target, testMessage(newId('notice'), name, caller.tenant.slug), {
      now: new Date(clock.now()),
      tenantId: caller.tenant.id,
    });
    return { ok: error === undefined, error: error ?? null };
  }

  async #require(tx: TenantTransaction, name: string): Promise<NoticeRuleRow> {
    const rule = ruleNamePattern.test(name) ? await findRule(tx, name) : null;
    if (!rule) throw notFound(name);
    return rule;
  }

  #transaction<T>(caller: TenantActor, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }
}

/** What is to be sealed of a rule, and the signing secret where it is made here. */
function secretsOf(
  { channel, url, secret }: NoticeRuleInput,
  known: RuleSecrets | undefined,
): { secrets: RuleSecrets | null; made: string | null } {
  if (channel === 'mail') return { secrets: null, made: null };
  const made = channel === 'webhook' && secret === undefined && !known?.secret ? newSigningSecret() : null;
  return {
    secrets: { url: url ?? known?.url ?? '', secret: secret ?? known?.secret ?? made },
    made,
  };
}

function notFound(name: string): Error {
  return noticeErrors.error(
    'NOTICE_RULE_NOT_FOUND',
    `This tenant has no rule ${quote(name, 80)}. GET /api/notice-rules lists them.`,
  );
}

function tooMany(): Error {
  return noticeErrors.error(
    'NOTICE_RULE_LIMIT',
    `There are ${noticeLimits.rules} rules here already, the most there may be. Delete some first.`,
    { extra: { limit: noticeLimits.rules } },
  );
}
