/**
 * The work that goes on during the faults. Every piece has a key; its handler tells the sink (which no transaction can
 * take back) and emits
 * `work.done` (which is committed with the run's success or not at all); the handler of that and a webhook tell the
 * sink again.
 */
import type { PluginFiles } from '../support/annex.js';
import { seeded } from './seeded.js';
import type { Operation } from './checker.js';
import type { ClusterNode } from './cluster.js';
import type { Sink } from './sink.js';

/** What must have arrived at the sink for each piece of work. */
export const stages = ['do', 'follow', 'webhook'];

/** Names of the workload's handlers; their runs are judged. */
export const handlers = ['work.asked', 'work.done', 'chore'];

export function workload(sink: Sink, { ticks = true }: { ticks?: boolean } = {}): PluginFiles {
  const retry = { max_attempts: 10, backoff: 'fixed', initial_delay_s: 1 };
  return {
    manifest: {
      slug: 'work',
      routes: true,
      permissions: ['outbound_http', 'emit_webhook'],
      http: { allow: ['127.0.0.1'] },
      events: ['work.asked', 'work.done'],
      jobs: [
        { name: 'chore', overlap: 'allow', retry },
        ...(ticks
          ? [
              {
                name: 'tick',
                schedule: '* * * * * *',
                overlap: 'allow',
                catch_up: 'all',
                misfire_deadline_s: 3600,
                retry,
              },
            ]
          : []),
      ],
    },
    code: `
      import { hook, job, route } from '@annex/sdk'
      type Work = { key: string; ms: number }
      const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))
      async function tell(ctx: any, stage: string, key: string) {
        const answer = await ctx.http.post('${sink.url}/', { stage, key, run: ctx.run.id, attempt: ctx.run.attempt })
        if (!answer.ok) throw new Error('the sink answered ' + answer.status)
      }
      async function work(ctx: any, { key, ms }: Work) {
        await tell(ctx, 'do', key)
        await sleep(ms)
        await ctx.emit('work.done', { key })
      }
      hook<Work>('work.asked', (ctx, event) => work(ctx, event.data))
      hook<Work>('work.done', (ctx, event) => tell(ctx, 'follow', event.data.key))
      job<Work>('chore', work)
      ${ticks ? `job('tick', () => {})` : ''}
      route('/ask', { methods: ['POST'] }, async (ctx) => {
        const asked = await ctx.request.json() as Work
        await ctx.emit('work.asked', asked, { id: asked.key })
        return [{ asked: asked.key }, 202]
      })`,
    files: {
      'webhooks/done.yaml':
        `api_version: v1\non: ["work.done"]\ndelivery: { url: "${sink.url}/webhook" }\nretry: { max_attempts: 10, ` +
        `backoff: "fixed", initial_delay_s: 1 }\n`,
      // Of events that say the same thing one may go through, however often it is said and whatever dies in between.
      'mappings/said.yaml':
        `api_version: v1\nmappings:\n  - type: work.said\n    to: work.asked\n    severity: warning\n` +
        `    dedupe: { key: "{{ data.key }}", window_s: 3600 }\n`,
    },
  };
}

export interface Customer {
  slug: string;
  token: string;
}

export interface LoadOptions {
  apis: readonly ClusterNode[];
  customers: readonly Customer[];
  sink: Sink;
  seed: number;
  /**
   * Pieces of work asked for and not done, over which nobody asks for more: a slow machine gets less to do. Default 20.
   */
  maxOpen?: number;
  /** Longest pause of a client between two pieces, in milliseconds. Default 3000. */
  maxPauseMs?: number;
}

/** Clients that ask for work until they are stopped. */
export interface Load {
  operations: Operation[];
  /** Acknowledged and not done, as far as the sink knows. */
  open(): number;
  /** Answers by status, 0 for none. */
  answers: Map<number, number>;
  stop(): Promise<void>;
}

/** What clients ask for, as often as it stands here. */
const kinds: readonly Operation['kind'][] = ['event', 'mapped', 'job', 'route'];

/** A client waits so long for an answer, in milliseconds. */
const patienceMs = 8_000;

/** Asks for a piece of work, and answers the status; 0: there was no answer. */
async function ask(
  api: ClusterNode,
  { slug, token }: Customer,
  { key, kind, ms, attempt }: { key: string; kind: Operation['kind']; ms: number; attempt: number },
): Promise<number> {
  const [path, body] = {
    event: ['/api/events', { id: key, type: 'work.asked', data: { key, ms } }] as const,
    // Another event each time: only the mapping knows that it is the same work.
    mapped: ['/api/events', { id: `${key}/${attempt}`, type: 'work.said', data: { key, ms } }] as const,
    job: ['/api/plugins/work/jobs/chore/run-now', { payload: { key, ms } }] as const,
    route: ['/ext/work/ask', { key, ms }] as const,
  }[kind];
  const headers = {
    authorization: `Bearer ${token}`,
    'x-tenant-slug': slug,
    'content-type': 'application/json',
    ...(kind === 'job' && { 'idempotency-key': key }),
  };
  try {
    const response = await fetch(`${api.url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

export function startLoad({ apis, customers, sink, seed, maxOpen = 20, maxPauseMs = 3000 }: LoadOptions): Load {
  const operations: Operation[] = [];
  const answers = new Map<number, number>();
  const over = new AbortController();
  const done = sink.seen('follow');
  let acknowledged = 0;
  const open = (): number => acknowledged - done.size;

  const run = async (customer: Customer, name: string, random: () => number): Promise<void> => {
    for (let number = 0; !over.signal.aborted; number += 1) {
      while (open() >= maxOpen && !over.signal.aborted) await pause(50);
      const kind = kinds[Math.floor(random() * kinds.length)] ?? 'event';
      const asked = { key: `${name}-${number}`, kind, ms: Math.round(20 + random() * 1500) } as const;
      const operation: Operation = { key: asked.key, kind, isAcknowledged: false };
      operations.push(operation);
      // Some clients ask again until they are answered, some never learn what became of it.
      const tries = random() < 0.8 ? 200 : 1;
      let isSaidAgain = false;
      let turn = Math.floor(random() * apis.length);
      for (let attempt = 0; attempt < tries; attempt += 1, turn += 1) {
        const api = apis[turn % apis.length];
        const status = api === undefined ? 0 : await ask(api, customer, { ...asked, attempt });
        answers.set(status, (answers.get(status) ?? 0) + 1);
        if (status >= 200 && status < 300) {
          if (!operation.isAcknowledged) acknowledged += 1;
          operation.isAcknowledged = true;
          // It is said twice, so that each piece has something to keep back.
          if (kind !== 'mapped' || isSaidAgain) break;
          isSaidAgain = true;
          continue;
        }
        if (over.signal.aborted && attempt > 60) break;
        await pause(250);
      }
      await pause(random() * maxPauseMs);
    }
  };
  const clients = customers.flatMap((customer, index) =>
    [0, 1].map((one) => run(customer, `s${seed}-${index}${one}`, seeded(seed * 1000 + index * 10 + one))),
  );
  return {
    operations,
    open,
    answers,
    async stop() {
      over.abort();
      await Promise.all(clients);
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
