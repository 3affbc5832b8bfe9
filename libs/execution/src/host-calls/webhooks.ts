import type { HostHandlers } from '@annex/host-api';
import { didYouMean, idFromUuid, newId, quote, uuidFromId } from '@annex/kernel';
import type { Database } from '@annex/database';
import { executionErrors } from '../errors.js';
import type { SendWebhook } from './ports.js';
import type { RunEffect, RunIdentity } from './run-identity.js';

/**
 * `ctx.webhooks.send`: a delivery to a webhook of the own package, through its transform. Like an emitted event it is
 * made in the transaction that ends a background run well, and at once where somebody waits.
 */
export function webhookHandlers(
  database: Pick<Database, 'forTenant'>,
  sendWebhook: SendWebhook,
): Pick<HostHandlers<RunIdentity>, 'webhooks.send'> {
  return {
    'webhooks.send': async ([name, payload], { identity }) => {
      const { snapshot } = identity;
      const { depth } = identity.cause;
      const names = snapshot.webhooks.map((webhook) => webhook.name);
      if (!names.includes(name)) {
        throw executionErrors.error(
          'WEBHOOK_UNKNOWN',
          `This package has no webhook ${quote(name)}.${didYouMean(name, names)} Add ` +
            `webhooks/${/^[A-Za-z0-9_.-]+$/.test(name) ? name : '<name>'}.yaml.`,
        );
      }
      const runId = newId('run');
      const deliveryId = idFromUuid('delivery', uuidFromId(runId));
      const masked = identity.mask(payload, `ctx.webhooks.send(${quote(name)})`);
      const { tenantId, installationId, slug: plugin } = snapshot;
      const effect: RunEffect = (tx) =>
        sendWebhook(tx, { runId, installationId, plugin, name, payload: masked, depth, startedBy: identity.runId });
      if (identity.effects) identity.effects.push(effect);
      else await database.forTenant(tenantId).transaction(effect);
      return { delivery_id: deliveryId, status: 'queued' };
    },
  };
}
