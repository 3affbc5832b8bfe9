/** One Annex with an endpoint to send to, and what the journeys of webhooks share. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../../support/annex.js';
import { startRedis } from '../../support/redis-server.js';
import { startWebhookSink, type Arrival, type WebhookSink } from '../../support/webhook-sink.js';
import { startOddEndpoint, type OddEndpoint } from './odd-endpoint.js';

export const plainMain = `import { hook } from '@annex/sdk'; hook('nothing.ever', () => 1)`;
export const manifest = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  slug: 'sender',
  permissions: ['emit_webhook'],
  events: ['nothing.ever'],
  secrets: ['HOOK_URL', 'HOOK_KEY'],
  ...more,
});
export const signed = (path: string, more = ''): string => `api_version: v1
on: ["build.completed", "auth.user.created"]
delivery:
  url: "\${SECRET:HOOK_URL}${path}"
  headers: { X-Source: "annex", X-Tenant: "\${TENANT_ID}" }
  signing: { alg: "HMAC-SHA256", secret: "\${SECRET:HOOK_KEY}" }
${more}`;
export const key = `whsec_${Buffer.from('a key of twenty-four byt').toString('base64')}`;

const plainHeaders = ({ headers }: Arrival): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
export const verify = (arrival: Arrival, secret: string): unknown =>
  new Webhook(secret).verify(arrival.body.toString(), plainHeaders(arrival));

/** The servers are there once the tests run. */
export interface WebhookBench {
  readonly annex: TestAnnex;
  readonly sink: WebhookSink;
  readonly odd: OddEndpoint;
  secrets(): Record<string, string>;
  deliveries(tenant: TestTenant, query?: string): Promise<Answer>;
  /** A delivery, once it has ended. */
  ended(tenant: TestTenant, id: string): Promise<Answer['body']>;
  /** The first delivery of a list, once there is one and it has ended. */
  onlyDelivery(tenant: TestTenant, query?: string): Promise<Answer['body']>;
}

/** Starts Annex and the sink before the tests of the suite around it, and stops them after. */
export function openWebhookBench(backend: 'postgres' | 'redis'): WebhookBench {
  let annex: TestAnnex;
  let sink: WebhookSink;
  let odd: OddEndpoint;
  let redis: Awaited<ReturnType<typeof startRedis>> | undefined;
  beforeAll(async () => {
    sink = await startWebhookSink();
    odd = await startOddEndpoint();
    redis = backend === 'redis' ? await startRedis() : undefined;
    annex = await startTestAnnex({
      ANNEX_EGRESS_ALLOW_PRIVATE: `${new URL(sink.url).host},${new URL(odd.url).host}`,
      ...(redis && { REDIS_URL: redis.url }),
    });
  });
  afterAll(async () => {
    await annex?.stop();
    await redis?.close();
    await sink?.close();
    await odd?.close();
  });

  const secrets = (): Record<string, string> => ({ HOOK_URL: sink.url, HOOK_KEY: key });
  const deliveries = (tenant: TestTenant, query = ''): Promise<Answer> =>
    tenant.owner.get(`/api/webhooks/deliveries?${query}`);
  const ended = async (tenant: TestTenant, id: string): Promise<Answer['body']> =>
    (
      await until(
        () => tenant.owner.get(`/api/webhooks/deliveries/${id}`),
        ({ body }) => ['succeeded', 'failed', 'skipped', 'cancelled'].includes(body.status),
      )
    ).body;
  const onlyDelivery = async (tenant: TestTenant, query = ''): Promise<Answer['body']> => {
    const { body } = await until(
      () => deliveries(tenant, query),
      (answer) => answer.body.items.length > 0,
    );
    return ended(tenant, body.items[0].id);
  };

  return {
    get annex() {
      return annex;
    },
    get sink() {
      return sink;
    },
    get odd() {
      return odd;
    },
    secrets,
    deliveries,
    ended,
    onlyDelivery,
  };
}
