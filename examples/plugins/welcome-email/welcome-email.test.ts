import { afterAll, beforeEach, expect, it } from 'vitest';
import { closeSandbox, openPlugin, type TestPlugin } from '@annex/sdk/testing';

let plugin: TestPlugin;
beforeEach(async () => {
  plugin = await openPlugin(import.meta.dirname, { config: { product: 'Acme', skip_domains: ['acme.test'] } });
  return () => plugin.close();
});
afterAll(closeSandbox);

const created = (email: string) => ({ user: { id: 'usr_1', email, role: 'member' } });
const sent = async () => (await plugin.request('GET', '/stats')).json();

it('sends a new user a welcome, filled from its templates, and tells the bus', async () => {
  const results = await plugin.event('auth.user.created', created('ada.lovelace@mail.test'), { id: 'evt_1' });
  expect(results).toEqual([{ status: 'sent', user_email: 'ada.lovelace@mail.test' }]);
  expect(plugin.mails).toMatchObject([
    {
      to: ['ada.lovelace@mail.test'],
      subject: 'Welcome to Acme, Ada Lovelace',
      text: 'Hello Ada Lovelace,\n\nyour Acme account is ready.\n',
      html: expect.stringContaining('your <strong>Acme</strong> account is ready'),
      attachments: [],
    },
  ]);
  expect(plugin.emitted).toEqual([
    {
      id: 'welcome-evt_1',
      type: 'email.welcome_sent',
      source: 'annex:plugin/welcome-email',
      subject: null,
      data: { user_id: 'usr_1', user_email: 'ada.lovelace@mail.test', mail_id: expect.stringMatching(/^eml_/) },
      severity: 'info',
      tags: [],
      attributes: {},
    },
  ]);
  expect(plugin.logs).toContainEqual({
    level: 'info',
    message: 'welcome sent',
    fields: { user_id: 'usr_1', mail: 'sent' },
  });
});

it('greets in the name of the product that the settings name, Annex by default', async () => {
  await using fresh = await openPlugin(import.meta.dirname, { config: { product: 'R&D <Labs>' } });
  await fresh.event('auth.user.created', created('bob@mail.test'));
  expect(fresh.mails[0]).toMatchObject({
    subject: 'Welcome to R&D <Labs>, Bob',
    html: expect.stringContaining('R&amp;D &lt;Labs&gt;'),
  });
  await using plain = await openPlugin(import.meta.dirname);
  await plain.event('auth.user.created', created('bob@mail.test'));
  expect(plain.mails[0]).toMatchObject({ subject: 'Welcome to Annex, Bob' });
});

it('sends nothing without the permission, and says so', async () => {
  await using denied = await openPlugin(import.meta.dirname, { grants: [] });
  await expect(denied.event('auth.user.created', created('bob@mail.test'))).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
  });
  expect(denied.mails).toEqual([]);
  expect(denied.emitted).toEqual([]);
});

it('sends nothing to domains that are skipped, however they are spelled', async () => {
  expect(await plugin.event('auth.user.created', created('Bob@ACME.test'))).toEqual([
    { status: 'skipped', reason: 'domain' },
  ]);
  expect(plugin.mails).toEqual([]);
  expect(plugin.emitted).toEqual([]);
  expect(await sent()).toEqual({ sent: 0 });
});

it('sends once, emits once and counts once when the same event comes twice', async () => {
  await plugin.event('auth.user.created', created('ada@mail.test'), { id: 'evt_1' });
  await plugin.event('auth.user.created', created('ada@mail.test'), { id: 'evt_1', attempt: 2 });
  await plugin.event('auth.user.created', created('bob@mail.test'), { id: 'evt_2' });
  expect(plugin.mails.map(({ to }) => to[0])).toEqual(['ada@mail.test', 'bob@mail.test']);
  expect(plugin.emitted.map(({ id }) => id)).toEqual(['welcome-evt_1', 'welcome-evt_2']);
  expect(await sent()).toEqual({ sent: 2 });
});

it.each([{}, { user: { id: 'usr_1', email: null } }])(
  'ends at once on an event without an address: %j',
  async (data) => {
    await expect(plugin.event('auth.user.created', data)).rejects.toMatchObject({
      code: 'NON_RETRYABLE',
      next: { then: 'dead' },
    });
    expect(plugin.emitted).toEqual([]);
  },
);

it('hears nothing but new users', async () => {
  expect(await plugin.event('auth.user.deleted', created('ada@mail.test'))).toEqual([]);
});

it('shows its count to members only', async () => {
  expect((await plugin.request('GET', '/stats', { user: null })).status).toBe(401);
});

it('refuses settings that do not fit, all at once', async () => {
  await expect(
    openPlugin(import.meta.dirname, { config: { product: 7, skip_domains: 'acme.test' } }),
  ).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    errors: [expect.objectContaining({ pointer: '/product' }), expect.objectContaining({ pointer: '/skip_domains' })],
  });
});
