// What a handler answers, waits for and leaves behind, made to trick whoever looks at it.
import { job } from '@annex/sdk'

const pollute = () => {
  Object.prototype.toJSON = () => 'polluted'
  Array.prototype.toJSON = () => 'polluted'
  Object.prototype.then = undefined
  String.prototype.indexOf = () => -1
  Object.keys = () => []
  Object.hasOwn = () => { throw new Error('no') }
  Promise.prototype.then = () => { throw new Error('no') }
  Error.prototype.toString = () => { for (;;); }
}
const deep = (levels) => { let value = Promise.resolve(); for (let i = 0; i < levels; i += 1) value = { value, nothing: null }; return value }

// Answers whose writing never ends, lies, or throws.
job('answer_getter_loops', () => ({ nothing: null, get a() { for (;;); } }))
job('answer_toJSON_loops', () => ({ nothing: null, at: { toJSON() { for (;;); } } }))
job('answer_getter_second_time', () => { let times = 0; return { nothing: null, get a() { times += 1; if (times > 1) for (;;); return 1 } } })
job('answer_proxy_endless_keys', () => ({ nothing: null, a: new Proxy({}, { ownKeys: () => { for (;;); } }) }))
job('answer_deep', () => deep(5000))
job('answer_deeper', () => deep(1_000_000))
job('answer_wide', () => Array.from({ length: 2_000_000 }, () => null))
job('answer_shared', () => { let value = { nothing: null }; for (let i = 0; i < 40; i += 1) value = [value, value]; return value })
job('answer_prototype_throws', () => ({ nothing: null, a: new Proxy({}, { getPrototypeOf() { throw { get message() { for (;;); } } } }) }))
job('answer_class_name_getter', () => ({ a: new (class { static get name() { for (;;); } })() }))
job('answer_polluted', () => { pollute(); return { a: Promise.resolve() } })

// Promises to wait for that are none.
job('wait_thenable_loops', (ctx) => { ctx.waitUntil({ then() { for (;;); } }) })
job('wait_thenable_getter', (ctx) => { ctx.waitUntil({ get then() { throw new Error('no') } }) })
job('wait_thenable_twice', (ctx) => { for (let i = 0; i < 1000; i += 1) ctx.waitUntil({ then(done, fail) { done(); done(); fail(); } }) })
job('wait_flood', (ctx) => { for (;;) ctx.waitUntil(new Promise(() => {})) })
job('wait_chain', (ctx) => { const again = () => ctx.waitUntil(Promise.resolve().then(again)); again() })
job('wait_forever', (ctx) => { ctx.waitUntil(new Promise(() => {})) })
job('wait_polluted', (ctx) => { pollute(); ctx.waitUntil(Promise.resolve()) })
job('wait_rejects_with_getter', (ctx) => { ctx.waitUntil(Promise.reject({ get message() { for (;;); } })) })
job('timers_flood', () => { for (let i = 0; i < 900; i += 1) setInterval(() => {}, 0) })
job('calls_without_end', (ctx) => { const again = () => { ctx.kv.get('a').then(again, again) }; again() })
job('stack_polluted', async (ctx) => { Error.stackTraceLimit = 1e9; Error.captureStackTrace = () => { for (;;); }; pollute(); await ctx.kv.get('a') })
job('stack_deep', (ctx) => { Error.stackTraceLimit = Infinity; const down = (n) => (n === 0 ? ctx.kv.get('a') : down(n - 1)); return down(5000) })

// Cryptography and compression that cost.
job('crypto_flood', async () => { const key = await crypto.subtle.importKey('raw', new Uint8Array(9), 'PBKDF2', false, ['deriveBits']); await Promise.all(Array.from({ length: 5000 }, () => crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-512', salt: new Uint8Array(9), iterations: 1e6 }, key, 512))) })
job('crypto_key_pairs', async () => { for (;;) await crypto.subtle.generateKey({ name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 4096, publicExponent: Uint8Array.of(1, 0, 1) }, true, ['sign']) })
job('crypto_gigabyte_exponent', () => crypto.subtle.generateKey({ name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array(2 ** 26) }, true, ['sign']))
job('crypto_algorithm_getters', () => crypto.subtle.importKey('jwk', { get kty() { for (;;); } }, 'Ed25519', true, ['sign']))
job('crypto_huge_jwk', () => crypto.subtle.importKey('jwk', { kty: 'RSA', n: 'A'.repeat(2 ** 24), e: 'AQAB' }, { name: 'RSA-PSS', hash: 'SHA-256' }, true, ['verify']))
job('bomb', async () => {
  const squeeze = new CompressionStream('gzip'); const zeros = new Uint8Array(2 ** 20); const writer = squeeze.writable.getWriter()
  const packed = new Response(squeeze.readable).bytes(); for (let i = 0; i < 60; i += 1) await writer.write(zeros); await writer.close()
  let bytes = await packed
  for (;;) await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).bytes()
})
job('streams_flood', () => { for (;;) new CompressionStream('gzip').writable.getWriter().write(new Uint8Array(1)).catch(() => {}) })
