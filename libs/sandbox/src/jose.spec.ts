import { createHash } from 'node:crypto';
import { build } from 'esbuild';
import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Bundle, type Sandbox, type SandboxLimits } from './index.js';
import { endOf, runOf, usualLimits, valueOf } from './testing/runs.js';

const program = `
  import * as jose from 'jose';
  const { job } = annexSdk;
  job('sign', async (ctx, { alg }) => {
    const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
    const jwt = await new jose.SignJWT({ n: 1 })
      .setProtectedHeader({ alg })
      .setSubject('me')
      .setExpirationTime('5m')
      .sign(privateKey);
    const { payload } = await jose.jwtVerify(jwt, publicKey);
    const pem = await jose.exportPKCS8(privateKey);
    const again = await jose.importPKCS8(pem, alg);
    const second = await new jose.SignJWT({ n: 2 }).setProtectedHeader({ alg }).sign(again);
    const spki = await jose.importSPKI(await jose.exportSPKI(publicKey), alg);
    return {
      jwt,
      jwk: await jose.exportJWK(publicKey),
      subject: payload.sub,
      second: (await jose.jwtVerify(second, spki)).payload.n,
    };
  });
  job(
    'verify',
    async (ctx, { jwt, jwk, alg }) => (await jose.jwtVerify(jwt, await jose.importJWK(jwk, alg))).payload.sub,
  );
  job('forged', async (ctx, { jwt, jwk, alg }) =>
    jose.jwtVerify(jwt.slice(0, -8) + 'AAAAAAAA', await jose.importJWK(jwk, alg)).then(
      () => 'taken',
      (error) => error.code,
    ),
  );
  job('encrypt', async () => {
    const { privateKey, publicKey } = await jose.generateKeyPair('RSA-OAEP-256');
    const jwe = await new jose.CompactEncrypt(new TextEncoder().encode('secret'))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
      .encrypt(publicKey);
    return new TextDecoder().decode((await jose.compactDecrypt(jwe, privateKey)).plaintext);
  })
`;

let sandbox: Sandbox;
let bundle: Bundle;
beforeAll(async () => {
  sandbox = await createSandbox({});
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['browser'],
    target: 'es2024',
  });
  const code = `(function (annexSdk) { ${outputFiles[0]?.text ?? ''} })`;
  bundle = { code, sha256: createHash('sha256').update(code).digest('hex') };
});
afterAll(() => sandbox.stop());

const job = (index: number, payload: unknown, limits: SandboxLimits = usualLimits) =>
  sandbox.run({
    ...runOf('', { index, payload: JSON.stringify(payload), limits }),
    isolateKey: 'jose',
    bundleSha256: bundle.sha256,
    loadBundle: () => Promise.resolve(bundle),
  });

describe('a plugin with jose', () => {
  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'Ed25519', 'EdDSA'])(
    'signs and verifies %s, and others believe it',
    async (alg) => {
      const made = valueOf(await job(0, { alg })) as {
        jwt: string;
        jwk: Parameters<typeof importJWK>[0];
        subject: string;
        second: number;
      };
      expect(made).toMatchObject({ subject: 'me', second: 2 });
      expect((await jwtVerify(made.jwt, await importJWK(made.jwk, alg))).payload.sub).toBe('me');
    },
  );

  it.each(['RS256', 'ES256', 'Ed25519'])('verifies %s of others, and no forgery', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const jwt = await new SignJWT({}).setProtectedHeader({ alg }).setSubject('them').sign(privateKey);
    const jwk = await exportJWK(publicKey);
    expect(valueOf(await job(1, { jwt, jwk, alg }))).toBe('them');
    expect(valueOf(await job(2, { jwt, jwk, alg }))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  it('encrypts for a key of RSA', async () => {
    expect(valueOf(await job(3, null))).toBe('secret');
  });
});

describe('cryptography that computes for long', () => {
  it('is billed to the run', async () => {
    const derive = `
      const key = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']);
      const bits = () =>
        crypto.subtle.deriveBits(
          { name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(8), iterations: 500000 },
          key,
          256,
        );`;
    const run = await sandbox.run(runOf(`job('j', async () => { ${derive} await bits(); return 1; })`));
    expect(run.usage.cpuMs).toBeGreaterThan(20);
    const many = await sandbox.run(
      runOf(`job('j', async () => { ${derive} for (let i = 0; i < 1000; i += 1) await bits(); })`, {
        limits: { ...usualLimits, cpuMs: 300 },
      }),
    );
    expect(endOf(many)).toBe('CPU_LIMIT');
  });
});
