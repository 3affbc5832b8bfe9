import { route } from '@annex/sdk'

const KNOWN = ['push', 'pull_request', 'issues', 'release', 'workflow_run', 'ping']

/** GitHub signs each delivery; Annex has checked `X-Hub-Signature-256` before this runs. */
route('/', { methods: ['POST'], auth: { hmac: { secret: 'GITHUB_WEBHOOK_SECRET', scheme: 'github' } } }, async (ctx) => {
  const kind = ctx.request.headers.get('x-github-event') ?? ''
  const delivery = ctx.request.headers.get('x-github-delivery') ?? ''
  if (!KNOWN.includes(kind)) return [{ ignored: kind }, 202]
  const body = await ctx.request.json()
  if (kind === 'ping') return { pong: body.zen ?? true }
  const action = typeof body.action === 'string' ? `.${body.action.replace(/[^a-z0-9_-]/gi, '_').toLowerCase()}` : ''
  // GitHub delivers again when an answer is late: its delivery id makes that the same event.
  const { event_id } = await ctx.emit(
    `github.${kind}${action}`,
    { repository: body.repository?.full_name ?? null, sender: body.sender?.login ?? null, ref: body.ref ?? null, title: body.pull_request?.title ?? body.issue?.title ?? null },
    { id: `github-${delivery}`, subject: body.repository?.full_name, source: 'https://github.com' },
  )
  return [{ event_id }, 202]
})
