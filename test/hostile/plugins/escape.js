// Looks for a way out. Every job answers what it found; the right answer is an empty list.
import { job } from '@annex/sdk';

const wanted = 'typeof process + typeof require + typeof module + typeof Buffer + typeof global + typeof __dirname';
const nothing = 'undefined'.repeat(6);

async function tryEach(makers) {
  const found = [];
  for (const [name, make] of Object.entries(makers)) {
    try {
      const answer = await make();
      if (answer !== nothing && answer !== undefined) found.push(`${name}: ${String(answer)}`);
    } catch {
      // Refused.
    }
  }
  return found;
}

job('constructor_chains', (ctx) =>
  tryEach({
    global: () => globalThis.constructor.constructor(`return ${wanted}`)(),
    ctx: () => ctx.constructor.constructor(`return ${wanted}`)(),
    call: () => ctx.kv.get.constructor(`return ${wanted}`)(),
    namespace: () => ctx.kv.constructor.constructor(`return ${wanted}`)(),
    log: () => console.log.constructor(`return ${wanted}`)(),
    timer: () => setTimeout.constructor(`return ${wanted}`)(),
    fetch: () => fetch.constructor(`return ${wanted}`)(),
    error: () => new Error('x').constructor.constructor(`return ${wanted}`)(),
    eval: () => (0, eval)(wanted),
    indirect: () => Reflect.construct(Function, [`return ${wanted}`])(),
    prototype: () => Object.getPrototypeOf(ctx).constructor.constructor(`return ${wanted}`)(),
    buffer: () => new Uint8Array(1).buffer.constructor.constructor(`return ${wanted}`)(),
  }),
);
job('host_globals', () => {
  const names = ['process', 'require', 'module', 'exports', 'Buffer', 'global', 'ivm', 'isolate', '__dirname', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'Deno', 'Bun'];
  return names.filter((name) => name in globalThis || typeof globalThis[name] !== 'undefined');
});
job('uncounted_memory', () =>
  tryEach({
    resize: () => ('resize' in ArrayBuffer.prototype ? 'ArrayBuffer.prototype.resize' : undefined),
    resizable: () => (new ArrayBuffer(8, { maxByteLength: 1_000_000 }).resizable ? 'a resizable buffer' : undefined),
    viaConstructor: () => (new (new Uint8Array(1).buffer.constructor)(8, { maxByteLength: 64 }).resizable ? 'a resizable buffer' : undefined),
    viaSubclass: () => (new (class extends ArrayBuffer {})(8, { maxByteLength: 64 }).resizable ? 'a resizable buffer' : undefined),
    viaConstruct: () => (Reflect.construct(ArrayBuffer, [8, { maxByteLength: 64 }]).resizable ? 'a resizable buffer' : undefined),
    viaTransfer: () => (new ArrayBuffer(8).transfer(16).resizable ? 'a resizable buffer' : undefined),
    wasm: () => (typeof WebAssembly === 'undefined' ? undefined : 'WebAssembly'),
  }),
);
job('imports', async () => {
  const found = [];
  for (const name of ['node:fs', 'fs', 'node:child_process', 'data:text/javascript,export default 1', './main.js']) {
    try {
      await new Function('name', 'return import(name)')(name);
      found.push(name);
    } catch {
      // Refused.
    }
  }
  return found;
});
job('stack_frames', () => {
  const found = [];
  const note = (_error, sites) => {
    for (const site of sites) {
      if (typeof site.getThis?.() === 'object') found.push('this');
      if (typeof site.getFunction?.() === 'function') found.push('function');
    }
    return 'x';
  };
  try {
    Error.prepareStackTrace = note;
  } catch {
    // Refused.
  }
  void new Error('x').stack;
  const caught = {};
  Error.captureStackTrace?.(caught);
  void caught.stack;
  try {
    (function sloppy() {
      if (sloppy.caller) found.push('caller');
    })();
  } catch {
    // Refused.
  }
  return found;
});
job('error_paths', async (ctx) => {
  const texts = [];
  const note = (error) => texts.push(String(error.stack), String(error.message), ...Object.getOwnPropertyNames(error).map((name) => String(error[name])));
  await ctx.kv.get('fails').catch(note);
  await ctx.kv.get(1n).catch(note);
  await ctx.http.get('not a url').catch(note);
  await crypto.subtle.digest('NOPE', new Uint8Array(1)).catch(note);
  try {
    crypto.getRandomValues(new Uint8Array(100_000));
  } catch (error) {
    note(error);
  }
  return texts.filter((text) => /node:|file:|\.mjs|\.ts\b|\/(home|root|work|tmp|var|usr|srv)\//.test(text));
});
job('symbols_of_the_host', (ctx) => {
  const found = [];
  for (const holder of [globalThis, ctx, ctx.kv, console, crypto, crypto.subtle]) {
    for (let each = holder; each !== null; each = Object.getPrototypeOf(each)) {
      for (const key of Reflect.ownKeys(each)) if (/ivm|isolated|napi|node/i.test(String(key))) found.push(String(key));
    }
  }
  return found;
});
job('freezes_nothing_of_others', (ctx) => {
  try {
    Object.getPrototypeOf(ctx).tenantId = 'other';
  } catch {
    // Frozen.
  }
  return ctx.tenantId === 'a' ? [] : [ctx.tenantId];
});
