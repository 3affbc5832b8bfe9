import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, whyNotPublic } from './address.js';

/** Blocks of the IANA special-purpose registries and what lies next to them: first, middle and last address of each. */
const refused: [string, ...string[]][] = [
  ['0.0.0.0/8 this network', '0.0.0.0', '0.1.2.3', '0.255.255.255'],
  ['10.0.0.0/8 private use', '10.0.0.0', '10.8.8.8', '10.255.255.255'],
  ['100.64.0.0/10 shared address space', '100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ['127.0.0.0/8 loopback', '127.0.0.0', '127.0.0.1', '127.255.255.255'],
  [
    '169.254.0.0/16 link local, metadata services',
    '169.254.0.0',
    '169.254.169.254',
    '169.254.170.2',
    '169.254.255.255',
  ],
  ['172.16.0.0/12 private use', '172.16.0.0', '172.17.0.1', '172.31.255.255'],
  ['192.0.0.0/24 IETF protocol assignments', '192.0.0.0', '192.0.0.170', '192.0.0.192', '192.0.0.255'],
  ['192.0.2.0/24 documentation', '192.0.2.0', '192.0.2.255'],
  ['192.31.196.0/24 AS112', '192.31.196.0', '192.31.196.255'],
  ['192.52.193.0/24 AMT', '192.52.193.0', '192.52.193.255'],
  ['192.88.99.0/24 deprecated 6to4 relay', '192.88.99.0', '192.88.99.255'],
  ['192.168.0.0/16 private use', '192.168.0.0', '192.168.1.1', '192.168.255.255'],
  ['192.175.48.0/24 AS112', '192.175.48.0', '192.175.48.255'],
  ['198.18.0.0/15 benchmarking', '198.18.0.0', '198.19.255.255'],
  ['198.51.100.0/24 documentation', '198.51.100.0', '198.51.100.255'],
  ['203.0.113.0/24 documentation', '203.0.113.0', '203.0.113.255'],
  ['224.0.0.0/4 multicast', '224.0.0.0', '239.255.255.255'],
  ['240.0.0.0/4 reserved', '240.0.0.0', '255.255.255.254'],
  ['255.255.255.255 limited broadcast', '255.255.255.255'],
  ['168.63.129.16 Azure', '168.63.129.16'],
  ['::/128 unspecified', '::'],
  ['::1/128 loopback', '::1'],
  ['::/96 IPv4-compatible', '::7f00:1', '::8.8.8.8', '::a00:1'],
  [
    '::ffff:0:0/96 mapped private',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '0:0:0:0:0:ffff:169.254.169.254',
  ],
  ['::ffff:0:0:0/96 translated', '::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8'],
  ['64:ff9b::/96 NAT64', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8'],
  ['64:ff9b:1::/48 local NAT64', '64:ff9b:1::', '64:ff9b:1::a00:1', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['100::/64 discard only', '100::', '100::ffff:ffff:ffff:ffff'],
  ['100:0:0:1::/64 dummy prefix', '100:0:0:1::1'],
  ['2001::/23 IETF protocol assignments', '2001::', '2001:1::1', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001::/32 Teredo', '2001:0:7f00:1::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:2::/48 benchmarking', '2001:2::1'],
  ['2001:3::/32 AMT', '2001:3::1'],
  ['2001:4:112::/48 AS112', '2001:4:112::1'],
  ['2001:10::/28 deprecated ORCHID', '2001:10::1', '2001:1f:ffff::1'],
  ['2001:20::/28 ORCHIDv2', '2001:20::1', '2001:2f:ffff::1'],
  ['2001:30::/28 drone remote id', '2001:30::1', '2001:3f:ffff::1'],
  ['2001:db8::/32 documentation', '2001:db8::1', '2001:db8:ffff::1'],
  ['2002::/16 6to4', '2002:7f00:1::', '2002:a9fe:a9fe::1', '2002:808:808::1'],
  ['2620:4f:8000::/48 AS112', '2620:4f:8000::1'],
  ['3fff::/20 documentation', '3fff::1', '3fff:fff:ffff::1'],
  ['4000::/3 and up: not handed out', '4000::1', '5f00::1', '8000::1', 'e000::1'],
  ['fc00::/7 unique local, metadata services', 'fc00::', 'fd00:ec2::254', 'fdff:ffff::1'],
  ['fe80::/10 link local', 'fe80::1', 'febf::1'],
  ['fec0::/10 site local', 'fec0::1', 'feff::1'],
  ['ff00::/8 multicast', 'ff02::1', 'ffff::1'],
  ['ISATAP inside a public prefix', '2606:4700::5efe:127.0.0.1', '2606:4700::200:5efe:10.0.0.1'],
  ['a zone', 'fe80::1%eth0', '2606:4700::1%eth0'],
  [
    'no address',
    '',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    ':::',
    '[::1]',
    '8.8.8.8 ',
    '８.8.8.8',
  ],
];

const open = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '168.63.129.17',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.0.3.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '203.0.112.255',
  '203.0.114.0',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2003::1',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
  '3ffe::1',
];

describe('addresses', () => {
  it.each(refused)('of %s are not public', (_block, ...addresses) => {
    for (const address of addresses) expect(whyNotPublic(address), address).toBeDefined();
  });

  it.each(open)('such as %s are public', (address) => {
    expect(whyNotPublic(address)).toBeUndefined();
  });

  it('are judged the same when they are mapped into IPv6', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        (address) => (whyNotPublic(address) === undefined) === (whyNotPublic(`::ffff:${address}`) === undefined),
      ),
    );
  });

  it('of IPv6 are public only inside 2000::/3', () => {
    fc.assert(
      fc.property(
        fc.ipV6(),
        (address) =>
          whyNotPublic(address) !== undefined ||
          /^(::ffff:|[23][0-9a-f]{3}:|\d+\.)/i.test(canonicalAddress(address) ?? ''),
      ),
    );
  });

  it('have one spelling', () => {
    expect(canonicalAddress('::FFFF:7f00:1')).toBe('127.0.0.1');
    expect(canonicalAddress('2606:4700:0:0::0:1')).toBe('2606:4700::1');
  });
});
