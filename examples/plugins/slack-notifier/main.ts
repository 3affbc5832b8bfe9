import { hook, NonRetryable, RetryAfter, type Context } from '@annex/sdk';

interface Settings {
  api_base: string;
  channel: string;
  only_failures: boolean;
}

interface BuildEvent {
  build?: { id: string; status?: string; branch?: string; url?: string };
}

interface UserCreated {
  user?: { email: string | null };
}

interface SlackAnswer {
  ok: boolean;
  error?: string;
}

const SIGNS: Record<string, string> = { failed: ':x:', completed: ':white_check_mark:' };

/**
 * Slack's own trouble, which passes; every other refusal stays what it is
 * (https://api.slack.com/methods/chat.postMessage#errors).
 */
const PASSING = [
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
];

hook<BuildEvent, Settings>('build.*', async (ctx, event) => {
  const { build } = event.data;
  if (!build?.id) throw new NonRetryable('the event names no build');
  const status = build.status ?? event.type.slice('build.'.length);
  if (ctx.config.only_failures && status !== 'failed') return { status: 'skipped' };
  const branch = build.branch ? ` on ${escape(build.branch)}` : '';
  const link = build.url ? ` <${escape(build.url)}|details>` : '';
  return post(ctx, `${SIGNS[status] ?? ':gear:'} Build ${escape(build.id)} ${escape(status)}${branch}${link}`);
});

hook<UserCreated, Settings>('auth.user.created', (ctx, event) => {
  const email = event.data.user?.email;
  if (!email) throw new NonRetryable('the event names no user with an e-mail address');
  return post(ctx, `:wave: ${escape(email)} joined`);
});

/** Posts one message. Slack says no in a 200, so both are looked at. */
async function post(ctx: Context<Settings>, text: string): Promise<{ status: 'posted' }> {
  const { api_base, channel } = ctx.config;
  const token = await ctx.secrets.get('SLACK_BOT_TOKEN');
  const answer = await ctx.http.post<SlackAnswer>(
    `${api_base.replace(/\/+$/, '')}/api/chat.postMessage`,
    { channel, text },
    { headers: { authorization: `Bearer ${token}` }, timeoutMs: 4000 },
  );
  if (answer.status === 429)
    throw new RetryAfter(secondsOf(answer.headers.get('retry-after')) * 1000, 'Slack asked to slow down');
  if (answer.status >= 400 && answer.status < 500) throw new NonRetryable(`Slack answered ${answer.status}`);
  if (!answer.ok) throw new Error(`Slack answered ${answer.status}`);
  const said = await answer.json();
  if (said.ok) return { status: 'posted' };
  const reason = `Slack refused: ${said.error ?? 'no reason given'}`;
  throw PASSING.includes(said.error ?? '') ? new Error(reason) : new NonRetryable(reason);
}

/** `Retry-After` in seconds; half a minute when it is missing or a date. */
function secondsOf(header: string | null): number {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : 30;
}

/**
 * Without it a branch named `<!channel>` would wake everybody up
 * (https://api.slack.com/reference/surfaces/formatting#escaping).
 */
function escape(text: string): string {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
