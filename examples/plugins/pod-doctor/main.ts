import { hook, NonRetryable, route, type Context, type PluginEvent } from '@annex/sdk';
import { remedyOf, type Trouble } from './remedy.js';

interface Case {
  id: string;
  /** The alert that it is of; a run that is repeated finds by it what it made. */
  alert: string;
  pod: string;
  status: 'open' | 'approved' | 'declined' | 'over';
  action: string;
}

const types = ['pod.restarts', 'pod.out_of_memory', 'pod.stuck'] as const;

for (const type of types) {
  hook<Trouble>(type, { where: { 'alert.status': 'firing' } }, examine);
  hook<Trouble>(type, { where: { 'alert.status': 'resolved' } }, async (ctx, event) => {
    const found = await caseOf(ctx, event);
    if (found?.status === 'open') await ctx.db.update('pod_cases', found.id, { status: 'over' });
  });
}

async function examine(ctx: Context, event: PluginEvent<Trouble>): Promise<void> {
  const found = await caseOf(ctx, event);
  const count = event.alert?.count ?? 1;
  if (found) return void (await ctx.db.update('pod_cases', found.id, { count }));
  const { type, subject, severity, data } = event;
  const remedy = remedyOf(type, data);
  await ctx.db.insert('pod_cases', {
    alert: event.alert?.id,
    status: 'open',
    ...{ type, pod: subject, severity, count, trouble: data },
    ...remedy,
    opinion: await opinionOf(ctx, event, remedy.finding),
  });
}

async function caseOf(ctx: Context, { type, alert }: PluginEvent): Promise<Case | undefined> {
  if (!alert) throw new NonRetryable(`the event ${type} belongs to no alert; is the mapping in force?`);
  const [found] = await ctx.db.query('pod_cases', { alert: alert.id }, { limit: 1 });
  return found as Case | undefined;
}

/** What a language model says of it; without one, the finding is all there is. */
async function opinionOf(ctx: Context, { subject, type, data }: PluginEvent<Trouble>, finding: string) {
  try {
    const prompt =
      `A pod of Kubernetes is in trouble (${type}): ${subject}. The cluster says: ${JSON.stringify(data)}. ` +
      `We think that ${finding}. In three sentences: do you agree, and what would you look at first?`;
    return (await ctx.llm.run(prompt, { max_tokens: 200 })).text;
  } catch (thrown) {
    ctx.log.info('no model gave an opinion', { error: String(thrown) });
    return null;
  }
}

route('/cases', { methods: ['GET'] }, async (ctx) => ({
  cases: await ctx.db.query('pod_cases', { status: String(ctx.query['status'] ?? 'open') }, { orderBy: '-created_at' }),
}));

/**
 * Nobody touches a pod before an admin says yes. What is approved is an event: a webhook, another plugin or a person
 * does it.
 */
route('/cases/:id/:word', { methods: ['POST'], roles: ['admin', 'owner'] }, async (ctx) => {
  const { id = '', word } = ctx.params;
  if (word !== 'approve' && word !== 'decline') return [{ error: 'say approve or decline' }, 404];
  const found = (await ctx.db.getById('pod_cases', id)) as Case | null;
  if (!found) return [{ error: `there is no case ${id}` }, 404];
  if (found.status !== 'open') return [{ error: `the case is ${found.status}` }, 409];
  const status = word === 'approve' ? 'approved' : 'declined';
  if (status === 'approved')
    // Before the case says so, under the case's own id: whoever asks twice approves once.
    await ctx.emit('pod.fix_approved', { case: id, pod: found.pod, action: found.action }, { id: `approved-${id}` });
  return ctx.db.update('pod_cases', id, { status, decided_by: ctx.user?.id ?? null });
});
