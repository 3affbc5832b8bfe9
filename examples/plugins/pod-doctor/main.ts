import { hook, NonRetryable, route, type Context, type PluginEvent } from '@annex/sdk';
import { remedyOf, type Trouble } from './remedy.js';

interface Case {
  id: string;
  /** The alert that it is of; a run that is repeated finds by it what it made. */
  alert: string;
  /** The event that opened it, which `agents/mend.yaml` was asked about. */
  event: string;
  pod: string;
  /** `left`: the agent could not mend it, or nobody decided in time. `over`: the cluster says no more of it. */
  status: 'open' | 'mended' | 'left' | 'over';
  action: string;
  /** Events of the alert so far. */
  count: number;
}

/** What an agent's end tells. */
interface Answered {
  event_id: string;
  result: { text: string };
  error: { message: string };
}

const mine = { 'data.plugin': 'pod-doctor', 'data.agent': 'mend' };
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
  const { id, type, subject, severity, data } = event;
  // The agent was asked about the first event of the alert, whichever comes here first.
  const news: Partial<Case> = count === 1 ? { event: id } : { count };
  if (found) return void (await ctx.db.update('pod_cases', found.id, news));
  const remedy = remedyOf(type, data);
  await ctx.db.insert('pod_cases', {
    ...{ alert: event.alert?.id, event: id },
    status: 'open',
    report: null,
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
 * Nobody touches a pod before an admin says yes: the question waits for that, and it is asked once. What became of it
 * is told here.
 */
hook<Answered>('agent.completed', { where: mine }, (ctx, { data }) =>
  close(ctx, data.event_id, { status: 'mended', report: data.result.text }),
);
hook<Answered>('agent.failed', { where: mine }, (ctx, { data }) =>
  close(ctx, data.event_id, { status: 'left', report: data.error.message }),
);

async function close(ctx: Context, event: string, ending: { status: 'mended' | 'left'; report: string }) {
  const [found] = await ctx.db.query('pod_cases', { event }, { limit: 1 });
  // The agent may be faster than the hook that opens the case.
  if (!found) throw new Error(`there is no case of the event ${event} yet`);
  return ctx.db.update('pod_cases', found.id, { ...ending });
}
