/** Whether kubectl, which knows API servers well, understands the one of the suites. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './annex.js';
import { startKubernetesApi, type KubernetesApi } from './kubernetes-api.js';

/** Only on a person's own machine without one, never in CI. */
const mayLeaveOut = !process.env['CI'] && spawnSync('kubectl', ['version', '--client']).error !== undefined;

let api: KubernetesApi;
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'annex-kubectl-'));
  api = await startKubernetesApi();
  const container = { name: 'web', image: 'shop:1' };
  const pod = api.put('v1/pods', {
    metadata: { name: 'web-1', labels: { app: 'shop' } },
    spec: { nodeName: 'node-1', containers: [container] },
    status: {
      phase: 'Running',
      containerStatuses: [
        { ...container, restartCount: 3, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } },
      ],
    },
  });
  api.put('v1/pods', { metadata: { name: 'web-2', namespace: 'other' }, status: { phase: 'Pending' } });
  api.put('v1/events', {
    metadata: { name: 'web-1.1' },
    involvedObject: { kind: 'Pod', name: 'web-1', namespace: 'default', uid: pod.metadata.uid },
    ...{ reason: 'Unhealthy', message: 'Readiness probe failed', type: 'Warning' },
  });
  api.put('apps/v1/deployments', { metadata: { name: 'shop' }, spec: { replicas: 2 } });
  api.put('v1/configmaps', { metadata: { name: 'settings' }, data: { n: '1' } });
});
afterAll(async () => {
  await api.close();
  rmSync(home, { recursive: true, force: true });
});

function start(words: string): { said: () => string; ended: Promise<number | null>; stop: () => void } {
  // Nothing of this machine: neither a kubeconfig nor what was discovered before.
  const child = spawn('kubectl', ['--server', api.url, ...words.split(' ')], {
    env: { PATH: process.env['PATH'] ?? '', HOME: home },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return { said: () => said, ended, stop: () => void child.kill() };
}

async function kubectl(words: string): Promise<string> {
  const started = start(words);
  await started.ended;
  return started.said().trim();
}

describe.skipIf(mayLeaveOut)('kubectl', () => {
  it.each([
    ['get pods -o name', /^pod\/web-1$/],
    ['get po -A -o name', /^pod\/web-1\npod\/web-2$/],
    ['get deploy,cm -o name', /^deployment\.apps\/shop\nconfigmap\/settings$/],
    ['get pods -A -l app -o name', /^pod\/web-1$/],
    ['get pods -A -l !app -o name', /^pod\/web-2$/],
    ['get pods -A -l app!=shop -o name', /^pod\/web-2$/],
    ['get pods -A --field-selector status.phase!=Running -o name', /^pod\/web-2$/],
    ['get pods nothing', /^Error from server \(NotFound\): pods "nothing" not found$/],
    ['describe pod web-1', /Reason: +OOMKilled\n[^]*Restart Count: +3\n[^]*Unhealthy [^]*Readiness probe failed/],
    ['logs web-1', /^Error from server \(NotFound\): /],
    ['delete pod web-1', /^Error from server \(MethodNotAllowed\): /],
  ])('%s', async (words, answer) => {
    expect(await kubectl(words)).toMatch(answer);
  });

  it('sees changes as they come, by a selector too', async () => {
    const watching = start('get cm -l app=shop --watch -o jsonpath={.metadata.name}={.data.n}{"\\n"}');
    await until(
      async () => api.asked.filter((path) => path.endsWith('/configmaps')).length,
      (asked) => asked >= 3,
    );
    api.put('v1/configmaps', { metadata: { name: 'other' }, data: { n: '2' } });
    api.put('v1/configmaps', { metadata: { name: 'mine', labels: { app: 'shop' } }, data: { n: '3' } });
    api.put('v1/configmaps', { metadata: { name: 'mine', labels: { app: 'shop' } }, data: { n: '4' } });
    await until(
      async () => watching.said(),
      (said) => said.includes('mine=4'),
    );
    watching.stop();
    await watching.ended;
    expect(watching.said()).toBe('mine=3\nmine=4\n');
  });
});
