import { hook, NonRetryable, route } from '@annex/sdk';

interface OrderPaid {
  order?: { id: string; total: number };
}

/** Runs for every event of the tenant whose name begins with `order.`. */
hook<OrderPaid>('order.*', async (ctx, event) => {
  if (event.type !== 'order.paid') return { skipped: event.type };
  const { order } = event.data;
  // Trying again does not mend an event, so this ends the run for good.
  if (typeof order?.total !== 'number') throw new NonRetryable('the event names no order with a total');
  // A delivery may come twice; what is counted under the event's id is counted once.
  if ((await ctx.kv.incr(`seen:${event.id}`, 1, { ttl: 86_400 })) > 1) return { skipped: 'seen before' };
  const orders = await ctx.kv.incr('orders');
  const revenue = await ctx.kv.incr('revenue', order.total);
  ctx.log.info('order counted', { order: order.id, orders });
  await ctx.emit('orders.counted', { orders, revenue }, { id: `counted-${event.id}` });
  return { orders, revenue };
});

/** Answers at /ext/__SLUG__/stats. */
route('/stats', async (ctx) => ({
  orders: (await ctx.kv.get<number>('orders')) ?? 0,
  revenue: (await ctx.kv.get<number>('revenue')) ?? 0,
}));
