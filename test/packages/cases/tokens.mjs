/** Ids, hashes and tokens. */
const jwk = `{ modulusLength: 2048, extractable: true }`;

export const tokens = [
  // Ids, hashes and tokens
  {
    name: 'nanoid',
    version: '6.0.2',
    head: `import { nanoid, customAlphabet } from 'nanoid'`,
    run: `[nanoid().length, customAlphabet('ab', 5)().replace(/[ab]/g, 'x')]`,
    want: [21, 'xxxxx'],
  },
  {
    name: 'uuid',
    version: '14.0.3',
    head: `import { v4, v5, validate } from 'uuid'`,
    run: `[validate(v4()), v5('a', v5.URL)]`,
    test: ([ok, five]) => ok === true && /^[0-9a-f-]{36}$/.test(five),
  },
  {
    name: 'ulid',
    version: '3.0.2',
    head: `import { ulid, decodeTime } from 'ulid'`,
    run: `[ulid().length, decodeTime(ulid(1469918176385))]`,
    want: [26, 1469918176385],
  },
  {
    name: '@noble/hashes',
    version: '2.4.0',
    head: `import { sha256 } from '@noble/hashes/sha2.js'\nimport { bytesToHex } from '@noble/hashes/utils.js'`,
    run: `bytesToHex(sha256(new TextEncoder().encode('abc'))).slice(0, 8)`,
    want: 'ba7816bf',
  },
  {
    name: 'crypto-js',
    version: '4.2.0',
    head: `import CryptoJS from 'crypto-js'`,
    run:
      `[CryptoJS.SHA256('abc').toString().slice(0, 8), CryptoJS.AES.decrypt(CryptoJS.AES.encrypt('x', ` +
      `'k').toString(), 'k').toString(CryptoJS.enc.Utf8)]`,
    want: ['ba7816bf', 'x'],
  },
  {
    name: 'bcryptjs',
    version: '3.0.3',
    head: `import bcrypt from 'bcryptjs'`,
    run: `bcrypt.compareSync('x', bcrypt.hashSync('x', 4))`,
    want: true,
  },
  {
    name: 'jsonwebtoken',
    version: '9.0.3',
    head: `import jwt from 'jsonwebtoken'`,
    run: `(() => {
        const t = jwt.sign({ a: 1 }, 'secret-secret-secret', { expiresIn: '1h' });
        const p = jwt.verify(t, 'secret-secret-secret');
        let bad = '';
        try {
          jwt.verify(t, 'other');
        } catch (e) {
          bad = e.message;
        }
        return [p.a, bad];
      })()`,
    want: [1, 'invalid signature'],
    note: 'with secrets (HS256…); for key pairs take jose',
  },
  {
    name: 'jose',
    version: '6.2.18',
    head:
      `import { SignJWT, jwtVerify, generateKeyPair } from 'jose'\nasync function both(alg) { const { privateKey, ` +
      `publicKey } = await generateKeyPair(alg, ${jwk}); const t = await new SignJWT({ a: alg ` +
      '}).setProtectedHeader({ alg }).sign(privateKey); return (await jwtVerify(t, publicKey)).payload.a }',
    run: `[await both('RS256'), await both('ES256')]`,
    want: ['RS256', 'ES256'],
  },
  {
    name: 'standardwebhooks',
    version: '1.1.1',
    head: `import { Webhook } from 'standardwebhooks'`,
    run: `new Webhook('whsec_' + btoa('secretsecretsecretsecret')).sign('m', new Date(0), '{}').slice(0, 3)`,
    want: 'v1,',
  },
  {
    name: 'otpauth',
    version: '9.5.2',
    head: `import * as OTPAuth from 'otpauth'`,
    run: `new OTPAuth.TOTP({ secret: 'JBSWY3DPEHPK3PXP' }).generate({ timestamp: 0 })`,
    want: '282760',
  },
  {
    name: 'tweetnacl',
    version: '1.0.3',
    head: `import nacl from 'tweetnacl'`,
    run: `(() => {
        const k = nacl.sign.keyPair();
        const m = new Uint8Array([1]);
        return nacl.sign.detached.verify(m, nacl.sign.detached(m, k.secretKey), k.publicKey);
      })()`,
    want: true,
  },
];
