/** `ctx.email` and `ctx.templates` over a real SMTP server, and mail that is kept where there is none. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  startTestAnnex,
  until,
  type Answer,
  type Client,
  type PluginFiles,
  type TestAnnex,
  type TestTenant,
} from '../support/annex.js';
import { startSmtp, type TestSmtp } from '../support/smtp.js';
import { pluginCode } from '../support/plugin-code.js';

const postman: PluginFiles = {
  manifest: {
    slug: 'postman',
    routes: true,
    permissions: ['send_email', 'files.read', 'files.write'],
    secrets: ['KEY'],
    jobs: [{ name: 'flaky', schedule: '@yearly', retry: { max_attempts: 3, backoff: 'fixed', initial_delay_s: 1 } }],
    events: ['mail.wanted'],
  },
  code: pluginCode('postman'),
  files: {
    'templates/welcome.html.liquid': '{% layout "frame.html" %}{% block main %}Hello {{ name }}{% endblock %}',
    'templates/welcome.txt.liquid': 'Hello {{ name }}\n',
    'templates/frame.html': '<main>{% block main %}{% endblock %}</main>',
    'templates/bad.html': 'one\n\n{% render "nosuch" %}',
    'templates/bomb.liquid':
      '{% for a in (1..1000) %}{% for b in (1..1000) %}{% for c in (1..1000) %}x{% endfor %}{% endfor %}{% endfor %}',
  },
};
const send = async (client: Client, mail: object, more: object = {}): Promise<Answer['body']> =>
  (await client.post('/ext/postman/send', { mail, ...more })).body;
const simple = { to: 'ada@example.com', subject: 'Hi', text: 'Hello' };

describe('with a mail server', () => {
  let annex: TestAnnex;
  let smtp: TestSmtp;
  let tenant: TestTenant;
  beforeAll(async () => {
    smtp = await startSmtp({ user: 'annex', pass: 'p@ss/word' });
    annex = await startTestAnnex({ SMTP_URL: smtp.url, MAIL_FROM: 'Acme <no-reply@acme.test>' });
    tenant = await annex.makeTenant();
    expect((await tenant.install(postman, { secrets: { KEY: 'canary-41b7c0aa9e' } })).status).toBe(200);
  });
  afterAll(async () => {
    await annex?.stop();
    await smtp?.close();
  });
  beforeEach(() => {
    smtp.mails.length = 0;
    smtp.refuse.mail = undefined;
    smtp.refuse.recipient = undefined;
  });

  it('sends text, HTML, copies and attachments in the operator’s name', async () => {
    const sent = await send(
      tenant.owner,
      {
        to: ['Ada L <ada@example.com>', 'bob@exämple.com'],
        cc: 'carl@example.com',
        bcc: ['dora@example.com'],
        reply_to: 'help@customer.test',
        subject: 'Grüße',
        text: 'plain',
        html: '<b>rich</b>',
      },
      { bytes: [0, 1, 255] },
    );
    expect(sent).toEqual({
      value: {
        id: expect.stringMatching(/^eml_/),
        message_id: expect.stringMatching(/^<[0-9a-f]+@acme\.test>$/),
        status: 'sent',
        accepted: ['ada@example.com', 'bob@xn--exmple-cua.com', 'carl@example.com', 'dora@example.com'],
        rejected: [],
      },
    });
    const [mail] = smtp.mails;
    // The test's server shows domains as people write them.
    expect(mail).toMatchObject({
      from: 'no-reply@acme.test',
      to: ['ada@example.com', 'bob@exämple.com', 'carl@example.com', 'dora@example.com'],
    });
    expect(mail?.raw).toMatch(/^From: Acme <no-reply@acme\.test>\r$/m);
    expect(mail?.raw).toMatch(/^Reply-To: help@customer\.test\r$/m);
    expect(mail?.raw).toMatch(/^Subject: =\?UTF-8\?/m);
    expect(mail?.raw).toContain(sent.value.message_id);
    expect(mail?.raw).toContain(Buffer.from([0, 1, 255]).toString('base64'));
    expect(mail?.raw).toContain('<b>rich</b>');
    expect(mail?.raw).not.toContain('dora@');
  });

  it('fills the templates of the package, as text and as HTML', async () => {
    expect(
      await send(tenant.owner, {
        to: 'ada@example.com',
        subject: 'Welcome',
        template: 'welcome',
        data: { name: '<Ada>' },
      }),
    ).toMatchObject({ value: { status: 'sent' } });
    expect(smtp.mails[0]?.raw).toContain('<main>Hello &lt;Ada&gt;</main>');
    expect(smtp.mails[0]?.raw).toContain('Hello <Ada>');
    expect(await send(tenant.owner, { ...simple, text: undefined, template: 'welcom' })).toMatchObject({
      code: 'TEMPLATE_NOT_FOUND',
    });
  });

  it('attaches files of the tenant, with the permission to read them', async () => {
    expect(await send(tenant.owner, simple, { file: { key: 'reports/today.csv', text: 'a,b\n1,2\n' } })).toMatchObject({
      value: { status: 'sent' },
    });
    expect(smtp.mails[0]?.raw).toMatch(/Content-Type: text\/csv; name=today\.csv/);
    expect(await send(tenant.owner, { ...simple, attachments: [{ file: 'nothing' }] })).toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    await tenant.owner.put('/api/plugins/postman/permissions', { granted: ['send_email'] });
    expect(await send(tenant.owner, { ...simple, attachments: [{ file: 'reports/today.csv' }] })).toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    await tenant.owner.put('/api/plugins/postman/permissions', {
      granted: ['send_email', 'files.read', 'files.write'],
    });
    expect(smtp.mails).toHaveLength(1);
  });

  it.each([
    ['a header in the subject', { subject: 'Hi\r\nBcc: eve@example.com' }, 'INVALID_ARGUMENTS'],
    ['a header in an address', { to: 'ada@example.com\r\nBcc: eve@example.com' }, 'MAIL_ADDRESS_INVALID'],
    ['a header in a name', { to: '"Ada\nBcc: eve@example.com" <ada@example.com>' }, 'MAIL_ADDRESS_INVALID'],
    ['two addresses in one', { to: 'ada@example.com, eve@example.com' }, 'MAIL_ADDRESS_INVALID'],
    ['an address that is none', { to: ['ada@example.com', 'nobody'], cc: '@x' }, 'MAIL_ADDRESS_INVALID'],
    ['an SMTP parameter in an address', { to: 'ada@example.com> NOTIFY=SUCCESS' }, 'MAIL_ADDRESS_INVALID'],
    ['a sender of its own', { from: 'ceo@acme.test' }, 'INVALID_ARGUMENTS'],
    ['an envelope of its own', { envelope: { from: 'ceo@acme.test' } }, 'INVALID_ARGUMENTS'],
    ['a file of the machine', { attachments: [{ filename: 'x', path: '/etc/passwd' }] }, 'INVALID_ARGUMENTS'],
    ['a file of the machine as text', { html: { path: '/etc/passwd' } }, 'INVALID_ARGUMENTS'],
    ['a URL', { attachments: [{ filename: 'x', href: 'http://127.0.0.1/' }] }, 'INVALID_ARGUMENTS'],
    ['a raw mail', { raw: 'From: x' }, 'INVALID_ARGUMENTS'],
    ['a header in a file name', { attachments: [{ filename: 'x"\r\nX-Evil: 1', content: 'x' }] }, 'INVALID_ARGUMENTS'],
    ['a path as a file name', { attachments: [{ filename: '../x', content: 'x' }] }, 'MAIL_INVALID'],
    ['nobody to send to', { to: [] }, 'MAIL_INVALID'],
    ['nothing to say', { text: undefined }, 'MAIL_INVALID'],
    [
      'too many recipients',
      {
        to: Array.from({ length: 30 }, (_, index) => `a${index}@example.com`),
        bcc: Array.from({ length: 21 }, (_, index) => `b${index}@example.com`),
      },
      'MAIL_TOO_MANY_RECIPIENTS',
    ],
  ])('refuses %s, and sends nothing', async (_what, change, code) => {
    expect(await send(tenant.owner, { ...simple, ...change })).toMatchObject({ code });
    expect(smtp.mails).toEqual([]);
  });

  it('says which mail the server refused for good, and tries again what it could not take', async () => {
    smtp.refuse.recipient = (address) => (address.startsWith('bob') ? '550 no such user here' : undefined);
    expect(await send(tenant.owner, { ...simple, to: ['ada@example.com', 'bob@example.com'] })).toMatchObject({
      value: { accepted: ['ada@example.com'], rejected: ['bob@example.com'] },
    });
    expect(await send(tenant.owner, { ...simple, to: 'bob@example.com' })).toMatchObject({
      code: 'MAIL_REJECTED',
      message: expect.stringContaining('no such user here'),
    });
    smtp.refuse.mail = '451 come back later';
    expect(await send(tenant.owner, simple)).toMatchObject({ code: 'MAIL_UNAVAILABLE' });
    const { event_id: event } = (
      await tenant.owner.post('/api/events', { type: 'mail.wanted', data: { to: 'eve@example.com' } })
    ).body;
    const runs = (): Promise<Answer> => tenant.owner.get(`/api/runs?event_id=${event}`);
    await until(runs, ({ body }) => body.items[0]?.status === 'retrying');
    smtp.refuse.mail = undefined;
    await until(runs, ({ body }) => body.items[0]?.status === 'succeeded');
    expect(smtp.mails.filter(({ to }) => to[0] === 'eve@example.com')).toHaveLength(1);
    const failed = await tenant.owner.get('/api/mail?status=failed');
    expect(failed.body.items.map(({ error }: { error: { code: string } }) => error.code).sort()).toEqual([
      'MAIL_REJECTED',
      'MAIL_UNAVAILABLE',
    ]);
  });

  it('sends what an attempt sent before it failed once, and twice what the plugin says twice', async () => {
    const done = await tenant.owner.post('/api/plugins/postman/jobs/flaky/run-now?wait=30', {});
    expect(done.body).toMatchObject({ status: 'succeeded', attempts: [{ number: 1 }, { number: 2 }] });
    expect(smtp.mails.map(({ to }) => to[0])).toEqual(['ada@example.com', 'ada@example.com', 'bob@example.com']);
    const again = await send(tenant.owner, { ...simple, idempotency_key: 'order-7' }, { times: 2 });
    const later = await send(tenant.owner, { ...simple, subject: 'other words', idempotency_key: 'order-7' });
    expect(later.value).toMatchObject({ id: again.value.id, message_id: again.value.message_id, status: 'sent' });
    expect(smtp.mails).toHaveLength(4);
  });

  it('counts mails of a run, and stops at the limit', async () => {
    expect(await send(tenant.owner, simple, { times: 21 })).toMatchObject({
      code: 'RATE_LIMITED',
      message: expect.stringContaining('20 mails'),
    });
    expect(smtp.mails).toHaveLength(20);
    const { body } = await until(
      () => tenant.owner.get('/api/runs?plugin=postman&kind=route&limit=1'),
      ({ body: page }) => page.items[0]?.limits?.emails?.used === 20,
    );
    expect(body.items[0].limits.emails).toEqual({ used: 20, max: 20 });
  });

  it('does nothing that was not granted', async () => {
    await tenant.owner.put('/api/plugins/postman/permissions', { granted: [] });
    expect(await send(tenant.owner, simple)).toMatchObject({ code: 'PERMISSION_DENIED' });
    await tenant.owner.put('/api/plugins/postman/permissions', {
      granted: ['send_email', 'files.read', 'files.write'],
    });
    expect(smtp.mails).toEqual([]);
  });

  it('sends a secret that the plugin writes into a mail, and keeps it nowhere', async () => {
    expect(await send(tenant.owner, { ...simple, subject: 'canary' }, { secret: true })).toMatchObject({
      value: { status: 'sent' },
    });
    expect(smtp.mails[0]?.raw).toContain('canary-41b7c0aa9e');
    expect(JSON.stringify(await annex.db.sql('select * from mails'))).not.toContain('canary-41b7c0aa9e');
    expect(annex.log()).not.toContain('canary-41b7c0aa9e');
  });

  it('lists what went out, without its words, for admins only', async () => {
    const { body } = await tenant.owner.get('/api/mail?status=sent&limit=1');
    expect(body.items[0]).toMatchObject({
      id: expect.stringMatching(/^eml_/),
      status: 'sent',
      plugin: 'postman',
      from: 'Acme <no-reply@acme.test>',
      to: ['ada@example.com'],
      subject: 'canary',
      error: null,
    });
    const next = await tenant.owner.get(`/api/mail?status=sent&limit=1&cursor=${body.next_cursor}`);
    expect(next.body.items[0].id).not.toBe(body.items[0].id);
    expect((await tenant.owner.get(`/api/mail/${body.items[0].id}`)).body).toMatchObject({
      text: null,
      html: null,
      attachments: [],
    });
    expect((await (await tenant.as('developer')).get('/api/mail')).status).toBe(403);
    const other = await annex.makeTenant();
    expect(await other.owner.get(`/api/mail/${body.items[0].id}`)).toMatchObject({
      status: 404,
      body: { code: 'MAIL_NOT_FOUND' },
    });
    expect((await other.owner.get('/api/mail')).body.items).toEqual([]);
  });
});

describe('without a mail server', () => {
  let annex: TestAnnex;
  let tenant: TestTenant;
  beforeAll(async () => {
    annex = await startTestAnnex();
    tenant = await annex.makeTenant();
    await tenant.install(postman, { secrets: { KEY: 'canary-41b7c0aa9e' } });
  });
  afterAll(() => annex?.stop());

  it('keeps a mail whole, and shows it to admins until they remove it', async () => {
    const kept = await send(
      tenant.owner,
      {
        to: 'Ada <ada@example.com>',
        bcc: 'bob@example.com',
        subject: 'Welcome',
        template: 'welcome',
        data: { name: 'Ada' },
      },
      { bytes: [1, 2, 3] },
    );
    expect(kept).toMatchObject({ value: { status: 'kept', accepted: ['ada@example.com', 'bob@example.com'] } });
    const { id } = kept.value;
    expect((await tenant.owner.get('/api/mail')).body.items).toMatchObject([
      { id, status: 'kept', to: ['Ada <ada@example.com>'], bcc: ['bob@example.com'], subject: 'Welcome' },
    ]);
    expect((await tenant.owner.get(`/api/mail/${id}`)).body).toMatchObject({
      id,
      html: '<main>Hello Ada</main>',
      text: 'Hello Ada\n',
      attachments: [{ filename: 'b.bin', content_type: 'application/x-thing', size: 3 }],
    });
    const attachment = await tenant.owner.get(`/api/mail/${id}/attachments/0`);
    expect([
      attachment.body,
      attachment.headers.get('content-disposition'),
      attachment.headers.get('x-content-type-options'),
    ]).toEqual(['\u0001\u0002\u0003', 'attachment', 'nosniff']);
    expect((await tenant.owner.get(`/api/mail/${id}/attachments/1`)).status).toBe(404);
    expect((await tenant.owner.delete(`/api/mail/${id}`)).status).toBe(204);
    expect((await tenant.owner.get(`/api/mail/${id}`)).status).toBe(404);
  });

  it('masks secrets in what it keeps', async () => {
    const { value } = await send(tenant.owner, simple, { secret: true });
    expect(JSON.stringify((await tenant.owner.get(`/api/mail/${value.id}`)).body)).not.toContain('canary-41b7c0aa9e');
    expect(String((await tenant.owner.get(`/api/mail/${value.id}/attachments/0`)).body)).not.toContain(
      'canary-41b7c0aa9e',
    );
    const rows = await annex.db.sql<{ bytes: Buffer }>('select bytes from mail_attachments');
    expect(rows.map(({ bytes }) => bytes.toString()).join()).not.toContain('canary-41b7c0aa9e');
  });

  it('refuses a mail that is too large, by name', async () => {
    await tenant.install({
      manifest: { slug: 'large', routes: true, permissions: ['send_email'] },
      code: pluginCode('large'),
    });
    expect((await tenant.owner.get('/ext/large/send')).body).toEqual({ code: 'MAIL_TOO_LARGE' });
  });

  it('renders templates, names file and line of a fault, and ends one that does not end', async () => {
    const render = async (name: string, data?: object): Promise<Answer['body']> =>
      (await tenant.owner.post('/ext/postman/render', { name, data })).body;
    expect(await render('welcome.html.liquid', { name: '"&"' })).toEqual({
      value: '<main>Hello &#34;&amp;&#34;</main>',
    });
    expect(await render('welcome.txt', { name: '"&"' })).toEqual({ value: 'Hello "&"\n' });
    expect(await render('welcome')).toEqual({ value: '<main>Hello </main>' });
    expect(await render('bad.html')).toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringContaining('templates/bad.html, line 3'),
    });
    expect(await render('bomb')).toMatchObject({ code: 'TEMPLATE_LIMIT' });
    for (const name of ['../plugin.json', '../main.ts', '/etc/passwd', 'none'])
      expect(await render(name), name).toMatchObject({ code: 'TEMPLATE_NOT_FOUND' });
    expect(await render('welcome', { name: 'again' })).toMatchObject({ value: expect.stringContaining('again') });
  });
});

it('says that mail cannot be sent when the server is not there, and nothing of its address', async () => {
  const smtp = await startSmtp();
  await smtp.close();
  const annex = await startTestAnnex({ SMTP_URL: smtp.url });
  try {
    const tenant = await annex.makeTenant();
    await tenant.install(postman, { secrets: { KEY: 'canary-41b7c0aa9e' } });
    const answer = await send(tenant.owner, simple);
    expect(answer).toMatchObject({ code: 'MAIL_UNAVAILABLE' });
    expect(answer.message).not.toContain(new URL(smtp.url).port);
    expect((await tenant.owner.get('/api/mail')).body.items).toMatchObject([
      { status: 'failed', error: { code: 'MAIL_UNAVAILABLE' } },
    ]);
  } finally {
    await annex.stop();
  }
});
