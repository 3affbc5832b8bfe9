import { hook, NonRetryable, RetryAfter, source, type Context, type SourceEvent } from '@annex/sdk';

interface Order {
  id: string;
  /** Goes up with each change of the order. */
  revision: number;
  status?: string;
  total: number;
  changed_at: string;
}

const API = 'https://erp.example.com/api/orders';
const PAGE = 100;

/** Orders that changed, page by page. The cursor is the latest change that was taken. */
source<string>('orders', {
  initialize: async (ctx) => {
    await ask(ctx, `${API}?limit=1`);
  },
  poll: async (ctx, cursor) => {
    const orders = await ask(ctx, `${API}?changed_after=${encodeURIComponent(cursor ?? '')}&limit=${PAGE}`);
    const last = orders.at(-1);
    return {
      events: orders.map(eventOf),
      ...(last && { cursor: last.changed_at }),
      more: orders.length === PAGE,
    };
  },
});

/** The ERP's own webhook tells of an order sooner than the next poll does. What both tell comes twice. */
source('push', {
  receive: async (ctx) => {
    const order = (await ctx.request.json()) as Partial<Order>;
    if (typeof order.id !== 'string' || typeof order.revision !== 'number') throw new NonRetryable('no order');
    return { events: [eventOf(order as Order)] };
  },
});

hook<Order>('erp.order.changed', async (ctx, event) => {
  // Events of two sources come in any order, and the same change may come twice.
  const known = await ctx.kv.get<Order>(`order:${event.data.id}`);
  if (!known || known.revision < event.data.revision) await ctx.kv.set(`order:${event.data.id}`, event.data);
});

function eventOf(order: Order): SourceEvent {
  return {
    id: `${order.id}/${order.revision}`,
    type: order.status === 'cancelled' ? 'erp.order.cancelled' : 'erp.order.changed',
    subject: `order/${order.id}`,
    time: order.changed_at,
    data: { ...order },
  };
}

async function ask(ctx: Context, url: string): Promise<Order[]> {
  const answer = await ctx.http.get<Order[]>(url, {
    headers: { authorization: `Bearer ${ctx.secrets.ref('ERP_TOKEN')}` },
  });
  // What throws has written nothing: the next poll asks for the same orders.
  if (answer.status === 429) throw new RetryAfter(60_000, 'the ERP asks for a pause');
  if (!answer.ok) throw new Error(`the ERP answered ${answer.status}`);
  return answer.json();
}
