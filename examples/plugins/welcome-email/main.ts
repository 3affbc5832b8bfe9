import { hook, route } from '@annex/sdk'
import { composeWelcome } from './compose'

interface UserCreated {
  user: { id: string; email: string; role: string }
}

hook<UserCreated>('auth.user.created', async (ctx, event) => {
  const { user } = event.data
  const domain = user.email.split('@')[1] ?? ''
  if ((ctx.config.skip_domains as string[]).includes(domain)) {
    ctx.log.info('no welcome for this domain', { domain })
    return { status: 'skipped', reason: 'domain' }
  }
  // The event's id makes a second attempt of this run emit the same event, not another one.
  const message = composeWelcome(user.email, ctx.config.product as string)
  await ctx.emit('email.welcome_sent', { user_id: user.id, user_email: user.email, ...message }, { id: `welcome-${event.id}` })
  await ctx.kv.incr('sent')
  ctx.log.info('welcome prepared', { user_id: user.id })
  return { status: 'sent', user_email: user.email }
})

route('/stats', async (ctx) => ({ sent: (await ctx.kv.get('sent')) ?? 0 }))
