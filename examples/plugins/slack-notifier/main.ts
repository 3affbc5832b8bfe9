import { hook, NonRetryable, RetryAfter, type Context } from '@annex/sdk'

interface Build {
  build: { id: string; status?: string; branch?: string; url?: string }
}

interface SlackAnswer {
  ok: boolean
  error?: string
}

hook<Build>('build.*', async (ctx, event) => {
  const { build } = event.data
  const status = build.status ?? event.type.slice('build.'.length)
  if (ctx.config.only_failures && status !== 'failed') return { status: 'skipped' }
  const sign = status === 'failed' ? ':x:' : status === 'completed' ? ':white_check_mark:' : ':gear:'
  return post(ctx, `${sign} Build ${build.id} ${status}${build.branch ? ` on ${build.branch}` : ''}${build.url ? ` <${build.url}|details>` : ''}`)
})

hook<{ user: { email: string } }>('auth.user.created', (ctx, event) => post(ctx, `:wave: ${event.data.user.email} joined`))

/** Posts one message (https://api.slack.com/methods/chat.postMessage). Slack says no in a 200, so both are looked at. */
async function post(ctx: Context, text: string): Promise<{ status: 'posted' }> {
  const token = await ctx.secrets.get('SLACK_BOT_TOKEN')
  const answer = await ctx.http.post<SlackAnswer>(
    `${ctx.config.api_base}/api/chat.postMessage`,
    { channel: ctx.config.channel, text },
    { headers: { authorization: `Bearer ${token}` }, timeoutMs: 4000 },
  )
  if (answer.status === 429) throw new RetryAfter(Number(answer.headers.get('retry-after') ?? 30) * 1000, 'Slack asked to slow down')
  if (!answer.ok) throw new Error(`Slack answered ${answer.status}`)
  const said = await answer.json()
  // Trying again does not help a wrong token or channel.
  if (!said.ok) throw new NonRetryable(`Slack refused: ${said.error ?? 'no reason given'}`)
  return { status: 'posted' }
}
