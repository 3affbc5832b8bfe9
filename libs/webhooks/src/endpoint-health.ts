/** When an endpoint that does not take deliveries is stopped, and who is told. */
import { eventSources } from '@annex/events';
import { DAY, isAnnexError, type Id, type Logger } from '@annex/kernel';
import { appendAudit } from '@annex/audit';
import { countAttempt, disableWebhook } from './rows/webhooks.js';
import type { WebhookRow } from './rows/webhook-row.js';
import type { EmitEvent } from '@annex/runs';
import type { TenantTransaction } from '@annex/database';

/** Attempts in a row that an endpoint did not take, and days since the first of them, after which it is disabled. */
export const disableAfter = { failures: 100, days: 5 } as const;

export interface EndpointHealthOptions {
  emit: EmitEvent;
  logger: Logger;
}

/**
 * Counts how an attempt ended and disables the webhook when that is enough. `error`: the code, `null` when it was
 * taken. `gone`: it answered 410.
 */
export async function judgeAttempt(
  tx: TenantTransaction,
  webhook: WebhookRow,
  {
    deliveryId,
    error,
    gone,
    nowMs,
  }: { deliveryId: Id<'delivery'>; error: string | null; gone: boolean; nowMs: number },
  options: EndpointHealthOptions,
): Promise<void> {
  const health = await countAttempt(tx, webhook.id, { deliveryId, error });
  if (!health || health.disabled || error === null) return;
  const { failures, failingSince } = health;
  const reason = gone
    ? 'The endpoint answered 410 Gone.'
    : failures >= disableAfter.failures
      ? `${failures} attempts in a row failed, the last one with ${error}.`
      : failingSince && nowMs - failingSince.getTime() >= disableAfter.days * DAY
        ? `Every attempt since ${failingSince.toISOString()} failed (${failures} of them), the last one with ${error}.`
        : undefined;
  if (reason !== undefined) await stopWebhook(tx, webhook, { reason, actor: 'system' }, options);
}

/** Disables a webhook, with a trace and an event. Disabled already: nothing happens. */
export async function stopWebhook(
  tx: TenantTransaction,
  webhook: WebhookRow,
  { reason, actor, requestId }: { reason: string; actor: string; requestId?: string | undefined },
  { emit, logger }: EndpointHealthOptions,
): Promise<void> {
  if (!(await disableWebhook(tx, webhook.id, reason))) return;
  const subject = { id: webhook.id, name: webhook.name, plugin: webhook.plugin };
  await appendAudit(tx, {
    actor,
    action: 'webhook.disabled',
    target: webhook.id,
    detail: { name: webhook.name, plugin: webhook.plugin, reason },
    ...(requestId !== undefined && { requestId }),
  });
  try {
    await emit(tx, {
      type: 'webhook.disabled',
      source: eventSources.platform,
      subject: webhook.name,
      data: { webhook: subject, reason },
    });
  } catch (thrown) {
    // A full queue must not keep the webhook that fills it going: the event is kept without deliveries.
    if (!isAnnexError(thrown) || thrown.code !== 'QUEUE_FULL') throw thrown;
    logger.warn({ webhook: webhook.id }, 'webhook.disabled got no deliveries: the tenant’s queue is full');
  }
}
