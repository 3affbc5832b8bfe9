import { route } from '@annex/sdk';

const KNOWN = ['push', 'pull_request', 'issues', 'release', 'workflow_run', 'ping'];

/** The little that is used of GitHub's payloads (https://docs.github.com/webhooks/webhook-events-and-payloads). */
interface Delivery {
  action?: string;
  ref?: string;
  zen?: string;
  repository?: { full_name: string };
  sender?: { login: string };
  pull_request?: { title: string };
  issue?: { title: string };
}

/** GitHub signs each delivery; Annex has checked `X-Hub-Signature-256` before this runs. */
route(
  '/',
  { methods: ['POST'], auth: { hmac: { secret: 'GITHUB_WEBHOOK_SECRET', scheme: 'github' } } },
  async (ctx) => {
    const kind = ctx.request.headers.get('x-github-event') ?? '';
    const delivery = ctx.request.headers.get('x-github-delivery') ?? '';
    if (!/^[\w-]{1,100}$/.test(delivery)) return [{ error: 'X-GitHub-Delivery is missing' }, 400];
    if (!KNOWN.includes(kind)) return [{ ignored: kind }, 202];
    const body = readDelivery(await ctx.request.text());
    if (!body)
      return [
        { error: 'the body is not a JSON object; choose the content type application/json in the form of the webhook' },
        400,
      ];
    if (kind === 'ping') return { pong: body.zen ?? true };
    const action = body.action ? `.${body.action.toLowerCase().replace(/[^a-z0-9_-]/g, '_')}` : '';
    const repository = body.repository?.full_name;
    // GitHub delivers again when an answer is late: its delivery id makes that the same event.
    const { event_id } = await ctx.emit(
      `github.${kind}${action}`,
      {
        repository: repository ?? null,
        sender: body.sender?.login ?? null,
        ref: body.ref ?? null,
        title: body.pull_request?.title ?? body.issue?.title ?? null,
      },
      { id: `github-${delivery}`, subject: repository, source: 'https://github.com' },
    );
    return [{ event_id }, 202];
  },
);

function readDelivery(text: string): Delivery | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : undefined;
  } catch {
    return undefined;
  }
}
