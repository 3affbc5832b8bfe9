/** Against an API server of the suite’s own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '@annex/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testCertificate } from '../../../egress/src/test-certificate.js';
import { checkConnection, openConnection, type GivenEvent } from '../../../../test/support/connection.js';
import {
  startKubernetesApi,
  type KubernetesApi,
  type KubernetesObject,
} from '../../../../test/support/kubernetes-api.js';
import { kubernetes } from './kubernetes.js';

let api: KubernetesApi;
beforeEach(async () => {
  api = await startKubernetesApi();
});
afterEach(() => api.close());

const now = (): string => new Date().toISOString();
const restarted = (name: string, restarts: number, over: object = {}): KubernetesObject => ({
  metadata: { name, labels: { app: 'shop' } },
  spec: { nodeName: 'node-1' },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'web',
        image: 'shop:1',
        restartCount: restarts,
        state: { running: { startedAt: now() } },
        ...(restarts > 0 && {
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: now() } },
        }),
        ...over,
      },
    ],
  },
});
const deployment = (name: string, replicas: number): KubernetesObject => ({ metadata: { name }, spec: { replicas } });
const kinds = (events: readonly GivenEvent[]): string[] => events.map(({ type, subject }) => `${type} ${subject}`);
const pods = (): JsonObject => ({ server: api.url, pods: true });
const deployments = (): JsonObject => ({ server: api.url, resources: ['apps/v1/deployments'] });

describe('what happens to pods', () => {
  it('is told once each: restarts, memory, waiting and probes', async () => {
    const opened = await openConnection(kubernetes, pods());
    api.put('v1/pods', restarted('web-1', 0));
    api.put('v1/pods', restarted('web-1', 1));
    api.put('v1/pods', {
      metadata: { name: 'web-2' },
      status: {
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3', lastTransitionTime: now() },
        ],
      },
    });
    const first = await opened.take(3);
    expect(kinds(first).toSorted()).toEqual(['pod.oom_kill web-1', 'pod.pending web-2', 'pod.restart web-1']);
    expect(first.find(({ type }) => type === 'pod.restart')?.data).toMatchObject({
      regarding: { kind: 'Pod', name: 'web-1', namespace: 'default' },
      container: 'web',
      reason: 'OOMKilled',
      exit_code: 137,
      count: 1,
      node: 'node-1',
    });
    api.put('v1/events', {
      metadata: { name: 'web-1.1' },
      involvedObject: { kind: 'Pod', name: 'web-1', namespace: 'default', uid: 'u' },
      reason: 'Unhealthy',
      message: 'Readiness probe failed: HTTP 503',
      count: 4,
      lastTimestamp: now(),
    });
    const [probe] = await opened.take(1);
    expect(probe).toMatchObject({ type: 'probe.failed', subject: 'web-1', data: { count: 4, reason: 'Unhealthy' } });
    await opened.close();
  });

  it('before the source began is not told, and what KHook calls it can be its name', async () => {
    const old = '2020-01-01T00:00:00Z';
    const long = {
      state: { running: { startedAt: old } },
      lastState: { terminated: { reason: 'Error', finishedAt: old } },
    };
    api.put('v1/pods', restarted('old', 7, long));
    const opened = await openConnection(kubernetes, { ...pods(), names: 'khook' });
    api.put('v1/pods', restarted('new', 1));
    expect(kinds(await opened.take(2)).toSorted()).toEqual(['oom-kill new', 'pod-restart new']);
    await opened.close();
  });
});

describe('what happens to pods of a cluster that is odd', () => {
  it.each([-3600_000, 3600_000])('is told by the clock of the cluster: %i ms ahead', async (aheadMs) => {
    const cluster = await startKubernetesApi({ aheadMs });
    const there = (agoMs: number): string => new Date(Date.now() + aheadMs - agoMs).toISOString();
    const ended = (agoMs: number): object => ({
      state: { running: { startedAt: there(agoMs) } },
      lastState: { terminated: { reason: 'Error', finishedAt: there(agoMs) } },
    });
    cluster.put('v1/pods', restarted('long-ago', 1, ended(1200_000)));
    cluster.put('v1/pods', restarted('just-now', 1, ended(10_000)));
    const opened = await openConnection(kubernetes, { server: cluster.url, pods: true }, { beginnings: 0 });
    expect(kinds(await opened.take(1))).toEqual(['pod.restart just-now']);
    await opened.close();
    await cluster.close();
  });

  it('is told when a time cannot be read, and without a uid', async () => {
    const opened = await openConnection(kubernetes, pods());
    const said = { involvedObject: { kind: 'Pod', name: 'web-1' }, reason: 'Unhealthy', lastTimestamp: 'yesterday' };
    api.put('v1/events', { metadata: { name: 'a', uid: '' }, ...said });
    api.put('v1/events', { metadata: { name: 'b', uid: '' }, ...said });
    const told = await opened.take(2);
    expect(kinds(told)).toEqual(['probe.failed web-1', 'probe.failed web-1']);
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
    await opened.close();
  });
});

describe('what is no API server', () => {
  const list = (more: object = {}): string =>
    JSON.stringify({ kind: 'ConfigMapList', metadata: { resourceVersion: '1', ...more }, items: [] });
  it.each<[string, (url: string) => { status?: number; body: string }]>([
    ['The API server answers 302 to .*Redirects are not followed', () => ({ status: 302, body: 'moved' })],
    ['The API server answers 502 to ', () => ({ status: 502, body: '<h1>Bad Gateway</h1>' })],
    ['says what is no JSON', () => ({ body: '<h1>Sign in</h1>' })],
    ['the same page of a list again and again', () => ({ body: list({ continue: 'again' }) })],
    ['a change of nothing', (url) => ({ body: url.includes('watch=') ? '{"type":"ADDED","object":null}\n' : list() })],
    ['what is no JSON', (url) => ({ body: url.includes('watch=') ? '{"type":"ADDED",\n' : list() })],
  ])('ends the connection and says so: %s', async (message, answerTo) => {
    const server = createServer((request, answer) => {
      const { status = 200, body } = answerTo(request.url ?? '');
      answer.writeHead(status).end(body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const reading = async (): Promise<void> => {
      const opened = await openConnection(kubernetes, { server: url, resources: ['v1/configmaps'] }, { beginnings: 0 });
      await opened.next();
    };
    await expect(reading()).rejects.toThrow(new RegExp(message));
    server.close();
  });
});

describe('objects of any kind', () => {
  it('come as they change, and after a break exactly the rest', async () => {
    api.put('apps/v1/deployments', deployment('a', 1));
    const first = await openConnection(kubernetes, deployments(), { beginnings: 0 });
    expect(kinds(await first.take(1))).toEqual(['kubernetes.added Deployment/default/a']);
    api.put('apps/v1/deployments', deployment('a', 2));
    const [modified] = await first.take(1);
    expect(modified).toMatchObject({ type: 'kubernetes.modified', data: { object: { spec: { replicas: 2 } } } });
    const { cursor } = first;
    await first.die();
    api.put('apps/v1/deployments', deployment('b', 1));
    api.delete('apps/v1/deployments', 'a');
    const second = await openConnection(kubernetes, deployments(), { cursor });
    expect(kinds(await second.take(2))).toEqual([
      'kubernetes.added Deployment/default/b',
      'kubernetes.deleted Deployment/default/a',
    ]);
    await second.close();
  });

  it('that the server has forgotten are listed again: none is lost, and none has another id', async () => {
    for (const name of ['a', 'b', 'c']) api.put('apps/v1/deployments', deployment(name, 1));
    const opened = await openConnection(kubernetes, deployments(), { beginnings: 0 });
    const seen = await opened.take(3);
    api.delete('apps/v1/deployments', 'b');
    seen.push(...(await opened.take(1)));
    // While nobody is connected, one changes, one comes and one goes, and the past is forgotten.
    api.refuse(500);
    api.cut();
    api.put('apps/v1/deployments', deployment('a', 5));
    api.put('apps/v1/deployments', deployment('d', 1));
    api.delete('apps/v1/deployments', 'c');
    api.forget();
    api.refuse(undefined);
    const rest: GivenEvent[] = [];
    while (!rest.some(({ type }) => type === 'kubernetes.deleted')) rest.push(...(await opened.take(1)));
    expect(kinds(rest).toSorted()).toEqual([
      'kubernetes.added Deployment/default/d',
      'kubernetes.deleted Deployment/default/c',
      'kubernetes.modified Deployment/default/a',
    ]);
    const ids = [...seen, ...rest].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    await opened.close();
  });

  it('go on from a bookmark where nothing of theirs changed', async () => {
    const opened = await openConnection(kubernetes, deployments());
    api.put('v1/configmaps', { metadata: { name: 'noise' } });
    const next = opened.take(1);
    api.bookmark();
    api.endWatches();
    api.put('apps/v1/deployments', deployment('a', 1));
    expect(kinds(await next)).toEqual(['kubernetes.added Deployment/default/a']);
    await opened.close();
  });

  it('are many: a list comes in pages, and nothing of it moves the cursor before its end', async () => {
    for (let n = 0; n < 620; n += 1) api.put('apps/v1/deployments', deployment(`d${n}`, 1));
    const opened = await openConnection(kubernetes, deployments(), { beginnings: 0 });
    const taken: GivenEvent[] = [];
    while (taken.length < 620) {
      const batch = await opened.next();
      taken.push(...(batch.events as unknown as GivenEvent[]));
      const { versions = {} } = (batch.cursor ?? {}) as { versions?: object };
      expect(Object.keys(versions)).toHaveLength(taken.length < 620 ? 0 : 1);
      expect(batch.events.length).toBeLessThanOrEqual(200);
    }
    expect(new Set(taken.map(({ id }) => id)).size).toBe(620);
    await opened.close();
  });
});

describe('a cluster that asks who it is', () => {
  it('is believed with its certificate, and asked with the token of a kubeconfig', async () => {
    const guarded = await startKubernetesApi({ token: 'secret-token', tls: testCertificate });
    const base64 = Buffer.from(testCertificate.cert).toString('base64');
    const kubeconfig = (user: string): string => `
current-context: here
contexts: [{ name: here, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: '${guarded.url}', certificate-authority-data: ${base64} } }]
users: [{ name: u, user: ${user} }]`;
    try {
      await (await openConnection(kubernetes, { kubeconfig: kubeconfig('{ token: secret-token }') })).close();
      await expect(openConnection(kubernetes, { kubeconfig: kubeconfig('{ token: wrong }') })).rejects.toThrow(
        'answers 401',
      );
      await expect(
        openConnection(kubernetes, { kubeconfig: kubeconfig('{ exec: { command: /bin/sh } }') }),
      ).rejects.toThrow('has exec, which Annex does not follow');
      await expect(openConnection(kubernetes, { server: guarded.url, token: 'secret-token' })).rejects.toThrow(
        /certificate/,
      );
    } finally {
      await guarded.close();
    }
  });

  it.each([403, 500])('says why it answers %s', async (status) => {
    api.refuse(status);
    await expect(openConnection(kubernetes, pods())).rejects.toThrow(`answers ${status}`);
    await expect(checkConnection(kubernetes, pods())).rejects.toThrow(`answers ${status}`);
    api.refuse(undefined);
    await checkConnection(kubernetes, pods());
  });
});
