/** Secrets in webhooks of packages: where they may stand, and where they may be sent. */
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Answer } from '../../support/annex.js';
import { key, manifest, plainMain, signed, verify, type WebhookBench } from './webhook-bench.js';

export function fillSecrets(bench: WebhookBench): void {
  const { secrets, ended } = bench;

  it('keep signing with a plugin’s former secret beside the new one, and name the fault of a bad one', async () => {
    const tenant = await bench.annex.makeTenant();
    await tenant.install(
      {
        manifest: manifest(),
        code: plainMain,
        files: {
          'webhooks/turn.yaml': signed('/turn', 'retry: { max_attempts: 1 }').replace(
            '"annex"',
            '"${SECRET:HOOK_URL}"',
          ),
        },
      },
      { secrets: secrets() },
    );
    await tenant.owner.put('/api/plugins/sender/secrets/HOOK_KEY', { value: 'another key, as text' });
    await tenant.owner.post('/api/events', { type: 'build.completed' });
    const [arrival] = await bench.sink.arrived('/turn');
    expect(verify(arrival!, key)).toBeTruthy();
    expect(arrival!.headers['x-signature']).toBe(
      `sha256=${createHmac('sha256', 'another key, as text').update(arrival!.body).digest('hex')}`,
    );
    const send = async (): Promise<Answer['body']> =>
      ended(tenant, (await tenant.owner.post('/api/webhooks/turn/test')).body.delivery_id);
    // What its text tells is told when it is set, of a tenant-wide one with the plugin that reads it; what only
    // sending tells, by the delivery.
    const bad = ['http://127.0.0.1:1/\r\nX-Evil: 1', 'not a url'];
    for (const value of bad)
      expect((await tenant.owner.put('/api/plugins/sender/secrets/HOOK_URL', { value })).body).toMatchObject({
        code: 'SECRET_UNFIT',
      });
    // The plugin's own value is the one that it reads.
    expect((await tenant.owner.put('/api/secrets/HOOK_URL', { value: 'not a url' })).status).toBe(200);
    await tenant.owner.delete('/api/plugins/sender/secrets/HOOK_URL');
    const failed = {
      status: 'failed',
      error: { code: 'DELIVERY_INVALID', message: expect.stringContaining('url') as string },
    };
    expect(await send()).toMatchObject(failed);
    for (const value of bad)
      expect((await tenant.owner.put('/api/secrets/HOOK_URL', { value })).body).toMatchObject({
        code: 'SECRET_UNFIT',
        detail: expect.stringContaining('the plugin sender, webhooks/turn.yaml') as string,
      });
    const value = 'http://169.254.169.254';
    expect((await tenant.owner.put('/api/secrets/HOOK_URL', { value })).status).toBe(200);
    const delivery = await send();
    expect(delivery).toMatchObject(failed);
    expect(JSON.stringify(delivery)).not.toContain(value);
    await tenant.owner.delete('/api/plugins/sender/secrets/HOOK_KEY');
    expect(await send()).toMatchObject({
      status: 'failed',
      error: { code: 'DELIVERY_INVALID', message: expect.stringContaining('HOOK_KEY') },
    });
  });

  it('put each secret in its place of the URL, and send none to a host that it is not meant for', async () => {
    const tenant = await bench.annex.makeTenant();
    const { host } = new URL(bench.sink.url);
    const url = (text: string, more = ''): string =>
      `api_version: v1\nretry: { max_attempts: 1 }\ndelivery:\n  url: "${text}"\n${more}`;
    const files = {
      'webhooks/query.yaml': url(`${bench.sink.url}/bound/\${SECRET:WORD}?key=\${SECRET:WORD}&v=1`),
      'webhooks/bound.yaml': url(`${bench.sink.url}/bound`, '  headers: { authorization: "Bearer ${SECRET:BOUND}" }'),
      'webhooks/signed.yaml': url(`${bench.sink.url}/bound`, '  signing: { secret: "${SECRET:BOUND}" }'),
      'webhooks/elsewhere.yaml': url('https://${TENANT_ID}.elsewhere.example/hook'),
      'webhooks/chosen.yaml': url('${SECRET:CHOSEN}/bound/chosen'),
    };
    expect(
      (
        await tenant.install(
          {
            manifest: manifest({ secrets: ['WORD', 'BOUND', 'CHOSEN'], http: { allow: [host] } }),
            code: plainMain,
            files,
          },
          { secrets: { WORD: 'p#q&admin=1', CHOSEN: bench.sink.url } },
        )
      ).status,
    ).toBe(200);
    const bind = (hosts: string[]): Promise<Answer> =>
      tenant.owner.put('/api/plugins/sender/secrets/BOUND', { value: 'bound-to-hosts', allowed_hosts: hosts });
    const send = async (name: string): Promise<Answer['body']> =>
      ended(tenant, (await tenant.owner.post(`/api/webhooks/${name}/test`, {})).body.delivery_id);

    expect(await send('query')).toMatchObject({ status: 'succeeded' });
    expect((await bench.sink.arrived('/bound/p%23q%26admin%3D1')).map(({ path }) => path)).toEqual([
      '/bound/p%23q%26admin%3D1?key=p%23q%26admin%3D1&v=1',
    ]);
    // What is known when it is set is told then, of a tenant-wide one too.
    expect(await bind(['api.example.com'])).toMatchObject({
      status: 422,
      body: {
        code: 'SECRET_UNFIT',
        errors: [
          { pointer: '/allowed_hosts', detail: expect.stringContaining('webhooks/bound.yaml') },
          { pointer: '/allowed_hosts' },
        ],
      },
    });
    const bindAll = (): Promise<Answer> =>
      tenant.owner.put('/api/secrets/BOUND', { value: 'bound-to-hosts', allowed_hosts: ['api.example.com'] });
    expect((await bindAll()).body).toMatchObject({ code: 'SECRET_UNFIT' });
    // While the plugin has a value of its own it does not read the tenant's; once that goes, each delivery tells.
    await bind([host.split(':')[0] ?? '']);
    expect((await bindAll()).status).toBe(200);
    await tenant.owner.delete('/api/plugins/sender/secrets/BOUND');
    for (const name of ['bound', 'signed'])
      expect(await send(name), name).toMatchObject({
        status: 'failed',
        error: { code: 'DELIVERY_INVALID', message: expect.stringContaining('"api.example.com" only') },
      });
    expect(bench.sink.at('/bound')).toHaveLength(0);
    await bind([host.split(':')[0] ?? '']);
    expect(await send('bound')).toMatchObject({ status: 'succeeded' });
    expect(bench.sink.at('/bound')[0]?.headers.authorization).toBe('Bearer bound-to-hosts');
    // The package's own hosts keep to http.allow; a host that an admin wrote into a secret is the admin's word.
    expect(await send('elsewhere')).toMatchObject({
      status: 'failed',
      error: { code: 'DELIVERY_INVALID', message: expect.stringContaining('EGRESS_HOST_NOT_ALLOWED') },
    });
    expect(
      await tenant.owner.put('/api/plugins/sender/secrets/CHOSEN', {
        value: bench.sink.url.replace('127.0.0.1', '127.1'),
      }),
    ).toMatchObject({ status: 200 });
    expect(await send('chosen')).toMatchObject({ status: 'succeeded' });
  });

  it('have their secrets judged when they are set, by where the package puts them', async () => {
    const tenant = await bench.annex.makeTenant();
    await tenant.install(
      { manifest: manifest(), code: plainMain, files: { 'webhooks/build.yaml': signed('/judged') } },
      { enable: false },
    );
    const put = (name: string, value: string): Promise<Answer> =>
      tenant.owner.put(`/api/plugins/sender/secrets/${name}`, { value });
    const refused = async (name: string, value: string): Promise<void> => {
      const answer = await put(name, value);
      expect(answer, value).toMatchObject({
        status: 422,
        body: {
          code: 'SECRET_UNFIT',
          errors: [{ pointer: '/value', detail: expect.stringContaining('webhooks/build.yaml') }],
        },
      });
      expect(JSON.stringify(answer.body)).not.toContain(value);
    };
    await refused('HOOK_URL', 'https://x.example/with blank');
    await refused('HOOK_URL', 'x.example/hook');
    await refused('HOOK_KEY', 'v1,whsec_c2VjcmV0c2VjcmV0');
    await refused('HOOK_KEY', 'whsec_not base64');
    expect(
      (await tenant.owner.post('/api/plugins/sender/secrets', { key: 'HOOK_URL', value: 'ftp://x.example' })).status,
    ).toBe(422);
    expect((await put('HOOK_URL', bench.sink.url)).status).toBe(200);
    expect((await put('HOOK_KEY', key)).status).toBe(200);
  });
}
