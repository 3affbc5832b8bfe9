import { hook, NonRetryable, route } from '@annex/sdk';
import { nameFrom } from './names';

interface UserCreated {
  user?: { id: string; email: string | null };
}

interface Settings {
  product: string;
  skip_domains: string[];
}

const MONTH_S = 30 * 86_400;

hook<UserCreated, Settings>('auth.user.created', async (ctx, event) => {
  const { user } = event.data;
  // Trying again does not mend an event, so this ends the run for good.
  if (!user?.email) throw new NonRetryable('the event names no user with an e-mail address');
  const domain = user.email.slice(user.email.lastIndexOf('@') + 1).toLowerCase();
  if (ctx.config.skip_domains.some((skipped) => skipped.toLowerCase() === domain)) {
    ctx.log.info('no welcome for this domain', { domain });
    return { status: 'skipped', reason: 'domain' };
  }
  const { product } = ctx.config;
  const name = nameFrom(user.email);
  // A replay of the event is another run; the key makes it the same mail all the same.
  const mail = await ctx.email.send({
    to: user.email,
    subject: `Welcome to ${product}, ${name}`,
    template: 'welcome',
    data: { name, product },
    idempotency_key: `welcome-${event.id}`,
  });
  // The event's id makes a second attempt of this run emit the same event, not another one.
  await ctx.emit(
    'email.welcome_sent',
    { user_id: user.id, user_email: user.email, mail_id: mail.id },
    { id: `welcome-${event.id}` },
  );
  // What is written to kv stays written when the attempt fails later, so each event is counted under its own key first.
  if ((await ctx.kv.incr(`counted:${event.id}`, 1, { ttl: MONTH_S })) === 1) await ctx.kv.incr('sent');
  ctx.log.info('welcome sent', { user_id: user.id, mail: mail.status });
  return { status: mail.status, user_email: user.email };
});

route('/stats', async (ctx) => ({ sent: (await ctx.kv.get<number>('sent')) ?? 0 }));
