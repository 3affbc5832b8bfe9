import { describe, expect, it } from 'vitest';
import { sandboxLimits } from '@annex/limits/sandbox';
import { CryptoCallError, answerCryptoCall } from './web-crypto.js';

const key = Buffer.from('k').toString('base64');
const aesKey = Buffer.alloc(16).toString('base64');
const iv = Buffer.alloc(12).toString('base64');

async function failure(method: string, args: unknown): Promise<CryptoCallError> {
  const error: unknown = await answerCryptoCall(method, typeof args === 'string' ? args : JSON.stringify(args)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CryptoCallError)) throw new Error('the call did not fail with a CryptoCallError');
  return error;
}

describe('answerCryptoCall', () => {
  it('answers with JSON text', async () => {
    expect(JSON.parse(await answerCryptoCall('crypto.digest', JSON.stringify([{ hash: 'SHA-1', data: '' }])))).toEqual({
      data: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
    });
  });

  it.each([
    ['crypto.nothing', [{}]],
    ['__proto__', [{}]],
    ['toString', [{}]],
    ['crypto.digest', 'not json'],
    ['crypto.digest', []],
    ['crypto.digest', [null]],
    ['crypto.digest', [{}, {}]],
    ['crypto.digest', [[]]],
    ['crypto.digest', { 0: {} }],
    ['crypto.digest', [{ hash: 'MD5', data: '' }]],
    ['crypto.digest', [{ hash: 'SHA-1' }]],
    ['crypto.digest', [{ hash: 'SHA-1', data: 5 }]],
    ['crypto.digest', [{ hash: 'SHA-1', data: '?' }]],
    ['crypto.digest', [{ hash: 'SHA-1', data: 'YQ' }]],
    ['crypto.digest', [{ hash: ['SHA-1'], data: '' }]],
    ['crypto.sign', [{ hash: 'SHA-256', key: '', data: '' }]],
    ['crypto.encrypt', [{ key, iv, tag_bits: 128, data: '' }]],
    ['crypto.encrypt', [{ key: aesKey, iv, tag_bits: 12, data: '' }]],
    ['crypto.encrypt', [{ key: aesKey, iv, tag_bits: '128', data: '' }]],
    ['crypto.hkdf', [{ hash: 'SHA-256', key, salt: '', info: '', bits: 12 }]],
    ['crypto.hkdf', [{ hash: 'SHA-256', key, salt: '', info: '', bits: -8 }]],
    ['crypto.hkdf', [{ hash: 'SHA-256', key, salt: '', info: '', bits: 1e300 }]],
  ])('refuses %s %j as invalid', async (method, args) => {
    expect((await failure(method, args)).code).toBe('CRYPTO_INVALID');
  });

  it('has a cap on every size', async () => {
    const big = Buffer.alloc(sandboxLimits.cryptoBytes + 3).toString('base64');
    const wide = Buffer.alloc(64 * 1024 + 3).toString('base64');
    for (const [method, args] of [
      ['crypto.digest', { hash: 'SHA-1', data: big }],
      ['crypto.digest', { hash: 'SHA-1', data: '', padding: 'x'.repeat(8 * 1024 * 1024) }],
      ['crypto.sign', { hash: 'SHA-1', key: wide, data: '' }],
      ['crypto.hkdf', { hash: 'SHA-256', key, salt: wide, info: '', bits: 8 }],
      ['crypto.hkdf', { hash: 'SHA-256', key, salt: '', info: '', bits: sandboxLimits.hkdfBytes * 8 + 8 }],
    ] as const)
      expect((await failure(method, [args])).code).toBe('CRYPTO_LIMIT');
    expect(
      await answerCryptoCall(
        'crypto.digest',
        JSON.stringify([{ hash: 'SHA-1', data: Buffer.alloc(sandboxLimits.cryptoBytes).toString('base64') }]),
      ),
    ).toMatch(/^\{"data":/);
  });

  it('says nothing of the host when the operation itself fails', async () => {
    const error = await failure('crypto.decrypt', [
      { key: aesKey, iv, tag_bits: 128, data: Buffer.alloc(32).toString('base64') },
    ]);
    expect(error.code).toBe('CRYPTO_OPERATION');
    expect(error.stack).toBe(`CryptoCallError: ${error.message}`);
    expect(error.cause).toBeUndefined();
    expect(
      (await failure('crypto.hkdf', [{ hash: 'SHA-1', key, salt: '', info: '', bits: sandboxLimits.hkdfBytes * 8 }]))
        .code,
    ).toBe('CRYPTO_OPERATION');
  });
});
