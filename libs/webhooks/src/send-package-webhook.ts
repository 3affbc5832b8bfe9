import { quote, type Id, type Json } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { ensureRoom, insertQueued, outcomeErrors } from '@annex/runs';
import { findPackageWebhook } from './rows/webhooks.js';

/** A delivery that plugin code asks for. */
export interface PackageWebhookSend {
  /** The run to be, which sends the delivery. */
  runId: Id<'run'>;
  installationId: Id<'installation'>;
  /** The plugin's slug. */
  plugin: string;
  /** The webhook's name in the package. */
  name: string;
  payload: Json;
  depth: number;
  /** The run whose code asks. */
  startedBy: Id<'run'>;
}

/**
 * Makes a delivery to a webhook of a package, in the caller's transaction. Throws `PLUGIN_DISABLED` when the package
 * declares it no more, `QUEUE_FULL`.
 */
export async function sendPackageWebhook(
  tx: TenantTransaction,
  { runId, installationId, plugin, name, payload, depth, startedBy }: PackageWebhookSend,
): Promise<void> {
  const webhook = await findPackageWebhook(tx, installationId, name);
  if (!webhook?.declared)
    throw outcomeErrors.error('PLUGIN_DISABLED', `The webhook ${quote(name)} is not there any more.`);
  await ensureRoom(tx, 1);
  const { id: webhookId, policy } = webhook;
  await insertQueued(tx, [
    {
      id: runId,
      installationId,
      plugin,
      kind: 'webhook',
      name,
      ordinal: 0,
      payload,
      policy,
      depth,
      webhookId,
      startedBy,
    },
  ]);
}
