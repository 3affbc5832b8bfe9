import type { HostMethod } from '@annex/host-api';
import { expect, it } from 'vitest';
import type { Context } from './context.js';
import { filter, hook, job, onConfigChange, route } from './index.js';

/** The calls of the table that `ctx` has no type for. */
type Untyped = {
  [M in HostMethod]: M extends `${infer Namespace}.${infer Name}`
    ? Namespace extends keyof Context
      ? Name extends keyof Context[Namespace]
        ? Context[Namespace][Name] extends (...args: never[]) => Promise<unknown>
          ? never
          : M
        : M
      : M
    : M extends keyof Context
      ? Context[M] extends (...args: never[]) => Promise<unknown>
        ? never
        : M
      : M;
}[HostMethod];

it('the type of ctx has every call of the table, and each answers a promise', () => {
  // Does not compile, and names the call, when one is missing.
  const complete: [Untyped] extends [never] ? true : Untyped = true;
  expect(complete).toBe(true);
});

/** Compiled, never called: plugins as people write them, without a type of their own. */
export function asPeopleWrite(): void {
  hook('auth.user.created', async (ctx, event) => {
    await ctx.emit('email.welcome_sent', { user_email: event.data.user.email });
  });
  route('/users/:user_id', { methods: ['GET'] }, async (ctx) => {
    const user = await ctx.db.getById('users', ctx.params.user_id ?? '');
    return user ? { user } : [{ error: 'User not found' }, 404];
  });
  job('daily_cleanup', async (ctx) => {
    const secret: string | null = await ctx.secrets.get('API_KEY');
    await ctx.http.post(new URL('https://a.test/'), new Blob(['x']), {
      headers: new Headers({ a: 'b' }),
      query: { ids: ['a', 'b'], none: undefined },
      timeoutMs: 500,
    });
    await ctx.files.upload('a.bin', new DataView(new ArrayBuffer(2)), { contentType: 'application/pdf' });
    await ctx.files.url('a.bin', { expiresS: 60 });
    await ctx.kv.list('prefix:');
    await ctx.email.send({ to: 'a@b.test', replyTo: 'c@d.test', subject: 's', text: 't', idempotencyKey: 'k' });
    await ctx.llm.run('say', { maxTokens: 5, responseFormat: 'json' });
    ctx.log.error(new Error('why'));
    ctx.log.warn('failed', new Error('why'));
    return { status: 'cleanup_completed', known: secret !== null };
  });
  filter('price.quote', { priority: 1, timeoutMs: 200, onError: 'fail' }, (_ctx, value) => value);
  onConfigChange((ctx, key, value, op) => ctx.log.info(key, { value, op }));
}

it('plugins compile as people write them, and outside Annex say where they belong', () => {
  expect(asPeopleWrite).toThrow(/registers a handler inside Annex/);
});
