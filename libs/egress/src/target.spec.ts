import { describe, expect, it } from 'vitest';
import { lookUpHost } from './allow-hosts.js';
import { allowPrivateProblem } from './allow-private.js';
import { createEgress } from './egress.js';

const check = (url: string, allowHosts: readonly string[] | 'any' = 'any', allowPrivate: string[] = []): string =>
  createEgress({ allowPrivate }).checkUrl(url, allowHosts)?.code ?? 'OK';

/** One address in every way that a URL can spell it. */
const spellings = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://127.0.1/',
  'http://2130706433/',
  'http://017700000001/',
  'http://0x7f000001/',
  'http://0x7f.1/',
  'http://0177.0.0.1/',
  'http://0177.0x0.0.1/',
  'http://127.0.0.1./',
  'http://127.00.00.01/',
  'http://①②⑦.⓪.⓪.①/',
  'http://１２７.０.０.１/',
  'http://127。0。0。1/',
  'http://%31%32%37.0.0.1/',
  'http:127.0.0.1/',
  'http:\\\\127.0.0.1\\',
  'http://\t127.0.0.1/',
  ' http://127.0.0.1/ ',
  'HTTP://127.0.0.1/',
  'http://127.0.0.1?x',
  'http://127.0.0.1#x',
  'http://[::1]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::127.0.0.1]/',
  'http://[2002:7f00:1::]/',
  'http://localhost/',
  'http://LOCALHOST/',
  'http://localhost./',
  'http://a.localhost/',
  'http://ｌocalhost/',
  'http://0/',
  'http://0.0.0.0/',
  'http://[::]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/',
  'http://2852039166/',
  'https://10.0.0.1:443/',
];

describe('a URL', () => {
  it.each(spellings)('that means an inner address is refused: %s', (url) => {
    expect(check(url)).toBe('EGRESS_PRIVATE_ADDRESS');
  });

  const codes: [string, string][] = [
    ['https://api.example.com/x', 'OK'],
    ['http://api.example.com./x', 'OK'],
    ['https://8.8.8.8/', 'OK'],
    ['https://[2606:4700::1]/', 'OK'],
    ['https://bücher.example/', 'OK'],
    ['http://api.example.com:8080/', 'OK'],
    ['ftp://api.example.com/', 'EGRESS_SCHEME'],
    ['file:///etc/passwd', 'EGRESS_SCHEME'],
    ['data:text/plain,x', 'EGRESS_SCHEME'],
    ['blob:https://x.io/1', 'EGRESS_SCHEME'],
    ['gopher://127.0.0.1:6379/_x', 'EGRESS_SCHEME'],
    ['javascript:alert(1)', 'EGRESS_SCHEME'],
    ['ws://x.io/', 'EGRESS_SCHEME'],
    ['unix:/var/run/docker.sock', 'EGRESS_SCHEME'],
    ['https://user@x.io/', 'EGRESS_URL'],
    ['https://:pass@x.io/', 'EGRESS_URL'],
    ['https://x.io@127.0.0.1/', 'EGRESS_URL'],
    ['https://x.io:80@127.0.0.1:443/', 'EGRESS_URL'],
    ['/relative', 'EGRESS_URL'],
    ['', 'EGRESS_URL'],
    ['https://', 'EGRESS_URL'],
    ['https://x..io/', 'EGRESS_URL'],
    ['https://x.io../', 'EGRESS_URL'],
    ['https://.x.io/', 'EGRESS_URL'],
    ['https://[fe80::1%25eth0]/', 'EGRESS_URL'],
    ['https://1.2.3.4.5/', 'EGRESS_URL'],
    ['https://256.256.256.256/', 'EGRESS_URL'],
    ['https://x.io:99999/', 'EGRESS_URL'],
    [`https://x.io/${'x'.repeat(9000)}`, 'EGRESS_URL'],
    ['http://printer.local/', 'EGRESS_PRIVATE_ADDRESS'],
    ['http://metadata.google.internal/', 'EGRESS_PRIVATE_ADDRESS'],
    ['http://METADATA.google.internal./', 'EGRESS_PRIVATE_ADDRESS'],
    ['http://router.home.arpa/', 'EGRESS_PRIVATE_ADDRESS'],
    ['http://hidden.onion/', 'EGRESS_PRIVATE_ADDRESS'],
    ['http://8.8.8.8:22/', 'EGRESS_PORT'],
    ['http://8.8.8.8:6667/', 'EGRESS_PORT'],
    ['http://8.8.8.8:0/', 'EGRESS_PORT'],
  ];
  it.each(codes)('%s is %s', (url, expected) => {
    expect(check(url)).toBe(expected);
  });

  it('names what to write in the manifest when its host is not allowed', () => {
    const refused = createEgress().checkUrl('https://api.example.com:8443/', ['example.com']);
    expect(refused).toMatchObject({
      code: 'EGRESS_HOST_NOT_ALLOWED',
      detail: expect.stringContaining('Add "api.example.com:8443" to http.allow'),
    });
  });

  it('may reach inside where the operator opened it, by address and port', () => {
    const loopback = ['127.0.0.1:4000'];
    for (const url of [
      'http://127.0.0.1:4000/',
      'http://localhost:4000/',
      'http://0x7f.1:4000/',
      'http://[::ffff:127.0.0.1]:4000/',
    ])
      expect(check(url, 'any', loopback), url).toBe('OK');
    for (const url of [
      'http://127.0.0.1:4001/',
      'http://127.0.0.2:4000/',
      'http://[::1]:4000/',
      'http://10.0.0.1:4000/',
    ])
      expect(check(url, 'any', loopback), url).toBe('EGRESS_PRIVATE_ADDRESS');
    expect(check('http://10.1.255.1:6379/', 'any', ['10.1.0.0/16'])).toBe('OK');
    expect(check('http://10.2.0.1/', 'any', ['10.1.0.0/16'])).toBe('EGRESS_PRIVATE_ADDRESS');
    expect(check('http://10.1.0.1:444/', 'any', ['10.1.0.0/16:443'])).toBe('EGRESS_PRIVATE_ADDRESS');
    expect(check('http://[fd00::5]:8080/', 'any', ['fd00::/8'])).toBe('OK');
    expect(check('http://files.internal:9000/', 'any', ['files.internal:9000'])).toBe('OK');
    expect(check('http://files.internal:9001/', 'any', ['files.internal:9000'])).toBe('EGRESS_PRIVATE_ADDRESS');
  });

  it('inside still has to be allowed by the manifest', () => {
    expect(check('http://127.0.0.1:4000/', ['x.io'], ['127.0.0.1:4000'])).toBe('EGRESS_HOST_NOT_ALLOWED');
    expect(check('http://127.0.0.1:4000/', ['127.0.0.1'], ['127.0.0.1:4000'])).toBe('OK');
    expect(check('http://127.0.0.1:4000/', ['127.0.0.1:4000'])).toBe('EGRESS_PRIVATE_ADDRESS');
  });
});

describe('http.allow', () => {
  const cases: [string, string, number, string][] = [
    ['api.x.io', 'api.x.io', 443, 'allowed'],
    ['api.x.io', 'api.x.io', 80, 'allowed'],
    ['api.x.io', 'api.x.io', 8443, 'port'],
    ['api.x.io:8443', 'api.x.io', 8443, 'allowed'],
    ['api.x.io:8443', 'api.x.io', 443, 'port'],
    ['API.X.io', 'api.x.io', 443, 'allowed'],
    ['api.x.io.', 'api.x.io', 443, 'allowed'],
    ['*.x.io', 'a.b.x.io', 443, 'allowed'],
    ['*.x.io', 'x.io', 443, 'refused'],
    ['*.x.io', 'evilx.io', 443, 'refused'],
    ['x.io', 'a.x.io', 443, 'refused'],
    ['x.io', 'x.io.evil.com', 443, 'refused'],
    ['*.0.0.1', '127.0.0.1', 443, 'refused'],
    ['*', 'x.io', 443, 'refused'],
    ['*.*', 'a.x.io', 443, 'refused'],
    ['', 'x.io', 443, 'refused'],
    ['bücher.example', 'xn--bcher-kva.example', 443, 'allowed'],
    ['*.bücher.example', 'a.xn--bcher-kva.example', 443, 'allowed'],
    ['[2606:4700:0::1]', '[2606:4700::1]', 443, 'allowed'],
    ['0x7f.1', '127.0.0.1', 443, 'allowed'],
    ['x.io@evil.com', 'evil.com', 443, 'refused'],
    ['https://x.io', 'x.io', 443, 'refused'],
  ];
  it.each(cases)('%s takes %s on port %i as %s', (pattern, host, port, verdict) => {
    expect(lookUpHost([pattern], host, port)).toBe(verdict);
  });
});

describe('ANNEX_EGRESS_ALLOW_PRIVATE', () => {
  it.each([
    '127.0.0.1:80',
    '10.0.0.0/8',
    '10.0.0.0/8:443',
    '10.0.0.1',
    '[::1]:80',
    '::1',
    '[::1]',
    'fd00::/8',
    'minio:9000',
    'localhost:1025',
    ' 10.0.0.1 ',
  ])('takes %s', (entry) => {
    expect(allowPrivateProblem(entry)).toBeUndefined();
  });

  it.each([
    'minio',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '10.0.0:80',
    'http://minio:9000',
    '*:80',
    '10.0.0.1/',
    'a b:80',
    '[::1',
    '300.1.1.1:80',
  ])('refuses %s at start and says what to write', (entry) => {
    expect(allowPrivateProblem(entry)).toContain('is not host:port, an address, or a CIDR');
    expect(() => createEgress({ allowPrivate: [entry] })).toThrow(RangeError);
  });
});
