import { hookGate, matchesEvent, type FilteredEvent } from '@annex/events';
import type { TenantTransaction } from '@annex/database';
import { filterOf, findSubscribers, typesOf } from './fan-out.js';

/** A handler that wants events of this name and would not get this one, as it stands now. */
export interface PassedOver {
  /** `null`: a webhook of the tenant's own. */
  plugin: string | null;
  /** `event`: a hook. `webhook`: a webhook or an agent. */
  kind: 'event' | 'webhook';
  /** The hook's pattern, or the name of the webhook. */
  name: string;
  /** `where`: its filter leaves the event out. `off`: its plugin is not enabled. */
  reason: 'where' | 'off';
}

/** Most that are told. */
const maxTold = 100;

/** Plugins whose hooks are not subscribed, and webhooks that are not active. */
const offSql = `
  select w.plugin, 'webhook' as kind, w.name, p.pattern from webhooks w
    cross join lateral jsonb_array_elements_text(w.events) as p (pattern)
    where w.tenant_id = $1 and w.declared and w.deleted_at is null and not w.active
  union all
  select i.slug, 'event', p.pattern, p.pattern from installations i
    join releases r on r.tenant_id = i.tenant_id and r.id = i.release_id
    cross join lateral json_array_elements_text(r.manifest->'events') as p (pattern)
    where i.tenant_id = $1 and i.status not in ('enabled', 'starting')
      and not exists (select 1 from subscriptions s where s.tenant_id = i.tenant_id and s.installation_id = i.id)
  order by 1, 2, 3`;

/** Who passes an event over although its name is wanted, {@link maxTold} at most. */
export async function findPassedOver(tx: TenantTransaction, event: FilteredEvent): Promise<PassedOver[]> {
  const types = typesOf(event);
  const isWanted = (pattern: string): boolean => types.some((type) => matchesEvent(pattern, type));
  const passes = hookGate(event);
  const { rows } = await findSubscribers(tx, types);
  const off = await tx.query<{ plugin: string; kind: PassedOver['kind']; name: string; pattern: string }>(offSql, [
    tx.tenantUuid,
  ]);
  const found: PassedOver[] = [
    ...rows
      .filter(({ pattern, filter }) => isWanted(pattern) && filter !== null && !passes(filterOf(filter)))
      .map(({ webhook_id, plugin, name }): PassedOver => {
        return { plugin, kind: webhook_id === null ? 'event' : 'webhook', name, reason: 'where' };
      }),
    ...off
      .filter(({ pattern }) => isWanted(pattern))
      .map(({ plugin, kind, name }): PassedOver => ({ plugin, kind, name, reason: 'off' })),
  ];
  const seen = new Set<string>();
  return found
    .filter((one) => {
      const key = JSON.stringify(one);
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, maxTold);
}
