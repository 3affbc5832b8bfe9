import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packFiles } from '@annex/manifest';
import { makeClient, startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  const code = `
    import { job, filter } from '@annex/sdk';
    job('work', (ctx, payload) => payload);
    filter('price.quote', (ctx, value) => value)
  `;
  expect(
    (await tenant.install({ manifest: { jobs: [{ name: 'work' }], filters: ['price.quote'] }, code })).status,
  ).toBe(200);
});
afterAll(() => annex.stop());

const post = (path: string, raw: string, method = 'POST'): ReturnType<TestTenant['owner']['request']> =>
  tenant.owner.request(method, path, { raw, headers: { 'content-type': 'application/json' } });

describe('a number that a double does not keep', () => {
  const big = '1610521604143693813';
  it.each([
    ['/api/events', `{"type":"order.made","data":{"lines":[{"id":${big}}]}}`, '/data/lines/0/id'],
    ['/api/events', `{"specversion":"1.0","type":"order.made","source":"x","id":"1","data":{"id":${big}}}`, '/data/id'],
    ['/api/plugins/test-event', `{"event_type":"order.made","event_data":{"id":${big}}}`, '/event_data/id'],
    ['/api/data/orders', `{"id_of_sender":${big}}`, '/id_of_sender'],
    ['/api/plugins/probe/jobs/work/run-now', `{"payload":{"a":[1,1e400]}}`, '/payload/a/1'],
    [
      '/api/events',
      '{"specversion":"1.0","type":"order.made","source":"x","id":"2",' +
        `"datacontenttype":"application/json","data_base64":"${btoa(`{"id":${big}}`)}"}`,
      '/data_base64',
    ],
    ['/api/filters/price.quote', `{"value":12345678901234567890}`, '/value'],
  ])('is refused at %s with its place and the way out', async (path, raw, pointer) => {
    expect(await post(path, raw)).toMatchObject({
      status: 422,
      body: {
        code: 'INVALID_INPUT',
        errors: [{ pointer, code: 'NUMBER', detail: expect.stringContaining('as a string') }],
      },
    });
  });

  it('is refused in a filter, where it would find another row; in a manifest it is a warning', async () => {
    expect(
      await tenant.owner.get(`/api/data/orders?filter=${encodeURIComponent(`{"id_of_sender":{"$in":[${big}]}}`)}`),
    ).toMatchObject({ status: 422, body: { errors: [{ pointer: '/filter/id_of_sender/$in/0', code: 'NUMBER' }] } });
    const config = { type: 'object', properties: { id: { type: 'integer', default: 'BIG' } } };
    const manifest = JSON.stringify({ slug: 'big', name: 'Big', version: '1.0.0', entry: 'main.ts', config }).replace(
      '"BIG"',
      big,
    );
    const zip = packFiles([
      ['plugin.json', manifest],
      ['main.ts', 'export {}'],
    ]);
    expect(await tenant.owner.upload(zip)).toMatchObject({
      status: 201,
      body: { warnings: [expect.objectContaining({ pointer: '/config/properties/id/default', code: 'NUMBER' })] },
    });
  });

  it('is told with little, however long its key is', async () => {
    const raw = `{"${'~'.repeat(14_000)}":[${Array(100).fill('1e999').join()}]}`;
    const { status, body } = await makeClient(annex.url, '').request('POST', '/api/auth/login', {
      raw,
      headers: { 'content-type': 'application/json' },
    });
    expect(status).toBe(422);
    expect(body.errors).toHaveLength(20);
    expect(JSON.stringify(body).length).toBeLessThan(16_000);
  });

  it('and everything else is taken as it was', async () => {
    const { body } = await post(
      '/api/data/orders',
      `{"sender":"${big}","price":0.1,"count":9007199254740991,"coordinate":13.404953999999975,` +
        `"pi":3.14159265358979323846,"note":"${big} ` +
        '1e400"}',
    );
    expect(body).toMatchObject({
      sender: big,
      price: 0.1,
      count: 9007199254740991,
      coordinate: 13.404953999999975,
      pi: Math.PI,
      note: `${big} 1e400`,
    });
  });
});
