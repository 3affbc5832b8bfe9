import { describe, expect, it } from 'vitest';
import { BoundedLimiter } from './bounded-limiter.js';
import { Login } from './login.js';

describe('what refused sign-ins leave behind', () => {
  it('is nothing but a count of their network when the address is none, or the network is refused', async () => {
    // Neither is ever asked: what is refused here reaches no database.
    const login = new Login({ database: {} as never, passwords: {} as never, sessions: {} as never, ttlS: 1 });
    const codes: string[] = [];
    for (let attempt = 0; attempt < 150; attempt += 1) {
      const email = attempt < 100 ? `no address ${attempt}` : `a${attempt}@made.up`;
      codes.push(
        await login.login({ email, password: 'x', address: `2001:db8:0:1::${attempt}` }).then(
          () => '',
          ({ code }: { code: string }) => code,
        ),
      );
    }
    expect(codes).toEqual([
      ...Array<string>(100).fill('INVALID_CREDENTIALS'),
      ...Array<string>(50).fill('RATE_LIMITED'),
    ]);
    expect(login.remembered).toBe(1);
  });

  it('is bounded: the oldest makes room', async () => {
    const limiter = new BoundedLimiter({ points: 1, duration: 300 }, 10);
    for (let key = 0; key < 100; key += 1) await limiter.consume(`k${key}`);
    expect(limiter.size).toBe(10);
    expect(await limiter.get('k0')).toBeNull();
    await expect(limiter.consume('k99')).rejects.toMatchObject({ consumedPoints: 2 });
    await limiter.consume('k0');
    expect(limiter.size).toBe(10);
  });
});
