import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerCryptoCall } from '../../isolate/web-crypto.js';
import { evaluateAll } from './testing/table.js';
import { startWebIsolate } from './testing/web-isolate.js';
import type { WebIsolate } from './testing/web-isolate.js';

let web: WebIsolate;
const asked: string[] = [];
beforeAll(async () => {
  web = await startWebIsolate({
    executor: (method, argsJson) => {
      asked.push(argsJson);
      return answerCryptoCall(method, argsJson);
    },
  });
  await web.run(`
    globalThis.hex = (data) => new Uint8Array(data).toHex();
    globalThis.unhex = (text) => Uint8Array.fromHex(text);
    globalThis.text = (value) => new TextEncoder().encode(value);
    globalThis.subtle = crypto.subtle;
    globalThis.hmac = (hash, key, usages = ['sign', 'verify']) =>
      subtle.importKey('raw', key, { name: 'HMAC', hash }, true, usages);
    globalThis.aes = (key, usages = ['encrypt', 'decrypt']) =>
      subtle.importKey('raw', unhex(key), 'AES-GCM', true, usages);
  `);
});
afterAll(() => {
  web.stop();
});

describe('crypto.subtle', () => {
  it.each([
    // FIPS 180-2
    ["subtle.digest('SHA-1', text('abc')).then(hex)", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    [
      "subtle.digest({ name: 'sha-256' }, text('abc')).then(hex)",
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ],
    [
      "subtle.digest('SHA-384', text('')).then(hex)",
      '38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b',
    ],
    ["subtle.digest('SHA-512', text('').buffer).then((d) => d.byteLength)", 64],
    ["subtle.digest('MD5', text(''))", '!NotSupportedError'],
    ["subtle.digest('SHA-256', 'text')", '!TypeError'],
    ["subtle.digest('SHA-256')", '!TypeError'],
    // RFC 4231, test case 2
    [
      `hmac('SHA-256', text('Jefe'))
          .then((k) => subtle.sign('HMAC', k, text('what do ya want for nothing?')))
          .then(hex)`,
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      `hmac('SHA-256', text('Jefe')).then((k) =>
          subtle.verify(
            'HMAC',
            k,
            unhex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'),
            text('what do ya want for nothing?'),
          ),
        )`,
      true,
    ],
    ["hmac('SHA-256', text('Jefe')).then((k) => subtle.verify('HMAC', k, unhex('5bdc'), text('x')))", false],
    ["hmac('SHA-256', text('k'), ['verify']).then((k) => subtle.sign('HMAC', k, text('x')))", '!InvalidAccessError'],
    ["hmac('SHA-256', text(''))", '!DataError'],
    ["hmac('SHA-256', text('k'), [])", '!SyntaxError'],
    ["hmac('SHA-256', text('k'), ['encrypt'])", '!SyntaxError'],
    ["hmac('SHA-256', text('k'), ['nonsense'])", '!TypeError'],
    [
      "hmac('SHA-512', text('k')).then((k) => [k.type, k.extractable, k.algorithm, k.usages, String(k)])",
      [
        'secret',
        true,
        { name: 'HMAC', hash: { name: 'SHA-512' }, length: 8 },
        ['sign', 'verify'],
        '[object CryptoKey]',
      ],
    ],
    [
      `subtle
          .generateKey({ name: 'HMAC', hash: 'SHA-384' }, true, ['sign'])
          .then((k) => subtle.exportKey('raw', k))
          .then((d) => d.byteLength)`,
      128,
    ],
    // The AES-GCM specification of McGrew and Viega, test case 4
    [
      `aes('feffe9928665731c6d6a8f9467308308')
          .then((k) =>
            subtle.encrypt(
              {
                name: 'AES-GCM',
                iv: unhex('cafebabefacedbaddecaf888'),
                additionalData: unhex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
              },
              k,
              unhex(
                ('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
                  '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'),
              ),
            ),
          )
          .then(hex)`,
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba3' +
        '0b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47',
    ],
    [
      `(async () => {
          const k = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
          const iv = crypto.getRandomValues(new Uint8Array(12));
          const c = await subtle.encrypt({ name: 'AES-GCM', iv, tagLength: 96 }, k, text('secret'));
          return [
            c.byteLength,
            new TextDecoder().decode(await subtle.decrypt({ name: 'AES-GCM', iv, tagLength: 96 }, k, c)),
          ];
        })()`,
      [18, 'secret'],
    ],
    [
      `aes('00'.repeat(16)).then((k) =>
          subtle.decrypt({ name: 'AES-GCM', iv: unhex('00'.repeat(12)) }, k, unhex('00'.repeat(20))),
        )`,
      '!OperationError',
    ],
    [
      `aes('00'.repeat(16)).then((k) =>
          subtle.decrypt({ name: 'AES-GCM', iv: unhex('00'.repeat(12)) }, k, unhex('00')),
        )`,
      '!OperationError',
    ],
    [
      `aes('00'.repeat(16)).then((k) =>
          subtle.encrypt({ name: 'AES-GCM', iv: unhex('00'), tagLength: 33 }, k, unhex('00')),
        )`,
      '!OperationError',
    ],
    ["aes('00'.repeat(16)).then((k) => subtle.encrypt({ name: 'AES-GCM' }, k, unhex('00')))", '!TypeError'],
    ["aes('00'.repeat(15))", '!DataError'],
    ["subtle.generateKey({ name: 'AES-GCM', length: 64 }, true, ['encrypt'])", '!OperationError'],
    ["subtle.generateKey({ name: 'AES-CBC' }, true, ['encrypt'])", '!NotSupportedError'],
    ["aes('00'.repeat(16)).then((k) => subtle.sign('HMAC', k, text('x')))", '!InvalidAccessError'],
    // RFC 5869, test case 1
    [
      `subtle
          .importKey('raw', unhex('0b'.repeat(22)), 'HKDF', false, ['deriveBits'])
          .then((k) =>
            subtle.deriveBits(
              {
                name: 'HKDF',
                hash: 'SHA-256',
                salt: unhex('000102030405060708090a0b0c'),
                info: unhex('f0f1f2f3f4f5f6f7f8f9'),
              },
              k,
              336,
            ),
          )
          .then(hex)`,
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      `subtle
          .importKey('raw', unhex('0b'), 'HKDF', false, ['deriveKey'])
          .then((k) =>
            subtle.deriveKey(
              { name: 'HKDF', hash: 'SHA-256', salt: unhex(''), info: unhex('') },
              k,
              { name: 'AES-GCM', length: 128 },
              true,
              ['encrypt'],
            ),
          )
          .then((k) => [k.algorithm, k.usages])`,
      [{ name: 'AES-GCM', length: 128 }, ['encrypt']],
    ],
    ["subtle.importKey('raw', unhex('0b'), 'HKDF', true, ['deriveBits'])", '!SyntaxError'],
    [
      `subtle
          .importKey('raw', unhex('0b'), 'HKDF', false, ['deriveBits'])
          .then((k) => subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: unhex(''), info: unhex('') }, k, 12))`,
      '!OperationError',
    ],
    [
      `subtle
          .importKey('raw', unhex('0b'), 'HKDF', false, ['deriveBits'])
          .then((k) =>
            subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: unhex(''), info: unhex('') }, k, 8 * 1024 * 1024),
          )`,
      '!QuotaExceededError',
    ],
    [
      "hmac('SHA-256', unhex('ff00')).then((k) => subtle.exportKey('jwk', k))",
      { alg: 'HS256', ext: true, k: '_wA', key_ops: ['sign', 'verify'], kty: 'oct' },
    ],
    [
      `subtle
          .importKey('jwk', { kty: 'oct', k: '_wA' }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])
          .then((k) => subtle.exportKey('raw', k))
          .then(hex)`,
      'ff00',
    ],
    [
      "subtle.importKey('jwk', { kty: 'oct', k: '_wA', alg: 'HS512' }, { name: 'HMAC', hash: 'SHA-256' }, true, " +
        "['sign'])",
      '!DataError',
    ],
    [
      "subtle.importKey('jwk', { kty: 'oct', k: '_wA', ext: false }, { name: 'HMAC', hash: 'SHA-256' }, true, " +
        "['sign'])",
      '!DataError',
    ],
    ["subtle.importKey('jwk', { kty: 'RSA' }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])", '!DataError'],
    ["subtle.importKey('spki', unhex('00'), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])", '!NotSupportedError'],
    ["subtle.importKey('nonsense', unhex('00'), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])", '!TypeError'],
    [
      `subtle
          .generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt'])
          .then((k) => subtle.exportKey('raw', k))`,
      '!InvalidAccessError',
    ],
    [
      `(async () => {
          const wrap = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['wrapKey', 'unwrapKey']);
          const key = await hmac('SHA-256', text('inner'));
          const how = { name: 'AES-GCM', iv: new Uint8Array(12) };
          const wrapped = await subtle.wrapKey('jwk', key, wrap, how);
          const back = await subtle.unwrapKey('jwk', wrapped, wrap, how, { name: 'HMAC', hash: 'SHA-256' }, true, [
            'sign',
          ]);
          return hex(await subtle.exportKey('raw', back)) === hex(text('inner'));
        })()`,
      true,
    ],
    ['new CryptoKey()', '!TypeError'],
    ['new SubtleCrypto()', '!TypeError'],
    ['SubtleCrypto.prototype.digest.call({}, "SHA-1", text(""))', '!TypeError'],
  ])('%s', async (expression, expected) => {
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });

  it('copies its input before it waits', async () => {
    expect(
      await web.run(
        "const data = text('abc'); const digest = subtle.digest('SHA-1', data); data.fill(0); return hex(await digest)",
      ),
    ).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
  });

  it('shows a key nothing of its bytes, and believes no copy of its description', async () => {
    expect(
      await web.run(`
      const key = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      key.usages.push('verify'); key.algorithm.name = 'AES-GCM';
      const failed = await subtle.verify('HMAC', key, text(''), text('')).catch((error) => error.name);
      return [Object.keys(key), JSON.stringify(key), failed, (await subtle.sign('HMAC', key, text('x'))).byteLength];`),
    ).toEqual([[], '{}', 'InvalidAccessError', 32]);
  });
});

describe('random numbers', () => {
  it('fill integer arrays only, up to 64 KiB', async () => {
    expect(
      await evaluateAll(web, [
        'crypto.getRandomValues(new Uint8Array(100)).some((byte) => byte !== 0)',
        'crypto.getRandomValues(new BigUint64Array(2)).length',
        'crypto.getRandomValues(new Uint8Array(65536)).length',
        'crypto.getRandomValues(new Uint8Array(65537))',
        'crypto.getRandomValues(new Float64Array(1))',
        'crypto.getRandomValues(new DataView(new ArrayBuffer(1)))',
        'crypto.getRandomValues([])',
        `(() => {
            const whole = new Uint8Array(16);
            crypto.getRandomValues(whole.subarray(4, 8));
            return [...whole.subarray(0, 4), ...whole.subarray(8)].every((byte) => byte === 0);
          })()`,
      ]),
    ).toEqual([true, 2, 65536, '!QuotaExceededError', '!TypeMismatchError', '!TypeMismatchError', '!TypeError', true]);
  });

  it('never give the same bytes twice', async () => {
    const ids = (await web.run('return Array.from({ length: 500 }, () => crypto.randomUUID())')) as string[];
    expect(new Set(ids).size).toBe(500);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(web.randomAsked.every((bytes) => bytes <= 65536)).toBe(true);
  });
});
