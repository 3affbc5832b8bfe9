import { health, NonRetryable, onConfigChange, route, type Context, type Json } from '@annex/sdk';
import { answer, zonesAbove, type Zone } from './lookup.js';
import { readZone } from './zone.js';

const prefix = 'dns/zones/';

/** Each zone is one key of the tenant's settings. One that is faulty is refused, and the one before stays in force. */
onConfigChange(async (ctx, key, value, op, { revision, scope }) => {
  if (scope !== 'tenant' || !key.startsWith(prefix)) return;
  const name = key.slice(prefix.length).toLowerCase();
  const zones = ctx.shared('zones');
  if (op === 'delete') {
    await zones.delete(name);
    ctx.log.info('zone removed', { zone: name, revision });
    return;
  }
  const zone = readZone(name, value);
  if (typeof zone === 'string') throw new NonRetryable(`${name}: ${zone}`);
  await zones.set(name, { ...zone, revision } as unknown as Json);
  ctx.log.info('zone set', { zone: name, records: zone.records.length, revision });
});

/** `GET /lookup/www.example.org?type=A`: what a name server would answer. */
route('/lookup/:name', async (ctx) => {
  const type = String(ctx.query['type'] ?? 'A').toUpperCase();
  const name = String(ctx.params['name']).toLowerCase().replace(/\.$/, '');
  const found = await answer({ name, type }, (asked) => findZone(ctx, asked), ctx.config.default_ttl as number);
  return found.status === 'REFUSED' ? [found, 404] : found;
});

route('/zones', async (ctx) => {
  const names: string[] = [];
  for (let cursor: string | null = null; ;) {
    const page = await ctx.shared('zones').list({ cursor, limit: 1000 });
    names.push(...page.keys.map(({ key }) => key));
    if (page.next_cursor === null) return { zones: names };
    cursor = page.next_cursor;
  }
});

/** Without a zone there is nothing to answer with. */
health(async (ctx) => {
  const { keys } = await ctx.shared('zones').list({ limit: 1 });
  return keys.length > 0 ? { status: 'healthy' } : { status: 'degraded', reason: 'no zone has come yet' };
});

/** The zone that a name is in: the one with the longest name. */
async function findZone(ctx: Context, name: string): Promise<Zone | undefined> {
  for (const candidate of zonesAbove(name)) {
    const zone = await ctx.shared('zones').get<Zone>(candidate);
    if (zone !== null) return zone;
  }
  return undefined;
}
