import type { WebhookDefinition } from '@annex/manifest';
import type { WebhookInstallation } from '../ports.js';
import type { WebhookRow } from '../rows/webhook-row.js';

/** What a webhook or an agent of a package needs and was not granted; `undefined`: nothing. */
export function missingPermission(
  { agent }: Pick<WebhookDefinition, 'agent'>,
  { permissions }: Pick<WebhookInstallation, 'permissions'>,
): string | undefined {
  const needed = agent ? ['agents.call', ...(agent.protocol === 'llm' ? ['llm.use'] : [])] : ['emit_webhook'];
  return needed.find((name) => !permissions.includes(name));
}

/** The file of a package that it stands in. */
export function fileOf({ name, transport }: Pick<WebhookRow, 'name' | 'transport'>): string {
  return `${transport === 'http' ? 'webhooks' : 'agents'}/${name}.yaml`;
}
