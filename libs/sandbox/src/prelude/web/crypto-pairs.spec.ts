import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerCryptoCall } from '../../isolate/web-crypto.js';
import { evaluateAll } from './testing/table.js';
import { startWebIsolate } from './testing/web-isolate.js';
import type { WebIsolate } from './testing/web-isolate.js';

let web: WebIsolate;
beforeAll(async () => {
  web = await startWebIsolate({ executor: answerCryptoCall });
  await web.run(`
    globalThis.hex = (data) => new Uint8Array(data).toHex();
    globalThis.unhex = (text) => Uint8Array.fromHex(text);
    globalThis.text = (value) => new TextEncoder().encode(value);
    globalThis.subtle = crypto.subtle;
    globalThis.rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
    // RFC 8037, appendix A
    globalThis.ed = {
      kty: 'OKP',
      crv: 'Ed25519',
      d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    };
    globalThis.p256 = {
      kty: 'EC',
      crv: 'P-256',
      d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    };
    // Signs, verifies, and verifies something else.
    globalThis.roundTrip = async (generate, sign = generate.name) => {
      const pair = await subtle.generateKey(generate, false, ['sign', 'verify']);
      const signature = await subtle.sign(sign, pair.privateKey, text('to be signed'));
      return [
        await subtle.verify(sign, pair.publicKey, signature, text('to be signed')),
        await subtle.verify(sign, pair.publicKey, signature, text('another')),
        signature.byteLength,
      ];
    };
    // Through every format, back to the same key.
    globalThis.formats = async (generate, usages, publicFormats) => {
      const pair = await subtle.generateKey(generate, true, usages);
      const same = [];
      for (const [key, names] of [
        [pair.privateKey, ['pkcs8', 'jwk']],
        [pair.publicKey, publicFormats],
      ]) {
        for (const format of names) {
          const exported = await subtle.exportKey(format, key);
          const again = await subtle.importKey(format, exported, generate, true, key.usages);
          const reexported = await subtle.exportKey(format, again);
          same.push(
            again.type === key.type &&
              (format === 'jwk'
                ? JSON.stringify(reexported) === JSON.stringify(exported)
                : hex(reexported) === hex(exported)),
          );
        }
      }
      return same;
    };
  `);
});
afterAll(() => {
  web.stop();
});

describe('crypto.subtle with keys that come in pairs', () => {
  it.each([
    ["roundTrip({ name: 'RSASSA-PKCS1-v1_5', ...rsa })", [true, false, 256]],
    ["roundTrip({ name: 'RSA-PSS', ...rsa }, { name: 'RSA-PSS', saltLength: 32 })", [true, false, 256]],
    ["roundTrip({ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', hash: 'SHA-256' })", [true, false, 64]],
    [
      "roundTrip({ name: 'ECDSA', namedCurve: 'P-384' }, { name: 'ECDSA', hash: { name: 'SHA-384' } })",
      [true, false, 96],
    ],
    ["roundTrip({ name: 'ed25519' })", [true, false, 64]],
    ["formats({ name: 'RSASSA-PKCS1-v1_5', ...rsa }, ['sign', 'verify'], ['spki', 'jwk'])", [true, true, true, true]],
    [
      "formats({ name: 'ECDSA', namedCurve: 'P-256' }, ['sign', 'verify'], ['spki', 'jwk', 'raw'])",
      [true, true, true, true, true],
    ],
    [
      "formats({ name: 'ECDH', namedCurve: 'P-521' }, ['deriveBits'], ['spki', 'jwk', 'raw'])",
      [true, true, true, true, true],
    ],
    ["formats({ name: 'Ed25519' }, ['sign', 'verify'], ['spki', 'jwk', 'raw'])", [true, true, true, true, true]],
    ["formats({ name: 'X25519' }, ['deriveKey'], ['spki', 'jwk', 'raw'])", [true, true, true, true, true]],
    // RFC 8037, appendix A.4
    [
      `subtle
          .importKey('jwk', ed, 'Ed25519', false, ['sign'])
          .then((k) => subtle.sign('Ed25519', k, text('eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc')))
          .then((s) => new Uint8Array(s).toBase64({ alphabet: 'base64url', omitPadding: true }))`,
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
    ],
    // RFC 7914, section 11
    [
      `subtle
          .importKey('raw', text('passwd'), 'PBKDF2', false, ['deriveBits'])
          .then((k) =>
            subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: text('salt'), iterations: 1 }, k, 512),
          )
          .then(hex)`,
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71' +
        'b845b1e30bd509112041d3a19783',
    ],
    [
      `subtle
          .importKey('raw', text('p'), 'PBKDF2', false, ['deriveKey'])
          .then((k) =>
            subtle.deriveKey(
              { name: 'PBKDF2', hash: 'SHA-512', salt: text('salt'), iterations: 1000 },
              k,
              { name: 'AES-GCM', length: 256 },
              false,
              ['encrypt'],
            ),
          )
          .then((k) => [k.type, k.algorithm])`,
      ['secret', { name: 'AES-GCM', length: 256 }],
    ],
    [
      `(async () => {
          const a = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
          const b = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
          const of = (own, other, bits) =>
            subtle.deriveBits({ name: 'ECDH', public: other.publicKey }, own.privateKey, bits).then(hex);
          const all = await of(a, b, null);
          return [all === (await of(b, a, 256)), all.length, (await of(a, b, 128)) === all.slice(0, 32)];
        })()`,
      [true, 64, true],
    ],
    [
      `(async () => {
          const a = await subtle.generateKey('X25519', false, ['deriveKey']);
          const b = await subtle.generateKey('X25519', false, ['deriveKey']);
          const key = await subtle.deriveKey(
            { name: 'X25519', public: b.publicKey },
            a.privateKey,
            { name: 'AES-GCM', length: 256 },
            true,
            ['encrypt'],
          );
          return key.algorithm;
        })()`,
      { name: 'AES-GCM', length: 256 },
    ],
    [
      `(async () => {
          const pair = await subtle.generateKey({ name: 'RSA-OAEP', ...rsa }, false, [
            'encrypt',
            'decrypt',
            'wrapKey',
            'unwrapKey',
          ]);
          const sealed = await subtle.encrypt({ name: 'RSA-OAEP', label: text('l') }, pair.publicKey, text('secret'));
          const open = await subtle.decrypt({ name: 'RSA-OAEP', label: text('l') }, pair.privateKey, sealed);
          const inner = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']);
          const wrapped = await subtle.wrapKey('raw', inner, pair.publicKey, 'RSA-OAEP');
          const back = await subtle.unwrapKey('raw', wrapped, pair.privateKey, 'RSA-OAEP', 'AES-GCM', true, [
            'encrypt',
          ]);
          return [
            new TextDecoder().decode(open),
            hex(await subtle.exportKey('raw', back)) === hex(await subtle.exportKey('raw', inner)),
          ];
        })()`,
      ['secret', true],
    ],
    [
      `subtle
          .importKey('jwk', p256, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
          .then((k) => [k.type, k.algorithm, k.usages, k.extractable, String(k)])`,
      ['private', { name: 'ECDSA', namedCurve: 'P-256' }, ['sign'], true, '[object CryptoKey]'],
    ],
    [
      `subtle
          .generateKey({ name: 'RSA-PSS', ...rsa, hash: 'SHA-512' }, false, ['sign'])
          .then(({ publicKey: k }) => [
            k.type,
            k.extractable,
            k.usages,
            k.algorithm.modulusLength,
            [...k.algorithm.publicExponent],
            k.algorithm.hash,
          ])`,
      ['public', true, [], 2048, [1, 0, 1], { name: 'SHA-512' }],
    ],
    [
      `subtle
          .generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
          .then(({ privateKey }) => subtle.exportKey('jwk', privateKey))
          .then((jwk) => Object.keys(jwk).sort().join())`,
      'crv,d,ext,key_ops,kty,x,y',
    ],
    [
      "subtle.importKey('jwk', { ...p256, alg: 'ES384' }, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])",
      '!DataError',
    ],
    ["subtle.importKey('jwk', p256, { name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign'])", '!DataError'],
    [
      "subtle.importKey('jwk', { ...p256, x: 'AAAA' }, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])",
      '!DataError',
    ],
    ["subtle.importKey('jwk', { ...ed, use: 'enc' }, 'Ed25519', true, ['sign'])", '!DataError'],
    ["subtle.importKey('jwk', { ...ed, key_ops: ['verify'] }, 'Ed25519', true, ['sign'])", '!DataError'],
    ["subtle.importKey('jwk', ed, 'Ed25519', true, ['verify'])", '!SyntaxError'],
    ["subtle.importKey('jwk', ed, 'Ed25519', true, [])", '!SyntaxError'],
    ["subtle.importKey('pkcs8', unhex('3000'), { name: 'RSA-PSS', hash: 'SHA-256' }, true, ['sign'])", '!DataError'],
    [
      "subtle.importKey('raw', unhex('04' + '00'.repeat(64)), { name: 'ECDSA', namedCurve: 'P-256' }, true, " +
        "['verify'])",
      '!DataError',
    ],
    [
      "subtle.importKey('raw', unhex('00'), { name: 'RSA-PSS', hash: 'SHA-256' }, true, ['verify'])",
      '!NotSupportedError',
    ],
    [
      "subtle.importKey('spki', unhex('3000'), { name: 'ECDSA', namedCurve: 'K-256' }, true, ['verify'])",
      '!NotSupportedError',
    ],
    [
      "subtle.importKey('jwk', ed, 'Ed25519', false, ['sign']).then((k) => subtle.exportKey('jwk', k))",
      '!InvalidAccessError',
    ],
    [
      "subtle.importKey('jwk', ed, 'Ed25519', true, ['sign']).then((k) => subtle.exportKey('spki', k))",
      '!InvalidAccessError',
    ],
    [
      `subtle
          .importKey('jwk', { ...ed, d: undefined }, 'Ed25519', true, ['verify'])
          .then((k) => subtle.sign('Ed25519', k, text('x')))`,
      '!InvalidAccessError',
    ],
    [
      `subtle
          .importKey('raw', text('p'), 'PBKDF2', false, ['deriveBits'])
          .then((k) => subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: text('s'), iterations: 0 }, k, 256))`,
      '!OperationError',
    ],
    [
      `subtle
          .importKey('raw', text('p'), 'PBKDF2', false, ['deriveBits'])
          .then((k) => subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: text('s'), iterations: 1e9 }, k, 256))
          .catch((e) => e.name + ': ' + e.message)`,
      'QuotaExceededError: PBKDF2 with 1000000000 iterations for a result of 256 bits; the limit ' +
        '(MAX_PBKDF2_ITERATIONS) is 1000000',
    ],
    [
      `subtle
          .importKey('raw', text('p'), 'PBKDF2', false, ['deriveBits'])
          .then((k) =>
            subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: text('s'), iterations: 600000 }, k, 512),
          )`,
      '!QuotaExceededError',
    ],
    [
      `subtle
          .generateKey({ name: 'RSA-PSS', ...rsa, modulusLength: 16384 }, true, ['sign'])
          .catch((e) => e.name + ': ' + e.message)`,
      'QuotaExceededError: An RSA modulus of 16384 bits; the limit (MAX_RSA_BITS) is 4096',
    ],
    ["subtle.generateKey({ name: 'RSA-PSS', ...rsa, modulusLength: 512 }, true, ['sign'])", '!OperationError'],
    [
      "subtle.generateKey({ name: 'RSA-PSS', ...rsa, publicExponent: new Uint8Array(1000).fill(255) }, true, ['sign'])",
      '!OperationError',
    ],
    ["subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['sign'])", '!SyntaxError'],
    ["subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])", '!SyntaxError'],
    [
      `(async () => {
          const a = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
          const b = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-384' }, false, ['deriveBits']);
          return subtle.deriveBits({ name: 'ECDH', public: b.publicKey }, a.privateKey, null);
        })()`,
      '!InvalidAccessError',
    ],
    [
      `subtle
          .generateKey('X25519', false, ['deriveBits'])
          .then((a) => subtle.deriveBits({ name: 'X25519', public: {} }, a.privateKey, null))`,
      '!TypeError',
    ],
    [
      `subtle
          .generateKey('X25519', false, ['deriveBits'])
          .then((a) => subtle.deriveBits({ name: 'X25519', public: a.publicKey }, a.privateKey, 264))`,
      '!OperationError',
    ],
  ])('%s', async (expression, expected) => {
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });
});
