import type { HostInput, HostMethod, HostResult } from '@annex/host-api';
import { expect, it } from 'vitest';
import type { Context } from './context.js';
import { filter, hook, job, onConfigChange, route } from './index.js';

/** The members of `ctx` that answer promises, by the names that the table gives them, such as `kv.get`. */
type Members = {
  [N in keyof Context & string as Context[N] extends AnyCall ? N : never]: Context[N];
} & {
  [P in Path as MemberAt<P> extends AnyCall ? P : never]: MemberAt<P>;
};
type AnyCall = (...args: never[]) => Promise<unknown>;
type Path = { [N in keyof Context & string]: `${N}.${keyof Context[N] & string}` }[keyof Context & string];
type MemberAt<P extends string> = P extends `${infer N}.${infer Name}`
  ? N extends keyof Context
    ? Name extends keyof Context[N]
      ? Context[N][Name]
      : never
    : never
  : never;
type Arguments<F> = F extends (...args: infer A) => unknown ? Required<A> : never;
type Answer<F> = F extends (...args: never[]) => Promise<infer R> ? R : never;
type Same<A, B> = [A, B] extends [B, A] ? true : { extra: Exclude<A, B>; missing: Exclude<B, A> };

/** Ways to write `http.request`, which the sandbox turns into that call. */
type Shorthand = 'http.get' | 'http.delete' | 'http.post' | 'http.put' | 'http.patch';

/** `ctx.shared(name)` answers what `ctx.kv` is: its rows have the name of the state before the arguments. */
type Row = Exclude<HostMethod, `shared.${string}`>;

type WithOtherCount = {
  [M in Row]: Same<Arguments<Members[M]>['length'], Required<HostInput<M>>['length']> extends true ? never : M;
}[Row];
type WithOtherAnswer = {
  [M in Row]: HostResult<M> extends Answer<Members[M]> ? never : M;
}[Row];
type WithMoreAnswers = {
  [M in Row]: Answer<Members[M]> extends HostResult<M> ? never : M;
}[Row];

/** Each line does not compile, and names the call, when the table and the type of `ctx` go apart. */
const agreement: {
  names: Same<keyof Members, Row | Shorthand>;
  shared: Same<ReturnType<Context['shared']>, Context['kv']>;
  /** `secrets.get` takes its fallback in the sandbox, `http.request` its address apart from the rest. */
  counts: Same<WithOtherCount, 'secrets.get' | 'http.request'>;
  /**
   * What the sandbox makes anew: an answer of HTTP gets methods, nothing is `undefined`, and a fallback stands for
   * `null`. The table says of rows that they are objects, the type also which fields each has.
   */
  answers: Same<
    WithOtherAnswer,
    | 'http.request'
    | 'plugins.call'
    | 'kv.set'
    | 'analytics.track'
    | 'secrets.get'
    | 'db.query'
    | 'db.getById'
    | 'db.insert'
    | 'db.update'
  >;
  /** The same, and bytes; what `kv.get` answers is the plugin's own word. */
  answersBack: Same<
    WithMoreAnswers,
    'http.request' | 'plugins.call' | 'kv.set' | 'analytics.track' | 'files.read' | 'kv.get'
  >;
} = { names: true, shared: true, counts: true, answers: true, answersBack: true };

it('the type of ctx and the table of calls have the same names, arguments and answers', () => {
  expect(Object.values(agreement)).toEqual([true, true, true, true, true]);
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
