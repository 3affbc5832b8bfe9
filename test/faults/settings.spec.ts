/**
 * A plugin that watches settings while the workers that tell it are killed: in the end it has heard of every change,
 * and never of an older one after a newer one.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { install, startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await startDeployment();
});
afterAll(() => deployment?.stop());

const code = `import { onConfigChange } from '@annex/sdk'
  onConfigChange(async (ctx, key, value, op, { revision }) => {
    const n = await ctx.kv.incr('n')
    await ctx.kv.set('told/' + String(n).padStart(6, '0'), [revision, key, op, value])
  })`;

it('tells every change, in order, whoever is killed', async () => {
  const limits = { ANNEX_LIMITS: JSON.stringify({ wall_ms: { lifecycle: 15_000 } }) };
  const startWorkers = (): Promise<AnnexProcess[]> =>
    Promise.all([1, 2].map(() => deployment.start('worker', { environment: limits })));
  const api = await deployment.start('api', { environment: limits });
  let workers = await startWorkers();
  const client = (await deployment.makeTenant(api)).client(api);
  for (let n = 1; n <= 30; n += 1) await client.put(`/api/settings/a/k${n}`, { value: n });
  await install(client, { manifest: { slug: 'w', watch: ['a/**'] }, code });

  const position = async (): Promise<number> => Number((await client.get('/api/plugins/w/watch')).body.revision ?? 0);
  const until = async (isReached: (revision: number) => boolean): Promise<void> => {
    while (!isReached(await position())) await new Promise((done) => setTimeout(done, 50));
  };
  for (let round = 1; round <= 3; round += 1) {
    await until((revision) => revision >= round * 5);
    for (const worker of workers) worker.signal('SIGKILL');
    await Promise.all(workers.map(({ ended }) => ended));
    for (let n = 1; n <= 10; n += 1)
      await (n % 4 === 0
        ? client.delete(`/api/settings/a/k${n}`)
        : client.put(`/api/settings/a/k${n}`, { value: -round }));
    workers = await startWorkers();
  }
  const { body: tree } = await client.get('/api/settings?limit=200');
  await until((revision) => revision === tree.revision);

  const rows = await deployment.sql<{ value: [number, string, string, unknown] }>(
    `select value from kv where key like 'told/%' order by key`,
  );
  const told = rows.map(({ value }) => value);
  const revisions = told.map(([revision]) => revision);
  // A call that was cut off is made again; nothing else comes twice, and nothing comes late.
  expect(revisions).toEqual(revisions.toSorted((one, other) => one - other));
  const changes = await deployment.sql<{ revision: string }>(
    'select revision from setting_changes where revision > 30',
  );
  expect(new Set(revisions.filter((revision) => revision > 30))).toEqual(
    new Set(changes.map(({ revision }) => Number(revision))),
  );
  const last = new Map<string, unknown>();
  for (const [, key, op, value] of told)
    if (op === 'put') last.set(key, value);
    else last.delete(key);
  const kept = (tree.items as { key: string; value: unknown }[]).map(({ key, value }) => [key, value]);
  expect([...last].toSorted()).toEqual(kept.toSorted());
}, 300_000);
