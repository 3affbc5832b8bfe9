import type { HostHandlers } from '@annex/host-api';
import { didYouMean, idFromUuid, newId, quote, uuidFromId, type Json } from '@annex/kernel';
import type { Database } from '@annex/database';
import { executionErrors } from '../errors.js';
import type { SendWebhook } from './ports.js';
import type { RunEffect, RunIdentity } from './run-identity.js';

/** What is sent to, and how a name that is none is told. */
interface Kind {
  of: (webhook: { agent?: unknown }) => boolean;
  folder: 'webhooks' | 'agents';
  what: 'webhook' | 'agent';
  unknown: 'WEBHOOK_UNKNOWN' | 'AGENT_UNKNOWN';
}

const webhook: Kind = {
  of: ({ agent }) => agent === undefined,
  folder: 'webhooks',
  what: 'webhook',
  unknown: 'WEBHOOK_UNKNOWN',
};
const agent: Kind = { of: (one) => one.agent !== undefined, folder: 'agents', what: 'agent', unknown: 'AGENT_UNKNOWN' };

/**
 * `ctx.webhooks.send` and `ctx.agents.send`: a delivery to a webhook of the own package, or a question to its agent.
 * Like an emitted event it is made in the transaction that ends a background run well, and at once where somebody
 * waits.
 */
export function webhookHandlers(
  database: Pick<Database, 'forTenant'>,
  sendWebhook: SendWebhook,
): Pick<HostHandlers<RunIdentity>, 'webhooks.send' | 'agents.send'> {
  const send = async (
    { of, folder, what, unknown }: Kind,
    { name, payload }: { name: string; payload: Json },
    identity: RunIdentity,
  ): Promise<{ delivery_id: string; status: string }> => {
    const { snapshot } = identity;
    const { depth } = identity.cause;
    const names = snapshot.webhooks.filter(of).map((one) => one.name);
    if (!names.includes(name)) {
      throw executionErrors.error(
        unknown,
        `This package has no ${what} ${quote(name)}.${didYouMean(name, names)} Add ` +
          `${folder}/${/^[A-Za-z0-9_.-]+$/.test(name) ? name : '<name>'}.yaml.`,
      );
    }
    const runId = newId('run');
    const deliveryId = idFromUuid('delivery', uuidFromId(runId));
    const masked = identity.mask(payload, `ctx.${folder}.send(${quote(name)})`);
    const { tenantId, installationId, slug: plugin } = snapshot;
    const effect: RunEffect = (tx) =>
      sendWebhook(tx, { runId, installationId, plugin, name, payload: masked, depth, startedBy: identity.runId });
    if (identity.effects) identity.effects.push(effect);
    else await database.forTenant(tenantId).transaction(effect);
    return { delivery_id: deliveryId, status: 'queued' };
  };
  return {
    'webhooks.send': ([name, payload], { identity }) => send(webhook, { name, payload }, identity),
    'agents.send': ([name, payload], { identity }) => send(agent, { name, payload }, identity),
  };
}
