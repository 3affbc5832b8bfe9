/** Agents of packages, asked over the A2A SDK’s server and a language model: each question once, without a place. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TaskState } from '@a2a-js/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startA2aServer, type A2aServer } from '../support/a2a-server.js';
import { packPlugin, startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

const token = 'agent-token-0123456789';
let agent: A2aServer;
let model: Server;
let prompts: string[];
let annex: TestAnnex;
let tenant: TestTenant;

beforeAll(async () => {
  agent = await startA2aServer({ token });
  model = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      prompts.push(Buffer.concat(chunks).toString());
      const choices = [{ message: { role: 'assistant', content: 'restart it' }, finish_reason: 'stop' }];
      const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ model: 'tiny', choices, usage }));
    });
  });
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve));
  const { port } = model.address() as AddressInfo;
  annex = await startTestAnnex({
    ANNEX_EGRESS_ALLOW_PRIVATE: new URL(agent.url).host,
    LLM_BASE_URL: `http://127.0.0.1:${port}/v1`,
    LLM_API_KEY: 'sk-operator',
    LLM_MODEL: 'tiny',
  });
});
afterAll(async () => {
  await annex.stop();
  await agent.stop();
  model.closeAllConnections();
  await new Promise((resolve) => model.close(resolve));
});
beforeEach(async () => {
  agent.asked.length = 0;
  agent.cancelled.length = 0;
  agent.onAsked = () => undefined;
  agent.losesAnswerTo = () => false;
  prompts = [];
  tenant = await annex.makeTenant();
});

const secrets = { AGENT_URL: '', AGENT_TOKEN: token };
const plain = `api_version: v1
on: ["pod.restart"]
agent: { protocol: a2a, url: "\${SECRET:AGENT_URL}", bearer: "\${SECRET:AGENT_TOKEN}" }
prompt: "Pod {{ subject }} restarted: {{ data.reason }}"
`;

/** Hears what agents said, and asks one by itself. */
const code = `import { hook, job } from '@annex/sdk'
  hook('agent.*', (ctx, event) => ctx.kv.set('heard/' + event.type, event.data))
  job('ask', (ctx, data) => ctx.agents.send('fix', data))
  job('count', (ctx) => ctx.kv.incr('counted'))`;
const manifest = {
  slug: 'doctor',
  events: ['agent.*'],
  jobs: [{ name: 'ask' }, { name: 'count' }],
  permissions: ['agents.call', 'llm.use'],
  secrets: ['AGENT_URL', 'AGENT_TOKEN'],
};

async function install(file = plain, more: Record<string, string> = {}): Promise<void> {
  const files = { 'agents/fix.yaml': file, ...more };
  const installed = await tenant.install(
    { manifest, code, files },
    { secrets: { ...secrets, AGENT_URL: `${agent.url}/rpc` } },
  );
  expect(installed.status, JSON.stringify(installed.body)).toBe(200);
}

const restart = (subject = 'web-1', more: object = {}): Promise<Answer> =>
  tenant.owner.post('/api/events', { type: 'pod.restart', subject, data: { reason: 'OOM' }, ...more });
const questions = async (query = ''): Promise<Answer['body'][]> =>
  (await tenant.owner.get(`/api/agents/questions?limit=200&${query}`)).body.items as Answer['body'][];
const question = (is: (question: Answer['body']) => boolean): Promise<Answer['body']> =>
  until(
    async () => (await questions())[0] ?? {},
    (one) => is(one),
  );
const detail = async (id: string): Promise<Answer['body']> =>
  (await tenant.owner.get(`/api/agents/questions/${id}`)).body;
const heard = (type: string): Promise<Answer['body']> =>
  until(
    async () => (await tenant.owner.get(`/api/plugins/doctor/kv/${encodeURIComponent(`heard/${type}`)}`)).body,
    ({ value }) => value !== undefined,
  ).then(({ value }) => value);

describe('an A2A agent', () => {
  it('is asked about an event once, works without a place, and its answer becomes an event', async () => {
    await install();
    await restart();
    const working = await question(({ waiting_for: waits }) => waits === 'agent');
    expect(working).toMatchObject({ agent: 'fix', plugin: 'doctor', status: 'queued', state: 'working' });
    expect(working.task_id).toBe(agent.asked[0]!.taskId);
    expect(agent.asked).toMatchObject([{ messageId: working.id, text: 'Pod web-1 restarted: OOM' }]);
    expect(agent.headers['authorization']).toBe(`Bearer ${token}`);
    await agent.answer(working.task_id, 'it needs more memory');
    const done = await question(({ status }) => status === 'succeeded');
    expect(await detail(done.id)).toMatchObject({
      prompt: 'Pod web-1 restarted: OOM',
      answer: { text: 'it needs more memory', state: 'completed' },
      attempts: [{ request: { url: '${SECRET:AGENT_URL}' }, response: { status: 200 }, error: null }],
    });
    expect(await heard('agent.completed')).toMatchObject({
      agent: 'fix',
      plugin: 'doctor',
      delivery_id: done.id,
      event_type: 'pod.restart',
      result: { text: 'it needs more memory' },
    });
    const { body: run } = await tenant.owner.get(`/api/runs/${done.run_id}`);
    expect(run.attempts).toHaveLength(1);
    expect(agent.asked).toHaveLength(1);
  });

  it('is asked about events that pass its filter, and what its answer becomes is the package’s to say', async () => {
    await install(`${plain}where: { severity: critical }\nresult: transforms/after.ts#after\n`, {
      'transforms/after.ts': `export const after = (answer: any, event: any) =>
        ({ said: answer.text.length, of: event.subject })`,
    });
    agent.onAsked = () => ({ text: 'four', state: TaskState.TASK_STATE_COMPLETED });
    await restart('calm');
    await restart('loud', { severity: 'critical' });
    await question(({ status }) => status === 'succeeded');
    expect(await heard('agent.completed')).toMatchObject({ result: { said: 4, of: 'loud' } });
    expect(agent.asked.map(({ text }) => text)).toEqual(['Pod loud restarted: OOM']);
  });

  it('that says no has failed for good, is not asked again, and tells it by an event', async () => {
    await install(`${plain}retry: { max_attempts: 5, initial_delay_s: 0 }\n`);
    agent.onAsked = () => ({ text: 'not my job', state: TaskState.TASK_STATE_REJECTED });
    await restart();
    const failed = await question(({ status }) => status === 'failed');
    expect(failed.error).toMatchObject({ code: 'AGENT_FAILED', message: expect.stringContaining('not my job') });
    expect(await heard('agent.failed')).toMatchObject({ agent: 'fix', error: { code: 'AGENT_FAILED' } });
    expect(agent.asked).toHaveLength(1);
  });

  it('whose answer to the question was lost is found again and not asked twice', async () => {
    await install(`${plain}retry: { max_attempts: 5, initial_delay_s: 0 }\n`);
    let losses = 0;
    agent.losesAnswerTo = (method) => method === 'SendMessage' && (losses += 1) === 1;
    await restart();
    const working = await question(({ waiting_for: waits }) => waits === 'agent');
    expect(losses).toBe(1);
    expect(agent.asked).toMatchObject([{ messageId: working.id, taskId: working.task_id }]);
    await agent.answer(working.task_id, 'found');
    await question(({ status }) => status === 'succeeded');
    expect(agent.asked).toHaveLength(1);
  });

  it('that goes away while it works is waited for, and one that took too long is told to stop', async () => {
    await install(plain.replace('bearer', 'timeout_s: 8, bearer'));
    await restart();
    const working = await question(({ waiting_for: waits }) => waits === 'agent');
    await agent.away();
    await until(
      () => detail(working.id),
      ({ polls }) => polls >= 2,
    );
    await agent.back();
    const late = await question(({ status }) => status === 'failed');
    expect(late.error.code).toBe('AGENT_TIMEOUT');
    expect(agent.cancelled).toEqual([working.task_id]);
    expect(agent.asked).toHaveLength(1);
  });

  it('is found by the card of a bare address, at the host that was written down', async () => {
    const installed = await tenant.install(
      { manifest, code, files: { 'agents/fix.yaml': plain } },
      { secrets: { ...secrets, AGENT_URL: agent.url } },
    );
    expect(installed.status).toBe(200);
    agent.onAsked = () => ({ text: 'here', state: TaskState.TASK_STATE_COMPLETED });
    const asked = await tenant.owner.post('/api/agents/fix/test', { data: { reason: 'test' } });
    expect(asked).toMatchObject({ status: 202, body: { status: 'queued' } });
    await question(({ status }) => status === 'succeeded');
    expect(agent.asked).toMatchObject([{ messageId: asked.body.id, text: 'Pod fix restarted: test' }]);
  });

  it('that is cancelled is told so', async () => {
    await install();
    await restart();
    const working = await question(({ waiting_for: waits }) => waits === 'agent');
    const { body } = await tenant.owner.post(`/api/agents/questions/${working.id}/cancel`);
    expect(body).toMatchObject({ id: working.id, status: 'cancelled' });
    expect(agent.cancelled).toEqual([working.task_id]);
    expect((await tenant.owner.post(`/api/agents/questions/${working.id}/cancel`)).body.code).toBe('QUESTION_ENDED');
  });

  it('holds no place: a hundred of them wait, and other work goes on', async () => {
    await install();
    for (let n = 0; n < 100; n += 1) await restart(`pod-${n}`, { id: `restart-${n}` });
    // Some of them are looked at just now, so that never all wait at one moment.
    await until(
      () => Promise.resolve(agent.asked.length),
      (asked) => asked === 100,
    );
    const { body: run } = await tenant.owner.post('/api/plugins/doctor/jobs/count/run-now?wait=30');
    expect(run.status).toBe('succeeded');
    for (const { taskId } of agent.asked) await agent.answer(taskId, 'done');
    await until(
      () => questions('status=succeeded'),
      (done) => done.length === 100,
    );
    expect(agent.asked).toHaveLength(100);
    expect(new Set(agent.asked.map(({ messageId }) => messageId)).size).toBe(100);
  });

  it('of a private address is not reached', async () => {
    const installed = await tenant.install(
      { manifest, code, files: { 'agents/fix.yaml': `${plain}retry: { max_attempts: 1 }\n` } },
      { secrets: { ...secrets, AGENT_URL: 'http://127.0.0.1:9/rpc' } },
    );
    expect(installed.status).toBe(200);
    await restart();
    const failed = await question(({ status }) => status === 'failed');
    expect(failed.error.message).toContain('EGRESS_');
  });
});

describe('when an agent is not asked as it should be, one call says why', () => {
  const dedupe = `api_version: v1
mappings:
  - { source: k8s, type: pod.crash, to: pod.restart, dedupe: { key: "{{ subject }}", window_s: 600 } }
`;
  const crash = async (more: object = {}): Promise<Answer['body']> => {
    const event = { type: 'pod.crash', source: 'k8s', subject: 'web-1', data: { reason: 'OOM' }, ...more };
    return (await tenant.owner.post('/api/events', event)).body;
  };
  const eventOf = async ({ event_id: id }: Answer['body']): Promise<Answer['body']> =>
    (await tenant.owner.get(`/api/events/${id}`)).body;

  it('the event: mapped, kept back as one that is known, left out by a filter, or the plugin is off', async () => {
    await install(`${plain}where: { severity: critical }\n`, { 'mappings/crash.yaml': dedupe });
    const left = await eventOf(await crash());
    expect(left).toMatchObject({
      type: 'pod.restart',
      raw_type: 'pod.crash',
      mapped_from: expect.stringContaining('crash'),
    });
    const over = { plugin: 'doctor', kind: 'webhook', name: 'fix' };
    expect(left.passed_over).toEqual([{ ...over, reason: 'where' }]);
    const known = await crash({ severity: 'critical' });
    expect(await eventOf(known)).toMatchObject({ suppressed_by: { reason: 'window' }, deliveries: [] });
    expect((await tenant.owner.get('/api/alerts?status=firing')).body.items).toMatchObject([{ count: 2 }]);
    const tried = await tenant.owner.post('/api/mappings/test', { events: [{ type: 'pod.crash', source: 'x' }] });
    expect(tried.status).toBe(200);
    await tenant.owner.post('/api/plugins/doctor/disable');
    expect((await tenant.owner.get('/api/agents/fix')).body).toMatchObject({ status: 'inactive' });
    const { body } = await restart('web-2', { severity: 'critical' });
    expect((await eventOf(body)).passed_over).toEqual([
      { plugin: 'doctor', kind: 'webhook', name: 'fix', reason: 'off' },
    ]);
    const stranger = await annex.makeTenant();
    expect((await stranger.owner.get(`/api/events/${body.event_id}`)).status).toBe(404);
  });

  it('the question: the agent refuses its token; and a new one holds at once', async () => {
    await install(`${plain}retry: { max_attempts: 1 }\n`);
    await tenant.owner.put('/api/plugins/doctor/secrets/AGENT_TOKEN', { value: 'another-token-012345' });
    await restart();
    const refused = await question(({ status }) => status === 'failed');
    expect(await detail(refused.id)).toMatchObject({
      error: { code: 'DELIVERY_FAILED', message: expect.stringContaining('HTTP_401') },
      attempts: [{ response: { status: 401 } }],
    });
    const { body: run } = await tenant.owner.get(`/api/runs/${refused.run_id}`);
    expect(run).toMatchObject({ event_id: refused.event_id, error: { code: 'DELIVERY_FAILED' } });
    expect((await tenant.owner.get('/api/runs?status=failed')).body.items).toMatchObject([{ id: refused.run_id }]);
    expect((await tenant.owner.patch('/api/plugins/doctor', { log_level: 'debug' })).status).toBe(200);
    await tenant.owner.put('/api/plugins/doctor/secrets/AGENT_TOKEN', { value: token });
    agent.onAsked = () => ({ text: 'fixed', state: TaskState.TASK_STATE_COMPLETED });
    await tenant.owner.post(`/api/agents/questions/${refused.id}/replay`);
    await question(({ status }) => status === 'succeeded');
  });
});

describe('a question that needs a yes', () => {
  const approved = `${plain}approval: required\n`;

  it('waits for an admin, is asked then, and who said so is written down', async () => {
    await install(approved);
    await restart();
    const waiting = await question(({ waiting_for: waits }) => waits === 'approval');
    expect(waiting.approval).toMatchObject({ status: 'pending', by: null });
    // What is going to be sent stands there before anybody can say yes.
    expect(await detail(waiting.id)).toMatchObject({ prompt: 'Pod web-1 restarted: OOM', asked_at: null });
    expect(await heard('agent.approval_required')).toMatchObject({
      ...{ agent: 'fix', plugin: 'doctor', delivery_id: waiting.id, event_type: 'pod.restart' },
      prompt: 'Pod web-1 restarted: OOM',
      expires_at: waiting.approval.expires_at,
    });
    await until(
      async () => (await fetch(`${annex.url}/metrics`)).text(),
      (metrics) => /^annex_agent_questions\{state="approval"\} [1-9]/m.test(metrics),
    );
    expect(agent.asked).toEqual([]);
    const path = `/api/agents/questions/${waiting.id}/approve`;
    expect((await (await tenant.as('developer')).post(path)).status).toBe(403);
    const stranger = await annex.makeTenant();
    expect((await stranger.owner.post(path)).body.code).toBe('QUESTION_NOT_FOUND');
    agent.onAsked = () => ({ text: 'fixed', state: TaskState.TASK_STATE_COMPLETED });
    expect((await tenant.owner.post(path)).body.approval.status).toBe('approved');
    expect((await tenant.owner.post(path)).body.code).toBe('QUESTION_DECIDED');
    await question(({ status }) => status === 'succeeded');
    const { items } = (await tenant.owner.get('/api/audit?limit=20')).body;
    expect(items).toContainEqual(expect.objectContaining({ action: 'agent.question_approved', target: waiting.id }));
  });

  it('is asked with the words that were approved, though the package has others by then', async () => {
    await install(approved);
    await restart();
    const waiting = await question(({ waiting_for: waits }) => waits === 'approval');
    const files = { 'agents/fix.yaml': approved.replace('Pod', 'Delete the pod') };
    const upgraded = await tenant.owner.upload(
      packPlugin({ manifest: { ...manifest, version: '2.0.0' }, code, files }),
    );
    expect(upgraded.body.version).toBe('2.0.0');
    agent.onAsked = () => ({ text: 'fixed', state: TaskState.TASK_STATE_COMPLETED });
    await tenant.owner.post(`/api/agents/questions/${waiting.id}/approve`);
    await question(({ status }) => status === 'succeeded');
    expect(agent.asked.map(({ text }) => text)).toEqual(['Pod web-1 restarted: OOM']);
  });

  it('whose prompt cannot be made waits for nobody', async () => {
    await install(`${approved}retry: { max_attempts: 1 }\n`);
    await restart('web-1', { data: { reason: 'x'.repeat(140_000) } });
    const failed = await question(({ status }) => status === 'failed');
    expect(failed).toMatchObject({ error: { code: 'DELIVERY_INVALID' }, approval: null });
  });

  it('is not asked after a no', async () => {
    await install(approved);
    await restart();
    const waiting = await question(({ waiting_for: waits }) => waits === 'approval');
    await tenant.owner.post(`/api/agents/questions/${waiting.id}/reject`, { reason: 'not at night' });
    const ended = await question(({ status }) => status === 'skipped');
    expect(ended).toMatchObject({
      error: { code: 'AGENT_REJECTED', message: expect.stringContaining('not at night') },
      approval: { status: 'rejected', reason: 'not at night' },
    });
    expect(agent.asked).toEqual([]);
  });

  it('runs out of time, and waits anew when it is replayed', async () => {
    await install(`${approved}approval_expires_s: 1\n`);
    await restart();
    const late = await question(({ status }) => status === 'failed');
    expect(late).toMatchObject({ error: { code: 'AGENT_APPROVAL_EXPIRED' }, approval: { status: 'expired' } });
    await tenant.owner.post(`/api/agents/questions/${late.id}/replay`);
    const anew = await question(({ run_id: run, approval }) => run !== late.run_id && approval !== null);
    expect(anew).toMatchObject({ id: late.id });
  });
});

describe('a language model as an agent', () => {
  it('is asked for an event, and by ctx.agents.send', async () => {
    await install(`api_version: v1
on: ["pod.restart"]
agent: { protocol: llm, system: "Be brief." }
prompt: "What about {{ data.reason }}?"
`);
    await restart();
    await question(({ status }) => status === 'succeeded');
    expect(prompts[0]).toContain('What about OOM?');
    expect(await heard('agent.completed')).toMatchObject({ result: { text: 'restart it', model: 'tiny' } });
    const { body: run } = await tenant.owner.post('/api/plugins/doctor/jobs/ask/run-now?wait=30', {
      payload: { reason: 'a leak' },
    });
    expect(run.result).toMatchObject({ delivery_id: expect.stringMatching(/^dlv_/), status: 'queued' });
    await until(
      () => questions('status=succeeded'),
      (done) => done.length === 2,
    );
    expect(prompts[1]).toContain('What about a leak?');
  });
});

it('the faults of an agent’s file are told together, with their places', async () => {
  const file = `api_version: v1
on: ["Not An Event"]
where: { severty: x }
agent: { protocol: a2a, bearer: "\${SECRET:NOPE}", model: x }
prompt: "{{ data | nope }"
approval_expires_s: 5
retries: 1
`;
  const zip = packPlugin({ manifest, code, files: { 'agents/fix.yaml': file } });
  const { body } = await tenant.owner.upload(zip, {}, '/api/plugins/validate');
  const found = (body.errors as { pointer: string }[]).map(({ pointer }) => pointer);
  for (const pointer of [
    '/on/0',
    '/where',
    '/agent/url',
    '/agent/bearer',
    '/agent/model',
    '/approval_expires_s',
    '/retries',
  ])
    expect(found).toContain(`/agents/fix.yaml${pointer}`);
});
