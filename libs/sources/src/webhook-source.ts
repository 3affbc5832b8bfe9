/** Webhooks that a tenant receives without a package (`/api/hooks`), as the sources that they are. */
import { tokenSchemes, type HookSourceRow } from '@annex/webhooks';
import type { SourceAuthView, SourceView } from './views.js';

/** What `/api/hooks` keeps of a sender, as a source. It is set and deleted there. */
export function webhookSourceView(row: HookSourceRow, facts: { tenantSlug: string; nowMs: number }): SourceView {
  const { source, preset, options, lastReceivedAt, createdAt, updatedAt } = row;
  const required = options['require'];
  return {
    name: source,
    type: 'webhook',
    plugin: null,
    enabled: true,
    state: lastReceivedAt ? 'running' : 'starting',
    reason: null,
    with: {},
    auth: authOf(preset),
    events: ['webhook.received'],
    require: Array.isArray(required) ? required.map(String) : [],
    schedule: null,
    timezone: null,
    path: `/hooks/${facts.tenantSlug}/${source}`,
    cursor: null,
    owner: null,
    lag_s: lastReceivedAt ? Math.max(0, Math.round((facts.nowMs - lastReceivedAt.getTime()) / 1000)) : null,
    last_error: null,
    restarts: 0,
    counts: null,
    next_at: null,
    last_event_at: lastReceivedAt?.toISOString() ?? null,
    last_run: null,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

/** Its secret is its own, and has no name. */
function authOf(preset: string): SourceAuthView {
  if (preset === 'none') return { kind: 'public', scheme: null, secret: null };
  const isToken = (tokenSchemes as readonly string[]).includes(preset);
  return { kind: isToken ? 'token' : 'hmac', scheme: preset, secret: null };
}
