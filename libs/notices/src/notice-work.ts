/**
 * What workers do so that people are told: one of them looks now and then what stands, and writes the changes down; all
 * of them send. What happens in the product never waits for it, and nothing that was written down is lost.
 */
import { newId, uuidFromId, type Clock, type Id, type Logger, type Stoppable } from '@annex/kernel';
import { noticeLimits } from '@annex/limits';
import { tryPlatformTurn, type Database } from '@annex/database';
import { Loop } from '@annex/dispatch';
import { sendMessage, type ChannelsOptions, type SealPort, type Target } from './channels.js';
import { noticeKinds } from './kinds.js';
import type { Message } from './message.js';
import type { NoticeRow } from './rows/notice-row.js';
import { findRuleById, operatorRule } from './rows/rules.js';
import { claimMessages, composeMessages, insertNotices, readSlugs, settleMessage } from './sql/outbox.js';
import { forgetUnwatched, settleKind, takeLook } from './sql/settle.js';
import { targetOf, type OperatorNotices } from './targets.js';

export interface NoticeWorkOptions extends ChannelsOptions {
  database: Database;
  secrets: SealPort;
  logger: Logger;
  clock: Clock;
  operators: OperatorNotices;
  /** How often it is looked, in milliseconds. Default {@link noticeLimits.lookMs}. */
  lookMs?: number;
}

/** Looks what stands, and sends what people are to be told. */
export class NoticeWork implements Stoppable {
  readonly #looking: Loop;
  readonly #sending: Loop;
  #stopping: Promise<void> | undefined;

  constructor(private readonly options: NoticeWorkOptions) {
    const { logger, lookMs = noticeLimits.lookMs } = options;
    this.#looking = new Loop({ name: 'notices', everyMs: lookMs, logger, work: () => this.#look(lookMs) });
    this.#sending = new Loop({ name: 'notice messages', everyMs: 2000, gapMs: 50, logger, work: () => this.#send() });
  }

  start(): void {
    this.#looking.start();
    this.#sending.start();
  }

  /** Safe to call twice. What is being sent is waited for. */
  stop(): Promise<void> {
    this.#stopping ??= Promise.all([this.#looking.stop(), this.#sending.stop()]).then(() => {});
    return this.#stopping;
  }

  async #look(everyMs: number): Promise<void> {
    const { database, operators, clock } = this.options;
    const channels = operators.targets.map(({ channel }) => channel);
    const rule = { kinds: channels.length > 0 ? operators.kinds : [], failures: noticeLimits.failures };
    const changes = await database.platform(async (tx) => {
      // Several workers look in turn: a second one within the pause would find nothing new.
      if (!(await takeLook(tx, everyMs * 0.9))) return 0;
      await forgetUnwatched(tx, rule);
      let count = 0;
      for (const kind of noticeKinds) {
        const found = await settleKind(tx, { kind, operators: rule, nowMs: clock.now() });
        await insertNotices(tx, kind, found, channels);
        count += found.length;
      }
      return count;
    });
    if (changes > 0) this.#sending.wake();
  }

  async #send(): Promise<number | undefined> {
    const { database, operators } = this.options;
    const claimed = await database.platform(async (tx) => {
      if (!(await tryPlatformTurn(tx, 'notices'))) return [];
      await composeMessages(tx, operators);
      return claimMessages(tx);
    });
    if (claimed.length === 0) return undefined;
    const slugs = await database.platform((tx) =>
      readSlugs(
        tx,
        claimed.map(({ tenantId }) => tenantId),
      ),
    );
    const messages = Map.groupBy(claimed, ({ messageId }) => messageId ?? newId('notice'));
    await Promise.all([...messages].map(([id, rows]) => this.#sendOne(id, rows, slugs)));
    return messages.size < noticeLimits.atOnce ? undefined : 0;
  }

  async #sendOne(
    messageId: Id<'notice'>,
    rows: readonly NoticeRow[],
    slugs: ReadonlyMap<string, string>,
  ): Promise<void> {
    const { database, clock, logger } = this.options;
    const [first] = rows;
    if (!first) return;
    const isOperators = first.ruleId === operatorRule;
    const slugOf = (tenantId: Id<'tenant'>): string => slugs.get(uuidFromId(tenantId)) ?? '';
    const target = await this.#target(first);
    const message: Message = {
      ...{ id: messageId, rule: first.rule, tenant: isOperators ? null : slugOf(first.tenantId) },
      lines: rows
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, noticeLimits.perMessage)
        .map((row) => ({ ...row, tenant: slugOf(row.tenantId), at: row.createdAt })),
      leftOut: Math.max(0, rows.length - noticeLimits.perMessage),
    };
    const now = new Date(clock.now());
    const error = target
      ? await sendMessage(this.options, target, message, { now, tenantId: isOperators ? null : first.tenantId })
      : 'Its rule sends nothing there any more.';
    const attempts = Math.max(...rows.map((row) => row.attempts));
    const isLast = !target || attempts >= noticeLimits.attempts;
    const againMs = error === undefined || isLast ? null : pauseMs(attempts);
    await database.platform((tx) => settleMessage(tx, { messageId, error: error ?? null, againMs }, first));
    if (error !== undefined)
      logger.warn({ rule: first.rule, tenant: message.tenant, attempts, again_ms: againMs }, 'a notice was not taken');
  }

  /** Where a message goes; `undefined`: nowhere any more. */
  async #target({ tenantId, ruleId, channel }: NoticeRow): Promise<Target | undefined> {
    const { database, secrets, operators } = this.options;
    if (ruleId === operatorRule) return operators.targets.find((one) => one.channel === channel);
    const rule = await database.platform((tx) => findRuleById(tx, tenantId, ruleId));
    return rule ? database.forTenant(tenantId).transaction((tx) => targetOf(secrets, tx, rule)) : undefined;
  }
}

function pauseMs(attempts: number): number {
  return Math.min(noticeLimits.longestPauseMs, noticeLimits.firstPauseMs * 2 ** Math.min(attempts - 1, 20));
}
