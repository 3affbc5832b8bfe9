import { hook, job, route } from '@annex/sdk'

interface Report {
  day: string
  signups: number
  orders: number
  revenue: number
  [key: string]: string | number
}

const DAY_S = 86_400
const today = () => new Date().toISOString().slice(0, 10)

hook('auth.user.created', async (ctx) => {
  await ctx.kv.incr(`count:${today()}:signups`, 1, { ttl: 3 * DAY_S })
})

hook<{ total?: number }>('order.*', async (ctx, event) => {
  if (event.type !== 'order.paid') return
  await ctx.kv.incr(`count:${today()}:orders`, 1, { ttl: 3 * DAY_S })
  await ctx.kv.incr(`count:${today()}:revenue`, event.data.total ?? 0, { ttl: 3 * DAY_S })
})

/** Closes a day: yesterday by default, or `{ "day": "2026-01-31" }`. Running it twice writes the same report. */
job<{ day?: string } | null>('daily_report', async (ctx, payload) => {
  const day = payload?.day ?? new Date(Date.now() - DAY_S * 1000).toISOString().slice(0, 10)
  const count = async (name: string) => (await ctx.kv.get<number>(`count:${day}:${name}`)) ?? 0
  const report: Report = { day, signups: await count('signups'), orders: await count('orders'), revenue: await count('revenue') }
  await ctx.kv.set(`report:${day}`, report, { ttl: (ctx.config.keep_days as number) * DAY_S })
  await ctx.emit('kpi.reported', report, { id: `kpi-${day}-${ctx.run.id}` })
  ctx.log.info('day closed', report)
  return report
})

route('/reports', async (ctx) => {
  const { keys } = await ctx.kv.list({ prefix: 'report:', limit: 400 })
  return { days: keys.map(({ key }) => key.slice('report:'.length)) }
})

route('/reports/:day', async (ctx) => {
  const report = await ctx.kv.get(`report:${ctx.params.day}`)
  return report ?? [{ error: `no report for ${ctx.params.day}` }, 404]
})

route('/reports', { methods: ['POST'], roles: ['admin'] }, async (ctx) => {
  const { run_id } = await ctx.jobs.runNow('daily_report', await ctx.request.json())
  return [{ run_id }, 202]
})
