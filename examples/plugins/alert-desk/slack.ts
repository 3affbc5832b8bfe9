import { NonRetryable, RetryAfter, type Context } from '@annex/sdk';

/** Tells a channel, if the tenant has one. What Slack refuses for good is not tried again. */
export async function tellSlack(ctx: Context, text: string): Promise<boolean> {
  const url = await ctx.secrets.get('SLACK_WEBHOOK_URL');
  if (url === null) return false;
  const answer = await ctx.http.post(url, { text: escape(text) });
  if (answer.ok) return true;
  const waitS = Number(answer.headers.get('retry-after')) || 30;
  if (answer.status === 429) throw new RetryAfter(waitS * 1000, 'Slack asked to slow down');
  if (answer.status < 500) throw new NonRetryable(`Slack answered ${answer.status}`);
  throw new Error(`Slack answered ${answer.status}`);
}

/** What a pod or an agent says must not wake a whole channel up. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
