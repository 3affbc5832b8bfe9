/** Origins of the source storm that are asked by plugins, that ask, or that are followed: see `origins.ts`. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Etcd3 } from 'etcd3';
import type { Client } from '../support/annex.js';
import { startA2aProcess } from '../support/a2a-process.js';
import { install } from '../support/deployment.js';
import { startEtcd } from '../support/etcd-server.js';
import { countEvents, pause, stand, type Origin } from './origins.js';

/** How an origin that is polled answers instead of well. */
const oddAnswers: Record<string, (answer: ServerResponse, url: string) => void> = {
  'the polled origin answers 500': (answer) => answer.writeHead(500).end('not now'),
  'the polled origin cuts its answer': (answer) => {
    answer.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('[1, 2');
    setTimeout(() => answer.destroy(), 50);
  },
  'the polled origin answers with a page': (answer) =>
    answer.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Maintenance</h1>'),
  'the polled origin sends in a circle': (answer, url) => answer.writeHead(302, { location: url }).end(),
  'the polled origin never answers': (answer) => void setTimeout(() => answer.destroy(), 3000),
};

/** A list that a plugin polls page by page. */
export async function pollOrigin(): Promise<Origin> {
  let last = 0;
  let odd: { answer: (answer: ServerResponse, url: string) => void; seen: () => void } | undefined;
  const server = createServer((request, answer) => {
    const url = request.url ?? '/';
    if (odd) {
      odd.answer(answer, url);
      odd.seen();
      return;
    }
    const after = Number(new URL(url, 'http://origin').searchParams.get('after'));
    const page = Array.from({ length: Math.max(0, Math.min(20, last - after)) }, (_, index) => after + 1 + index);
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const code = `import { source } from '@annex/sdk'
    source('list', {
      async poll(ctx, cursor) {
        const after = cursor ?? 0
        const answer = await ctx.http.get('http://${address}/items?after=' + after)
        if (!answer.ok) throw new Error('the origin answered ' + answer.status)
        const numbers = await answer.json()
        const events = numbers.map((n) => ({ id: n, type: 'poll.n', data: { n } }))
        return { events, cursor: numbers.at(-1) ?? after, more: numbers.length === 20 }
      },
    })`;
  const manifest = {
    ...{ slug: 'polls', permissions: ['outbound_http'], http: { allow: ['127.0.0.1'] } },
    sources: [{ name: 'list', type: 'poll', schedule: '* * * * * *', events: ['poll.*'] }],
  };
  const faults = Object.entries(oddAnswers).map(([name, answer]) => [
    name,
    async () => {
      await new Promise<void>((seen) => (odd = { answer, seen }));
      odd = undefined;
    },
  ]);
  return {
    name: 'polls.list',
    address,
    setUp: (client) => install(client, { manifest, code }),
    ready: 'select 1',
    put: async (_, to) => void (last = to),
    ...countEvents('polls.list', `type = 'poll.n'`, `data->>'n'`),
    faults: Object.fromEntries(faults) as Origin['faults'],
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A sender that says everything again until it is answered. */
export async function sendingOrigin(): Promise<Origin> {
  let target: { url: string; slug: string } | undefined;
  let patienceMs = 8000;
  const send = async (n: number): Promise<boolean> => {
    if (!target) return false;
    const url = `${target.url}/hooks/${target.slug}/hears.in`;
    const body = JSON.stringify({ n });
    const headers = { 'content-type': 'application/json' };
    return fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(patienceMs) }).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  const manifest = {
    slug: 'hears',
    sources: [{ name: 'in', type: 'receive', auth: 'public', events: ['sent.*'] }],
  };
  const code = `import { source } from '@annex/sdk'
    source('in', {
      async receive(ctx) {
        const { n } = await ctx.request.json()
        return { events: [{ id: n, type: 'sent.n', data: { n } }] }
      },
    })`;
  return {
    name: 'hears.in',
    async setUp(client, tenant) {
      await install(client, { manifest, code });
      target = tenant;
    },
    ready: 'select 1',
    async put(from, to) {
      for (let n = from; n <= to; n += 1) while (!(await send(n))) await pause(100);
    },
    ...countEvents('hears.in', `type = 'sent.n'`, `data->>'n'`),
    faults: {
      async 'the sender hangs up before it is answered'() {
        patienceMs = 15;
        await pause(1000);
        patienceMs = 8000;
      },
    },
    close: async () => undefined,
  };
}

/** A prefix of an etcd, mirrored into the tenant's settings. It is judged by what etcd holds in the end. */
export async function etcdOrigin(slug: string): Promise<Origin> {
  const server = await startEtcd();
  const etcd = new Etcd3({ hosts: server.url });
  return {
    name: 'etcd',
    environment: {
      ANNEX_ETCD_URL: server.url,
      ANNEX_ETCD_MIRRORS: JSON.stringify([{ tenant: slug, prefix: '/storm/', into: 'storm/' }]),
    },
    setUp: async () => undefined,
    ready: 'select 1 from setting_mirrors where synced_at is not null',
    async put(from, to) {
      for (let n = from; n <= to; n += 1) {
        if (n % 7 === 0) await etcd.delete().key(`/storm/k${(n * 3) % 20}`);
        await etcd.put(`/storm/k${n % 20}`).value(String(n));
      }
    },
    moved: 'select max(revision) from setting_heads',
    faults: {
      'etcd is killed': () => server.restart(),
      'etcd stands still': () => stand(1500, server.signal),
    },
    async judge(sql) {
      const rows = await sql<{ key: string; value: number }>(
        `select key, value from settings where key like 'storm/%' order by key`,
      );
      const kept = Object.fromEntries(rows.map(({ key, value }) => [key.slice('storm/'.length), String(value)]));
      const held = await etcd.getAll().prefix('/storm/').strings();
      const wanted = Object.fromEntries(
        Object.entries(held).map(([key, value]) => [key.slice('/storm/'.length), value]),
      );
      const wrong = [...new Set([...Object.keys(kept), ...Object.keys(wanted)])].filter(
        (key) => kept[key] !== wanted[key],
      );
      // Between two full readings changes come in etcd's order, which is the numbers'.
      const [late] = await sql<{ n: number }>(
        `select count(*)::int as n from (select (value #>> '{}')::int as n,
           lag((value #>> '{}')::int) over (partition by key order by revision) as before
         from setting_changes where op = 'put') told where n <= before`,
      );
      return [
        ...wrong.map((key) => `etcd: ${key} is ${kept[key]} here and ${wanted[key]} there`),
        ...(late?.n ? [`etcd: ${late.n} older values after newer ones`] : []),
      ];
    },
    async close() {
      etcd.close();
      await server.close();
    },
  };
}

/** Asks an agent once about each pod that restarts. */
export const asker = {
  manifest: { slug: 'asker', events: ['nothing'], permissions: ['agents.call'], secrets: ['AGENT_URL'] },
  code: `import { hook } from '@annex/sdk'
      hook('nothing', () => null)`,
  files: {
    'agents/fix.yaml': `api_version: v1
on: ["pod.restart"]
agent: { protocol: a2a, url: "\${SECRET:AGENT_URL}" }
prompt: "Pod {{ subject }} restarted"
retry: { max_attempts: 20, initial_delay_s: 1, max_delay_s: 2 }
`,
  },
};

/** An agent that is asked about each number: one task each, however often the question is sent. */
export async function agentOrigin(): Promise<Origin> {
  const agent = await startA2aProcess();
  let client: Client | undefined;
  return {
    name: 'agent',
    address: new URL(agent.url).host,
    async setUp(mine) {
      await mine.put('/api/secrets/AGENT_URL', { value: agent.url });
      await install(mine, asker);
      client = mine;
    },
    ready: 'select 1',
    async put(from, to) {
      for (let n = from; n <= to; n += 1) {
        const event = { id: `restart-${n}`, type: 'pod.restart', subject: `pod-${n}`, data: {} };
        const ask = (): Promise<boolean> =>
          (client as Client).post('/api/events', event).then(
            ({ status }) => status === 202 || status === 200,
            () => false,
          );
        while (!(await ask())) await pause(100);
      }
      await pause(1000);
    },
    moved: `select count(*) from events where type = 'agent.completed'`,
    faults: {
      async 'the agent is killed'() {
        await agent.kill();
        await agent.start();
      },
      'the agent stands still': () => stand(1500, agent.signal),
    },
    async judge(sql, last) {
      const tasks = agent.tasks();
      const rows = await sql<{ delivery: string }>(
        `select data->>'delivery_id' as delivery from events where type = 'agent.completed'`,
      );
      const asked = new Set(tasks.map(({ messageId }) => messageId));
      const told = new Set(rows.map(({ delivery }) => delivery));
      return [
        ...(told.size < last ? [`agent: ${last - told.size} of ${last} questions without an answer`] : []),
        ...(rows.length > told.size ? [`agent: ${rows.length - told.size} answers told twice`] : []),
        ...(tasks.length > asked.size ? [`agent: ${tasks.length - asked.size} asked twice`] : []),
        ...(asked.size > last ? [`agent: ${asked.size - last} that nobody asked`] : []),
      ];
    },
    close: () => agent.stop(),
  };
}

/**
 * Events that say the same several times, through a mapping that lets one of them through. What is remembered of a key
 * is written with the event and its runs: apart from them, a key could be marked and its event lost.
 */
export async function saidOrigin(): Promise<Origin> {
  let client: Client | undefined;
  const sayers = 3;
  const plugin = {
    manifest: { slug: 'hears-said', events: ['work.asked'] },
    code: `import { hook } from '@annex/sdk'
      hook('work.asked', (ctx, { data }) => ctx.emit('work.done', { n: data.n }))`,
    files: {
      'mappings/said.yaml': `api_version: v1
mappings:
  - { type: work.said, to: work.asked, severity: warning, dedupe: { key: "{{ data.n }}", window_s: 86400 } }
`,
    },
  };
  const say = async (n: number, sayer: number): Promise<void> => {
    for (let attempt = 0; ; attempt += 1) {
      // Another event each time: only the mapping knows that it is the same.
      const event = { id: `said/${n}/${sayer}/${attempt}`, type: 'work.said', data: { n } };
      const status = await (client as Client).post('/api/events', event).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 202) return;
      await pause(100);
    }
  };
  return {
    name: 'said',
    async setUp(mine) {
      await install(mine, plugin);
      client = mine;
    },
    ready: 'select 1',
    async put(from, to) {
      for (let n = from; n <= to; n += 1)
        await Promise.all(Array.from({ length: sayers }, (_, sayer) => say(n, sayer)));
    },
    moved: `select count(*) from events where type = 'work.done'`,
    faults: {},
    async judge(sql, last) {
      const [found] = await sql<{ keys: number; passed: number; done: number; kept: number }>(
        `select count(distinct data->>'n')::int as keys, count(*) filter (where type = 'work.done')::int as done,
           count(*) filter (where type = 'work.asked' and suppressed_by is null)::int as passed,
           count(*) filter (where suppressed_by is not null)::int as kept
         from events where type in ('work.asked', 'work.done')`,
      );
      const { keys = 0, passed = 0, done = 0, kept = 0 } = found ?? {};
      return [
        ...(done < last ? [`said: ${last - done} of ${last} lost`] : []),
        ...(passed > keys || done > keys ? [`said: ${Math.max(passed, done) - keys} handled twice`] : []),
        ...(kept < last * (sayers - 1) ? [`said: ${last * (sayers - 1) - kept} not kept back`] : []),
      ];
    },
    close: async () => undefined,
  };
}
