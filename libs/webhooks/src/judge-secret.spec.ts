import type { WebhookDefinition } from '@annex/manifest';
import { describe, expect, it } from 'vitest';
import { judgeSecret } from './judge-secret.js';

const webhook = (more: Partial<WebhookDefinition>): WebhookDefinition => ({
  name: 'build',
  description: null,
  on: [],
  url: 'https://x.io/',
  headers: {},
  signing: null,
  transform: null,
  postTransform: null,
  retry: null,
  ...more,
});
const judge = (value: string, more: Partial<WebhookDefinition>, auths: unknown[] = [], allowedHosts?: string[]) =>
  judgeSecret(
    { webhooks: [webhook(more)], auths: auths as never },
    { name: 'S', value, allowedHosts },
    () => undefined,
  );

describe('a secret is judged when it is set', () => {
  it.each<[string, string, Partial<WebhookDefinition>, string]>([
    ['a URL with a blank', 'https://x.io/a b', { url: '${SECRET:S}' }, 'URL'],
    ['a URL with a line break inside', 'https://x.io/a\nb', { url: '${SECRET:S}/first' }, 'URL'],
    ['what is no URL', 'x.io/hook', { url: '${SECRET:S}' }, 'URL'],
    ['an address with a zone', 'http://[fe80::1%25eth0]/', { url: '${SECRET:S}' }, 'URL'],
    ['a host that is none', 'https://x.io', { url: 'https://${SECRET:S}/h' }, 'URL'],
    ['a header with a line break', 'token\n', { headers: { authorization: 'Bearer ${SECRET:S}' } }, 'HEADER'],
    ['a header outside Latin-1', 'tök☂', { headers: { authorization: 'Bearer ${SECRET:S}' } }, 'HEADER'],
    ['a key as a signature', 'v1,whsec_c2VjcmV0c2VjcmV0', { signing: { secret: '${SECRET:S}' } }, 'SIGNING_KEY'],
    ['a key that is not base64', 'whsec_***', { signing: { secret: '${SECRET:S}' } }, 'SIGNING_KEY'],
    ['a key with a line break', 'whsec_c2VjcmV0\n', { signing: { secret: '${SECRET:S}' } }, 'SIGNING_KEY'],
  ])('%s is refused, with the place and without the value', (_what, value, uses, code) => {
    const faults = judge(value, uses);
    expect(faults).toMatchObject([{ pointer: '/value', code }]);
    expect(faults[0]?.detail).toContain('webhooks/build.yaml');
    expect(faults[0]?.detail).not.toContain(value);
  });

  it('a key of a signed route too', () => {
    expect(judge('v1,whsec_c2VjcmV0', {}, [{ hmac: { secret: 'S', scheme: 'standard-webhooks' } }])).toMatchObject([
      { code: 'SIGNING_KEY' },
    ]);
    expect(judge('whsec_???', {}, [{ hmac: { secret: 'S', scheme: 'svix' } }])).toMatchObject([
      { code: 'SIGNING_KEY' },
    ]);
    expect(
      judge('whsec_???', {}, [
        { hmac: { secret: 'S', scheme: 'stripe' } },
        { hmac: { secret: 'OTHER', scheme: 'standard-webhooks' } },
        'public',
      ]),
    ).toEqual([]);
  });

  it('its allowed_hosts too, where the host of a webhook that needs it is known', () => {
    const bound = (more: Partial<WebhookDefinition>, value = 'v'): string[] =>
      judge(value, more, [], ['a.io', '*.b.io']).map(({ pointer, code, detail }) => `${pointer} ${code} ${detail}`);
    const names =
      /^\/allowed_hosts HOST webhooks\/build\.yaml: goes to "x\.io", and allowed_hosts has "a\.io", "\*\.b\.io" only/;
    for (const use of [
      { url: 'https://x.io/${SECRET:S}' },
      { headers: { a: '${SECRET:S}' } },
      { signing: { secret: '${SECRET:S}' } },
    ])
      expect(bound(use)).toEqual([expect.stringMatching(names)]);
    expect(bound({ url: '${SECRET:S}' }, 'https://x.io/hook')).toEqual([expect.not.stringContaining('x.io')]);
    expect([
      bound({ url: 'https://c.b.io/${SECRET:S}' }),
      bound({ url: '${SECRET:S}' }, 'https://a.io/hook'),
      bound({ url: '${SECRET:OTHER}/${SECRET:S}' }),
      bound({ url: 'https://${TENANT_ID}.io/${SECRET:S}' }),
      bound({}),
    ]).toEqual([[], [], [], [], []]);
  });

  it('anything goes where it is used for nothing of that kind, or fits', () => {
    expect(judge('v1,whsec_c2 VjcmV0\n', { url: 'https://x.io/${SECRET:OTHER}' })).toEqual([]);
    expect(judge('p#q&admin=1', { url: 'https://x.io/h?key=${SECRET:S}' })).toEqual([]);
    expect(
      judge('https://x.io/h', {
        url: '${SECRET:S}/${SECRET:OTHER}',
        headers: { a: '${SECRET:S}' },
        signing: { secret: '${SECRET:S}' },
      }),
    ).toEqual([]);
  });
});
