/**
 * What webhooks of a package in Python need though its manifest does not say so. Packages of the system that Annex
 * descends from name a webhook's secrets in its file only, and have no permission for it.
 */
import { quote, type InputFault } from '@annex/kernel';
import { packageFileLimits } from '@annex/limits';
import { isPython } from '../bundle/bundle-python.js';
import type { Manifest } from '../schema/manifest.js';
import type { WebhookDefinition } from './definition.js';
import { placeholdersOf } from './placeholders.js';

/** A manifest that asks an admin for all that its webhooks need, and what is said of the difference. */
export interface WebhookNeeds {
  manifest: Manifest;
  errors: InputFault[];
  warnings: InputFault[];
}

const permission = 'emit_webhook';

/**
 * Adds to a manifest the secrets that `webhooks/*.yaml` name, and the permission to send. Of a package in another
 * language nothing is added: it has to write them down. Agents are not webhooks here.
 */
export function addWebhookNeeds(manifest: Manifest, definitions: readonly WebhookDefinition[]): WebhookNeeds {
  const webhooks = definitions.filter(({ agent }) => agent === undefined);
  if (!isPython(manifest.entry) || webhooks.length === 0) return { manifest, errors: [], warnings: [] };
  const warnings: InputFault[] = [];
  const secrets = [...manifest.secrets];
  for (const webhook of webhooks)
    for (const name of secretsOf(webhook)) {
      if (secrets.some((each) => each.name === name)) continue;
      secrets.push({ name, required: false, description: null });
      warnings.push({
        pointer: '/secrets',
        code: 'SECRET_UNDECLARED',
        detail:
          `webhooks/${webhook.name}.yaml uses the secret ${quote(name)}, so admins are asked for it too; ` +
          `write ${quote(name)} into "secrets" of plugin.json.`,
      });
    }
  if (secrets.length > packageFileLimits.secrets) {
    const most = packageFileLimits.secrets;
    const detail = `there are ${secrets.length} with those that its webhooks use; at most ${most} are allowed.`;
    return { manifest, errors: [{ pointer: '/secrets', code: 'RANGE', detail }], warnings: [] };
  }
  const isAllowed = manifest.permissions.some(({ name }) => name === permission);
  if (!isAllowed)
    warnings.push({
      pointer: '/permissions',
      code: 'WEBHOOK_PERMISSION',
      detail:
        `the package has webhooks, so admins are asked for "${permission}" too; write "${permission}" into ` +
        '"permissions" of plugin.json.',
    });
  const permissions = isAllowed ? manifest.permissions : [...manifest.permissions, { name: permission } as const];
  return { manifest: { ...manifest, secrets, permissions }, errors: [], warnings };
}

function secretsOf({ url, headers, signing }: WebhookDefinition): string[] {
  const texts = [url, ...Object.values(headers), ...(signing === null ? [] : [signing.secret])];
  return texts.flatMap(placeholdersOf).flatMap((found) => (found.kind === 'secret' ? [found.name] : []));
}
