import { hook, job, NonRetryable, route } from '@annex/sdk';

interface Settings {
  keep_days: number;
}

interface Report {
  day: string;
  signups: number;
  orders: number;
  revenue: number;
}

const DAY_S = 86_400;
/** How long the counts of a day stay. After that its report is all there is. */
const COUNTS_S = 7 * DAY_S;

hook('auth.user.created', async (ctx, event) => {
  await ctx.kv.incr(`count:${dayOf(event.time)}:signups`, 1, { ttl: COUNTS_S });
});

hook<{ total?: number }>('order.*', async (ctx, event) => {
  if (event.type !== 'order.paid') return;
  const { total = 0 } = event.data;
  // Looked at before anything is counted: what is written to kv stays written when the attempt fails later.
  if (typeof total !== 'number') throw new NonRetryable('data.total must be a number');
  const day = dayOf(event.time);
  await ctx.kv.incr(`count:${day}:revenue`, total, { ttl: COUNTS_S });
  await ctx.kv.incr(`count:${day}:orders`, 1, { ttl: COUNTS_S });
});

/** Closes a day: yesterday by default, or `{ "day": "2026-01-31" }`. Running it twice writes the same report. */
job<{ day?: string } | null, Settings>('daily_report', async (ctx, payload) => {
  const day = payload?.day ?? dayOf(new Date(Date.now() - DAY_S * 1000).toISOString());
  // Trying again does not mend a payload.
  if (!isDay(day)) throw new NonRetryable('day must be written like 2026-01-31');
  if (day > today()) throw new NonRetryable(`${day} has not come yet`);
  const known = await ctx.kv.get<Report>(`report:${day}`);
  if (Date.parse(day) + COUNTS_S * 1000 < Date.now()) {
    if (known) return known;
    throw new NonRetryable(`the counts of ${day} are gone, and it was never closed`);
  }
  const count = async (name: string) => (await ctx.kv.get<number>(`count:${day}:${name}`)) ?? 0;
  const report: Report = {
    day,
    signups: await count('signups'),
    orders: await count('orders'),
    revenue: await count('revenue'),
  };
  await ctx.kv.set(`report:${day}`, report, { ttl: ctx.config.keep_days * DAY_S });
  // The run's id stays the same for all its attempts.
  await ctx.emit('kpi.reported', report, { id: `kpi-${day}-${ctx.run.id}` });
  ctx.log.info('day closed', report);
  return report;
});

route('/reports', async (ctx) => {
  const { keys } = await ctx.kv.list({ prefix: 'report:', limit: 400 });
  return { days: keys.map(({ key }) => key.slice('report:'.length)) };
});

route('/reports/:day', async (ctx) => {
  const { day = '' } = ctx.params;
  const report = isDay(day) ? await ctx.kv.get<Report>(`report:${day}`) : null;
  return report ?? [{ error: 'no report for that day' }, 404];
});

route('/reports', { methods: ['POST'], roles: ['admin'] }, async (ctx) => {
  const text = await ctx.request.text();
  const day = text === '' ? undefined : dayIn(text);
  if (day === null) return [{ error: 'send nothing, or JSON such as {"day": "2026-01-31"}' }, 400];
  const { run_id } = await ctx.jobs.runNow('daily_report', { day });
  return [{ run_id }, 202];
});

/** The day that a request's body names; `undefined` when it names none, `null` when it cannot be read. */
function dayIn(text: string): string | undefined | null {
  try {
    const { day } = JSON.parse(text) as { day?: unknown };
    return day === undefined || isDay(day) ? day : null;
  } catch {
    return null;
  }
}

function isDay(text: unknown): text is string {
  return typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** Days are those of UTC. */
function dayOf(time: string): string {
  return time.slice(0, 10);
}

function today(): string {
  return dayOf(new Date().toISOString());
}
