// Programs that never end, each by another way in.
import { job, route } from '@annex/sdk';

const forever = () => {
  for (;;);
};

job('infinite_loop', forever);
job('loop_after_await', async (ctx) => {
  await ctx.kv.get('a');
  forever();
});
job('loop_in_microtask', async () => {
  await null;
  forever();
});
job('endless_microtasks', () => {
  const again = () => Promise.resolve().then(again);
  return again();
});
job('loop_in_timer', () => new Promise(() => setTimeout(forever, 1)));
job('loop_in_generator', () => {
  const endless = (function* () {
    for (;;) yield 1;
  })();
  for (const each of endless) void each;
});
job('catastrophic_regexp', () => /^(a+)+$/.test('a'.repeat(40) + '!'));
job('thenable_that_loops', () => ({ then: forever }));
job('thenable_that_never_settles', () => ({ then() {} }));
job('promise_that_never_settles', () => new Promise(() => {}));
job('endless_thenables', () => {
  const thenable = () => ({ then: (resolve) => resolve(thenable()) });
  return thenable();
});
job('to_json_that_loops', () => ({ toJSON: forever }));
job('getter_that_loops', () => ({
  get value() {
    return forever();
  },
}));
job('proxy_that_loops', () => new Proxy({}, { get: forever, ownKeys: forever }));
job('thrown_message_getter_loops', () => {
  throw Object.defineProperty(new Error('x'), 'message', { get: forever });
});
job('thrown_stack_getter_loops', () => {
  throw Object.defineProperty(new Error('x'), 'stack', { get: forever });
});
job('thrown_thenable_loops', async () => {
  throw { then: forever, toString: forever, [Symbol.toPrimitive]: forever };
});
job('rejected_with_looping_getters', () =>
  Promise.reject({
    get message() {
      return forever();
    },
    get code() {
      return forever();
    },
  }),
);
job('prepare_stack_trace_loops', () => {
  try {
    Error.prepareStackTrace = forever;
  } catch {
    // Refused.
  }
  throw new Error('x');
});
job('to_string_loops_in_argument', (ctx) => ctx.kv.get({ toJSON: forever }));
job('symbol_species_loops', () => {
  class Endless extends Promise {
    static get [Symbol.species]() {
      return forever();
    }
  }
  return Endless.resolve(1).then(() => 2);
});
job('finally_that_loops', () => {
  try {
    forever();
  } finally {
    forever();
  }
});
job('catch_everything_and_go_on', () => {
  for (;;) {
    try {
      forever();
    } catch {
      // Not even this may keep it alive.
    }
  }
});
job('endless_host_calls', async (ctx) => {
  for (;;) await ctx.kv.get('a').catch(() => undefined);
});
job('awaits_a_call_that_is_never_answered', (ctx) => ctx.kv.get('never'));
job('ignores_its_signal', async (ctx) => {
  void ctx.run.signal;
  await new Promise(() => {});
});
job('unhandled_rejection_with_looping_getters', async () => {
  void Promise.reject({
    get message() {
      return forever();
    },
  });
  return 'done';
});
job('unhandled_rejection_whose_getter_starts_microtasks', async () => {
  const again = () => Promise.resolve().then(again);
  void Promise.reject({
    get message() {
      void again();
      return 'x';
    },
  });
  return 'done';
});
// Quick for as long as it is asked to be, so that the executor has come to trust it.
route('/trusted', (ctx) => {
  const { mode } = ctx.query;
  if (mode === 'loop') forever();
  if (mode === 'index_of') return [].indexOf.call({ length: 2 ** 53 - 1 }, 1);
  if (mode === 'unhandled') void Promise.reject({ get message() { return forever(); } });
  return { mode: mode ?? null };
});
route('/status_that_loops', () => [{}, { valueOf: forever }]);
route('/header_that_loops', () => [{}, 200, { 'x-a': { toString: forever } }]);
route('/headers_getter_that_loops', () => [
  {},
  200,
  {
    get 'x-a'() {
      return forever();
    },
  },
]);
route('/response_stream_that_never_ends', () => new Response(new ReadableStream({ pull() {} })));
