import { hook, NonRetryable, type Context, type EventAlert, type PluginEvent } from '@annex/sdk';
import { tellSlack } from './slack.js';
import type { Advice } from './transforms/triage.js';

/** What mappings make of what a cluster and an Alertmanager say. */
const troubles = ['pod.*', 'service.alert'];

/** The alert of an event that a mapping counts; somebody may send the type without one. */
function alertOf({ type, alert }: PluginEvent): EventAlert {
  if (!alert) throw new NonRetryable(`the event ${type} belongs to no alert; is the mapping in force?`);
  return alert;
}

/** The ticket of an alert. Its id is the alert's, so that a run that is repeated finds what it made. */
async function ticketOf(ctx: Context, alert: string) {
  const [ticket] = await ctx.db.query('tickets', { alert }, { limit: 1 });
  return ticket;
}

for (const type of troubles) {
  hook(type, { where: { 'alert.status': 'firing' } }, async (ctx, event) => {
    const alert = alertOf(event);
    const ticket = await ticketOf(ctx, alert.id);
    if (ticket) return ctx.db.update('tickets', ticket.id, { count: alert.count });
    const { type: kind, subject, severity } = event;
    return ctx.db.insert('tickets', {
      ...{ alert: alert.id, status: 'open', type: kind, about: subject, severity, count: alert.count, advice: null },
    });
  });

  hook(type, { where: { 'alert.status': 'resolved' } }, async (ctx, event) => {
    const ticket = await ticketOf(ctx, alertOf(event).id);
    return ticket && ctx.db.update('tickets', ticket.id, { status: 'closed' });
  });

  // A run of its own: Slack that is away keeps no ticket from being opened.
  hook(type, { where: { 'alert.status': 'firing', 'alert.count': 1 } }, (ctx, { type: kind, subject, severity }) =>
    tellSlack(ctx, `${severity}: ${kind} of ${subject}`),
  );
}

hook('incident.opened', async (ctx, event) => {
  ctx.log.error(`${event.subject} restarts because it runs out of memory`, { events: event.data.events });
  return tellSlack(ctx, `critical: ${event.subject} restarts because it runs out of memory`);
});

/** `agents/triage.yaml` has answered, with what `transforms/triage.ts` made of it. */
hook<{ result: Advice | null }>(
  'agent.completed',
  { where: { 'data.plugin': 'alert-desk', 'data.agent': 'triage' } },
  async (ctx, { data: { result } }) => {
    if (!result?.alert) return null;
    const ticket = await ticketOf(ctx, result.alert);
    // The agent may be faster than the hook that opens it.
    if (!ticket) throw new Error(`there is no ticket of the alert ${result.alert} yet`);
    await ctx.db.update('tickets', ticket.id, { advice: result.text });
    return tellSlack(ctx, `${String(ticket['about'])}: ${result.text}`);
  },
);
