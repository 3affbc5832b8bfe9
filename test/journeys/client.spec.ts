/** `@annex/client` against a whole Annex: what a program that installs it does. */
import { AnnexProblem, createAnnex, retrying, type Annex } from '@annex/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

const hello = {
  manifest: { slug: 'hello', routes: true, events: ['order.*'], jobs: [{ name: 'tidy' }] },
  code: pluginCode('hello'),
};

describe('the client', () => {
  let annex: TestAnnex;
  let tenant: TestTenant;
  let client: Annex;
  beforeAll(async () => {
    annex = await startTestAnnex();
    tenant = await annex.makeTenant();
    client = createAnnex({ url: annex.url, token: tenant.owner.token, tenant: tenant.slug });
    const file = new Blob([new Uint8Array(await packPlugin(hello))]);
    const uploaded = await client.uploadPlugin({ body: { file, enable: 'true', grant: 'all' } });
    expect(uploaded).toMatchObject({ slug: 'hello', status: 'enabled', blocked: [] });
  });
  afterAll(() => annex?.stop());

  it('runs jobs, waits for them and finds what ran', async () => {
    const ended = await client.runJob({
      path: { id: 'hello', name: 'tidy' },
      query: { wait: 30 },
      body: { payload: { n: 1 } },
    });
    expect(ended).toMatchObject({ status: 'succeeded', result: { tidied: { n: 1 } } });
    const run = await client.getRun({ path: { id: ended.run_id } });
    expect(run).toMatchObject({ kind: 'job', name: 'tidy', plugin: 'hello' });
  });

  it('reads a list to its end, page after page', async () => {
    const keys = Array.from({ length: 5 }, (_, index) => `list/${index}.txt`);
    for (const path of keys) await client.putFile({ path: { path }, body: 'x' });
    const found: string[] = [];
    for await (const { key } of client.each('listFiles', { query: { prefix: 'list/', limit: 2 } })) found.push(key);
    expect(found).toEqual(keys);
    expect(await (await client.getFile({ path: { path: 'list/3.txt' } })).text()).toBe('x');
  });

  it('sends an event once, however often it is sent, and follows what the plugin writes', async () => {
    const leave = new AbortController();
    const lines = client.follow('streamPluginLogs', {
      path: { id: 'hello' },
      query: { since: new Date(Date.now() - 1000).toISOString() },
      signal: leave.signal,
    });
    const idempotencyKey = `order ${tenant.slug}`;
    const emit = () =>
      retrying((more) => client.sendEvent({ body: { type: 'order.paid', data: { n: 7 } }, ...more }), {
        idempotencyKey,
      });
    expect(await emit()).toEqual(await emit());
    const { value } = await lines.next();
    expect(value).toMatchObject({ message: 'order 7', plugin: 'hello' });
    leave.abort();
    expect(await lines.next()).toMatchObject({ done: true });
  });

  it('throws what the server refuses, and lets plugins answer as they like', async () => {
    const refused = await client
      .createUser({ body: { email: 'x', role: 'member' } })
      .catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(AnnexProblem);
    expect(refused).toMatchObject({ status: 422, code: 'INVALID_INPUT', errors: [{ pointer: '/email' }] });
    expect((refused as AnnexProblem).requestId).toMatch(/^req_/);
    expect(await (await client.callPlugin('hello', 'world?x=1')).json()).toEqual({ hello: 'world', asked: '1' });
    expect((await client.callPlugin('hello', 'a/b')).status).toBe(404);
  });

  it('of an operator acts in any tenant', async () => {
    const operator = createAnnex({ url: annex.url, token: () => Promise.resolve(annex.operator.token) });
    expect(await operator.getPlugin({ path: { id: 'hello' }, tenant: tenant.slug })).toMatchObject({ slug: 'hello' });
    expect(await operator.getTenant({ path: { slug: tenant.slug } })).toMatchObject({ deletion: null });
  });
});
