// Rewrites the built-ins it shares with the prelude, then behaves.
import { job } from '@annex/sdk';

const seen = [];
const spy = (name, original) =>
  function (...args) {
    seen.push([name, this, ...args]);
    return Reflect.apply(original, this, args);
  };

job('json_stringify', () => {
  JSON.stringify = () => '{"forged":true}';
  return { honest: true };
});
job('to_json_everywhere', () => {
  Object.prototype.toJSON = String.prototype.toJSON = Array.prototype.toJSON = () => 'forged';
  return { honest: true };
});
job('promise_then', async (ctx) => {
  Promise.prototype.then = function () {
    throw new Error('no more promises');
  };
  Promise.resolve = Promise.reject = Promise.all = () => {
    throw new Error('no more promises');
  };
  return { value: await ctx.kv.get('a') };
});
job('function_call_and_apply', async (ctx) => {
  Function.prototype.call = Function.prototype.apply = Function.prototype.bind = Reflect.apply = () => 'forged';
  return { value: await ctx.kv.get('a') };
});
job('array_iterators', async (ctx) => {
  Array.prototype[Symbol.iterator] = function* () {
    yield 'forged';
  };
  Array.prototype.push = Array.prototype.map = Array.prototype.join = Array.prototype.forEach = () => 'forged';
  return { value: await ctx.kv.get('a') };
});
job('array_index_setters', async (ctx) => {
  for (let index = 0; index < 50; index += 1) {
    Object.defineProperty(Array.prototype, index, { configurable: true, set: (value) => seen.push(['index', value]), get: () => undefined });
  }
  return { value: await ctx.kv.get('a') };
});
job('maps', async (ctx) => {
  for (const Type of [Map, Set, WeakMap]) for (const name of ['get', 'set', 'has', 'add', 'delete']) if (Type.prototype[name]) Type.prototype[name] = () => 'forged';
  return { value: await ctx.kv.get('a') };
});
job('descriptors', async (ctx) => {
  Object.prototype.get = () => 'forged';
  Object.prototype.writable = true;
  try {
    return { value: await ctx.kv.get('a') };
  } finally {
    delete Object.prototype.get;
  }
});
job('strings_and_numbers', async (ctx) => {
  for (const name of ['slice', 'indexOf', 'charCodeAt', 'toLowerCase', 'toUpperCase', 'split', 'replace', 'includes']) String.prototype[name] = () => 'forged';
  Number.isInteger = Array.isArray = () => true;
  return { value: await ctx.kv.get('a') };
});
job('globals', async (ctx) => {
  for (const name of ['Error', 'TypeError', 'Promise', 'Object', 'Array', 'JSON', 'Reflect', 'String', 'Date', 'Response', 'Headers', 'Uint8Array', 'console', 'fetch', 'setTimeout']) {
    globalThis[name] = undefined;
  }
  return { value: await ctx.kv.get('a') };
});
job('catches_what_passes_by', async (ctx) => {
  const names = ['emit', 'alive', 'key', 'ceilings', 'calls', 'run', 'texts', 'resolve', 'reject', 'fixed', 'timers', 'waiting', 'abort'];
  for (const name of names) {
    Object.defineProperty(Object.prototype, name, {
      configurable: true,
      get: () => undefined,
      set(value) {
        seen.push(['setter', name, this, value]);
      },
    });
  }
  for (const [holder, list] of [
    [Promise.prototype, ['then', 'catch', 'finally']],
    [Function.prototype, ['call', 'apply', 'bind']],
    [Array.prototype, ['push', 'map', 'slice', 'indexOf', 'includes', 'join', 'forEach']],
    [Map.prototype, ['get', 'set', 'has', 'delete']],
    [Object, ['defineProperty', 'freeze', 'create', 'keys', 'entries', 'assign']],
    [Reflect, ['apply', 'construct', 'ownKeys', 'get']],
    [JSON, ['parse', 'stringify']],
  ]) {
    for (const name of list) holder[name] = spy(name, holder[name]);
  }
  await ctx.kv.get('a');
  ctx.log.info('x', { a: 1 });
  await new Promise((resolve) => setTimeout(resolve, 1));
  for (const name of names) delete Object.prototype[name];
  const leaks = [];
  const look = (value, depth) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || depth > 3) return;
    for (const name of Object.getOwnPropertyNames(value)) {
      if (name === 'emit' || name === 'ceilings' || name === 'hostCallsAtOnce') leaks.push(name);
      let inner;
      try {
        inner = value[name];
      } catch {
        continue;
      }
      look(inner, depth + 1);
    }
  };
  for (const each of seen) look(each, 0);
  return leaks;
});
job('after_all_that', async (ctx) => ({ value: await ctx.kv.get('a') }));
