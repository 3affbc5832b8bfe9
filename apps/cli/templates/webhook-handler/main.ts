import { route } from '@annex/sdk';

interface Delivery {
  id: string;
  type: string;
  data?: object;
}

/**
 * POST /t/<tenant>/ext/__SLUG__/. Annex has checked `X-Signature` before this runs; `scheme` names other ways, such as
 * `github`, `stripe` or `standard-webhooks`.
 */
route('/', { methods: ['POST'], auth: { hmac: { secret: 'WEBHOOK_SECRET', scheme: 'sha256' } } }, async (ctx) => {
  const delivery = readDelivery(await ctx.request.json().catch(() => undefined));
  if (!delivery) return [{ error: 'a delivery has an id and a type of small letters, such as "invoice.paid"' }, 400];
  // Senders deliver again when an answer is late: the id makes that the same event.
  const { event_id } = await ctx.emit(`incoming.${delivery.type}`, delivery.data ?? {}, {
    id: `__SLUG__-${delivery.id}`,
    subject: delivery.id,
  });
  ctx.log.info('delivery taken', { id: delivery.id, type: delivery.type });
  return [{ event_id }, 202];
});

function readDelivery(body: unknown): Delivery | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { id, type, data } = body as Partial<Delivery>;
  if (typeof id !== 'string' || !/^[\w-]{1,80}$/.test(id)) return undefined;
  if (typeof type !== 'string' || !/^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(type)) return undefined;
  return { id, type, ...(typeof data === 'object' && data !== null && { data }) };
}
