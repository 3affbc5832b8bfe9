import { afterAll, beforeEach, expect, it } from 'vitest';
import { closeSandbox, openPlugin, type TestPlugin } from '@annex/sdk/testing';

const zone = {
  domain: 'example.org',
  ttl: 300,
  records: [
    { name: '@', type: 'A', value: '192.0.2.1' },
    { name: '@', type: 'MX', value: '10 mail.example.org.' },
    { name: 'www', type: 'CNAME', value: '@' },
    { name: 'blog', type: 'CNAME', value: 'pages.example.net' },
    { name: '*.apps', type: 'A', value: '192.0.2.9', ttl: 5 },
    { name: 'a.b', type: 'TXT', value: 'deep' },
  ],
};

let plugin: TestPlugin;
beforeEach(async () => {
  plugin = await openPlugin(import.meta.dirname);
  return () => plugin.close();
});
afterAll(closeSandbox);

const lookup = async (name: string, type = 'A') => {
  const answer = await plugin.request('GET', `/lookup/${name}?type=${type}`);
  const { status, answers } = (await answer.json()) as { status: string; answers: { value: string; ttl: number }[] };
  return [status, ...answers.map(({ value, ttl }) => `${value} ${ttl}`)];
};

it('answers from the zones of the tenant’s settings', async () => {
  await plugin.settings.put('dns/zones/example.org', zone);
  await plugin.settings.put('dns/zones/example.net', {
    records: [{ name: 'pages', type: 'A', value: '198.51.100.7' }],
  });
  expect(await lookup('example.org')).toEqual(['NOERROR', '192.0.2.1 300']);
  expect(await lookup('EXAMPLE.org.', 'mx')).toEqual(['NOERROR', '10 mail.example.org. 300']);
  expect(await lookup('www.example.org')).toEqual(['NOERROR', 'example.org 300', '192.0.2.1 300']);
  expect(await lookup('blog.example.org')).toEqual(['NOERROR', 'pages.example.net 300', '198.51.100.7 3600']);
  expect(await lookup('x.apps.example.org')).toEqual(['NOERROR', '192.0.2.9 5']);
  expect(await lookup('x.y.apps.example.org')).toEqual(['NOERROR', '192.0.2.9 5']);
  expect(await lookup('b.example.org')).toEqual(['NOERROR']);
  expect(await lookup('none.example.org')).toEqual(['NXDOMAIN']);
  expect(await lookup('example.com')).toEqual(['REFUSED']);
});

it('follows changes, and forgets what is removed', async () => {
  await plugin.settings.put('dns/zones/example.org', zone);
  await plugin.settings.put('dns/zones/example.org', { records: [{ name: '@', type: 'A', value: '192.0.2.2' }] });
  expect(await lookup('example.org')).toEqual(['NOERROR', '192.0.2.2 3600']);
  await plugin.settings.delete('dns/zones/example.org');
  expect(await lookup('example.org')).toEqual(['REFUSED']);
  expect(await (await plugin.request('GET', '/zones')).json()).toEqual({ zones: [] });
});

it.each([
  ['a text', 'is no object'],
  [{ domain: 'other.org', records: [] }, 'says it is'],
  [{ records: [{ name: '@', type: 'A', value: '192.0.2.256' }] }, 'no IPv4 address'],
  [{ records: [{ name: '@', type: 'AAAA', value: '::g' }] }, 'no IPv6 address'],
  [{ records: [{ name: 'x.other.org.', type: 'A', value: '192.0.2.1' }] }, 'outside of the zone'],
  [{ records: [{ name: 'a b', type: 'A', value: '192.0.2.1' }] }, 'name that is none'],
  [{ records: [{ name: '@', type: 'ANY', value: 'x' }] }, 'type that is none'],
  [
    {
      records: [
        { name: 'a', type: 'A', value: '192.0.2.1' },
        { name: 'a', type: 'CNAME', value: 'b' },
      ],
    },
    'CNAME and something else',
  ],
])('keeps the zone it has when the new one is faulty: %j', async (faulty, why) => {
  await plugin.settings.put('dns/zones/example.org', zone);
  await expect(plugin.settings.put('dns/zones/example.org', faulty)).rejects.toThrow(why);
  expect(await lookup('example.org')).toEqual(['NOERROR', '192.0.2.1 300']);
});

it('is degraded until a zone has come', async () => {
  expect(await plugin.health()).toMatchObject({ status: 'degraded' });
  await plugin.settings.put('dns/zones/example.org', zone);
  expect(await plugin.health()).toEqual({ status: 'healthy' });
});
