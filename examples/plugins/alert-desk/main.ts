import { hook, NonRetryable, type Context, type EventAlert, type PluginEvent } from '@annex/sdk';

/** The alert of an event that a mapping counts; somebody may send the type without one. */
function alertOf({ type, alert }: PluginEvent): EventAlert {
  if (!alert) throw new NonRetryable(`the event ${type} belongs to no alert; is the mapping in force?`);
  return alert;
}

/** The ticket of an alert. Its id is the alert's, so that a run that is repeated finds what it made. */
async function ticketOf(ctx: Context, alert: EventAlert) {
  const [ticket] = await ctx.db.query('tickets', { alert: alert.id }, { limit: 1 });
  return ticket;
}

hook('pod.*', { where: { 'alert.status': 'firing' } }, async (ctx, event) => {
  const alert = alertOf(event);
  const ticket = await ticketOf(ctx, alert);
  if (ticket) return ctx.db.update('tickets', ticket.id, { count: alert.count });
  const { type, subject, severity } = event;
  return ctx.db.insert('tickets', {
    alert: alert.id,
    status: 'open',
    type,
    pod: subject,
    severity,
    count: alert.count,
  });
});

hook('pod.*', { where: { 'alert.status': 'resolved' } }, async (ctx, event) => {
  const ticket = await ticketOf(ctx, alertOf(event));
  return ticket && ctx.db.update('tickets', ticket.id, { status: 'closed' });
});

hook('incident.opened', (ctx, event) => {
  ctx.log.error(`${event.subject} restarts because it runs out of memory`, { events: event.data.events });
});
