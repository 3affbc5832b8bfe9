import { describe, expect, it } from 'vitest';
import { fillPlaceholders, placeholdersOf } from './placeholders.js';
import { readWebhooks } from './read-webhooks.js';

const files = (yaml: string, more: Record<string, string> = {}): Map<string, Uint8Array> =>
  new Map(Object.entries({ 'webhooks/one.yaml': yaml, ...more }).map(([path, text]) => [path, Buffer.from(text)]));
const read = (yaml: string, more?: Record<string, string>): ReturnType<typeof readWebhooks> =>
  readWebhooks(files(yaml, more), ['URL', 'KEY']);
const faults = (yaml: string, more?: Record<string, string>): string[] =>
  read(yaml, more).errors.map(({ pointer, code, detail }) => `${pointer} ${code} ${detail}`);

const contract = `api_version: v1
on: ["build.completed", "auth.user.created"]
delivery:
  url: "\${SECRET:URL}"
  headers: { X-Source: "annex", X-Tenant: "\${TENANT_ID}", X-Number: 7 }
  signing: { alg: "HMAC-SHA256", secret: "\${SECRET:KEY}" }
transform: { language: "javascript", entry: "transforms/build_completed.ts#transform" }
retry: { max_attempts: 6, backoff: "exponential", initial_delay_s: 5, max_delay_s: 3600 }
`;
const script = { 'transforms/build_completed.ts': 'export const transform = 1' };
const sound = 'api_version: v1\non: [a.b]\ndelivery: { url: "https://example.com/" }\n';

describe('a webhook', () => {
  it('goes to hosts of http.allow, where there are any', () => {
    const errors = (url: string, allow: string[]): string[] =>
      readWebhooks(files(`api_version: v1\non: [a.b]\ndelivery: { url: "${url}" }\n`), ['URL'], allow).errors.map(
        ({ pointer, code, detail }) => `${pointer} ${code} ${detail}`,
      );
    expect(errors('https://x.io/${SECRET:URL}', ['a.io', '*.x.io'])).toEqual([
      '/webhooks/one.yaml/delivery/url HOST_NOT_ALLOWED webhooks/one.yaml: goes to "x.io", which http.allow of ' +
        'plugin.json does not open, so nothing would be sent; add "x.io" to http.allow.',
    ]);
    for (const url of [
      'https://X.io./',
      'http://x.io:8080/',
      'https://a.b.io/',
      '${SECRET:URL}',
      'https://${TENANT_ID}.c.io/',
      'http://127.1/',
    ])
      expect(errors(url, ['x.io', '*.b.io', '127.0.0.1:80']), url).toEqual([]);
    expect(errors('https://x.io/', [])).toEqual([]);
  });

  it('as the contract shows it is read', () => {
    expect(read(contract, script)).toEqual({
      errors: [],
      warnings: [],
      webhooks: [
        {
          name: 'one',
          description: null,
          on: ['build.completed', 'auth.user.created'],
          url: '${SECRET:URL}',
          headers: { 'X-Source': 'annex', 'X-Tenant': '${TENANT_ID}', 'X-Number': '7' },
          signing: { secret: '${SECRET:KEY}' },
          transform: { path: 'transforms/build_completed.ts', export: 'transform', index: -1 },
          postTransform: null,
          retry: { maxAttempts: 6, backoff: 'exponential', initialDelayS: 5, maxDelayS: 3600 },
        },
      ],
    });
  });

  it.each<[string, string, RegExp]>([
    [
      'no version',
      'on: [a.b]\ndelivery: { url: "https://e.com" }',
      /^\/webhooks\/one.yaml\/api_version REQUIRED webhooks\/one.yaml: is required/,
    ],
    ['another version', sound.replace('v1', 'v2'), /\/api_version VALUE .*"v2" is not allowed/],
    ['no delivery', 'api_version: v1', /\/delivery REQUIRED/],
    ['an unknown key', `${sound}transfrom: {}\n`, /\/transfrom UNKNOWN_KEY .*Did you mean "transform"/],
    [
      'an unknown key below',
      'api_version: v1\ndelivery: { url: "https://e.com", header: {} }',
      /\/delivery\/header UNKNOWN_KEY .*"headers"/,
    ],
    ['a pattern that is none', sound.replace('a.b', 'A b'), /\/on\/0 EVENT_PATTERN/],
    [
      'an undeclared secret',
      sound.replace('https://example.com/', '${SECRET:URI}'),
      /\/delivery\/url SECRET_UNDECLARED .*Did you mean "URL"/,
    ],
    [
      'an unknown placeholder',
      sound.replace('https://example.com/', 'https://${HOST}/'),
      /\/delivery\/url PLACEHOLDER .*\$\{HOST\}/,
    ],
    ['an open placeholder', sound.replace('https://example.com/', 'https://${SECRET:URL'), /PLACEHOLDER/],
    ['a URL that is none', sound.replace('https://', 'ftp://'), /\/delivery\/url URL/],
    ['a password in the URL', sound.replace('https://', 'https://a:b@'), /\/delivery\/url URL .*user name/],
    [
      'a header that is its own',
      'api_version: v1\ndelivery: { url: "https://e.com", headers: { Webhook-Id: x } }',
      /\/delivery\/headers\/Webhook-Id HEADER/,
    ],
    [
      'a header with a line break',
      'api_version: v1\ndelivery: { url: "https://e.com", headers: { X: "a\\r\\nb: c" } }',
      /\/delivery\/headers\/X HEADER .*line break/,
    ],
    [
      'another algorithm',
      'api_version: v1\ndelivery: { url: "https://e.com", signing: { alg: MD5, secret: "${SECRET:KEY}" } }',
      /\/delivery\/signing\/alg VALUE/,
    ],
    [
      'a transform that is not there',
      `${sound}transform: { entry: "transforms/build_complete.ts#transform" }`,
      /\/transform\/entry SCRIPT .*not in the package.*Did you mean "transforms\/build_completed.ts"/,
    ],
    [
      'a transform in another language',
      `${sound}transform: { language: ruby, entry: "transforms/build_completed.ts#transform" }`,
      /\/transform\/language VALUE/,
    ],
    ['a transform that is no script', `${sound}transform: { entry: "a.json#x" }`, /\/transform\/entry SCRIPT/],
    [
      'an export that is no name',
      `${sound}transform: { entry: "transforms/build_completed.ts#a b" }`,
      /\/transform\/entry SCRIPT/,
    ],
    ['retries beyond measure', `${sound}retry: { max_attempts: 99 }`, /\/retry\/max_attempts RANGE/],
    [
      'delays in the wrong order',
      `${sound}retry: { initial_delay_s: 9, max_delay_s: 3 }`,
      /\/retry\/max_delay_s RANGE/,
    ],
    ['a list', '- a', / TYPE /],
    ['nothing', '', / TYPE /],
    ['bad YAML', 'a: [', / YAML_SYNTAX .*line 1/],
    ['a key twice', `${sound}on: [b]`, / YAML_DUPLICATE_KEY /],
    ['an alias', 'a: &x [1]\nb: *x', / YAML_ALIAS /],
    ['a tag', 'a: !!binary "x"\nb: !js x', / YAML_(TAG|SYNTAX) /],
    ['two documents', `${sound}---\n${sound}`, / YAML_SYNTAX .*line 4, column 1: a second document begins/],
    ['a text that cannot be kept', `${sound}description: "a\\0b"\n`, / YAML_TEXT .*U\+0000/],
    ['half a surrogate pair', `${sound}description: "\\ud800"\n`, / YAML_(TEXT|SYNTAX) /],
    ['a key that is a list', '? [a]\n: b', / YAML_KEY /],
  ])('with %s is refused', (_name, yaml, expected) => {
    expect(faults(yaml, script)).toContainEqual(expect.stringMatching(expected));
  });

  it('with many faults gets them together', () => {
    expect(read('api_version: v2\non: [A]\ndelivery: { url: "ftp://x" }\nmore: 1').errors).toHaveLength(4);
  });

  it.each([
    [
      'aliases that multiply',
      [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefghi'
          .split('')
          .map(
            (name, index) =>
              `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[index]}`).join(',')}]`,
          ),
      ].join('\n'),
    ],
    ['brackets without end', '['.repeat(60_000)],
    ['braces without end', '{a: '.repeat(15_000)],
    ['dashes without end', '- '.repeat(30_000)],
    ['indentation without end', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['too many bytes', `a: "${'x'.repeat(70_000)}"`],
  ])('that is a bomb is answered, not endured: %s', (_name, yaml) => {
    expect(read(yaml).errors.length).toBeGreaterThan(0);
  });

  it('has a file name that can be its name', () => {
    expect(
      readWebhooks(
        new Map([
          ['webhooks/sub/a.yaml', Buffer.from(sound)],
          ['webhooks/b.yml', Buffer.from(sound)],
          ['webhooks/README.md', Buffer.from('')],
        ]),
        [],
      ).errors.map(({ code }) => code),
    ).toEqual(['WEBHOOK_NAME', 'WEBHOOK_NAME']);
  });

  it('whose key stands in the package is warned of', () => {
    expect(
      read('api_version: v1\ndelivery: { url: "https://e.com", signing: { secret: plain } }').warnings,
    ).toMatchObject([{ pointer: '/webhooks/one.yaml/delivery/signing/secret', code: 'SECRET_IN_PACKAGE' }]);
  });
});

describe('placeholders', () => {
  it('of settings may have a default, which holds no other placeholder', () => {
    expect(placeholdersOf('${CONFIG:crm.path} ${CONFIG:a:-} ${CONFIG:a:-b:-c} ${CONFIG:a:-${X}} ${CONFIG:}')).toEqual([
      { kind: 'setting', name: 'crm.path', fallback: undefined },
      { kind: 'setting', name: 'a', fallback: '' },
      { kind: 'setting', name: 'a', fallback: 'b:-c' },
      { kind: 'unknown', text: '${CONFIG:a:-${X}' },
      { kind: 'unknown', text: '${CONFIG:}' },
    ]);
    const signed = read('api_version: v1\ndelivery: { url: "https://e.com", signing: { secret: "${CONFIG:key}" } }');
    expect(signed.errors).toMatchObject([
      { pointer: '/webhooks/one.yaml/delivery/signing/secret', code: 'PLACEHOLDER' },
    ]);
  });

  it('are found and filled once: what is put in is not looked at again', () => {
    const text = 'a ${SECRET:URL} b ${TENANT_ID} c ${X}';
    expect(placeholdersOf(text).map(({ kind }) => kind)).toEqual(['secret', 'tenant', 'unknown']);
    expect(fillPlaceholders(text, (found) => (found.kind === 'tenant' ? '$&${SECRET:URL}' : '$1'))).toBe(
      'a $1 b $&${SECRET:URL} c ${X}',
    );
  });
});
