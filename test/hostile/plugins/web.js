// Every web global, called with what nobody should call it with. Each job either ends by itself or is ended by a limit with a name.
import { job } from '@annex/sdk'

const quiet = (value) => { try { if (value && typeof value.then === 'function') value.then(() => undefined, () => undefined) } catch {} }
const attempt = (call) => { try { quiet(call()) } catch {} }

const left = new Set(['console', 'setTimeout', 'setInterval', 'queueMicrotask', 'reportError'])
const interfaces = () => Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z]/.test(name) && typeof globalThis[name] === 'function' && !Object.hasOwn(plain, name))
const plain = Object.fromEntries(['Object', 'Function', 'Array', 'Promise', 'Proxy', 'Error', 'RegExp', 'Iterator', 'Map', 'Set'].map((name) => [name, true]))

/** A working instance of each interface that can have one. */
const instances = () => ({
  URL: new URL('http://a.test/x?y#z'), URLSearchParams: new URLSearchParams('a=b'), Headers: new Headers({ a: 'b' }), Request: new Request('http://a.test/', { method: 'POST', body: 'x' }),
  Response: new Response('x'), FormData: new FormData(), Blob: new Blob(['x']), File: new File(['x'], 'n'), TextEncoder: new TextEncoder(), TextDecoder: new TextDecoder(),
  AbortController: new AbortController(), AbortSignal: new AbortController().signal, Event: new Event('x'), CustomEvent: new CustomEvent('x'), EventTarget: new EventTarget(),
  DOMException: new DOMException('m'), ReadableStream: new ReadableStream(), WritableStream: new WritableStream(), TransformStream: new TransformStream(),
  TextEncoderStream: new TextEncoderStream(), TextDecoderStream: new TextDecoderStream(),
  CompressionStream: new CompressionStream('gzip'), DecompressionStream: new DecompressionStream('gzip'), Crypto: crypto, SubtleCrypto: crypto.subtle, Performance: performance,
})

/** Calls every function, constructor and accessor of every interface with this argument in each place; answers how many calls that were. */
function everywhere(argument) {
  let calls = 0
  const made = instances()
  for (const name of interfaces()) {
    const Interface = globalThis[name]
    for (const args of [[argument()], ['x', argument()], [argument(), argument(), argument()]]) {
      calls += 2
      attempt(() => new Interface(...args))
      attempt(() => Interface.apply(argument(), args))
    }
    for (const [owner, self] of [[Interface, Interface], [Interface.prototype, made[name] ?? Interface.prototype], [Interface.prototype, argument()]]) {
      if (!owner) continue
      for (const key of Reflect.ownKeys(owner)) {
        if (key === 'constructor' || key === 'prototype') continue
        const { get, set, value } = Object.getOwnPropertyDescriptor(owner, key) ?? {}
        for (const each of [get, set, value]) {
          if (typeof each !== 'function') continue
          for (const args of [[], [argument()], ['x', argument()], [argument(), argument(), argument(), argument()]]) {
            calls += 1
            attempt(() => Reflect.apply(each, self, args))
          }
        }
      }
    }
  }
  for (const name of ['atob', 'btoa', 'clearTimeout', 'clearInterval', 'structuredClone', 'fetch']) {
    calls += 2
    attempt(() => globalThis[name](argument()))
    attempt(() => globalThis[name]('x', argument()))
  }
  return calls
}

const throwing = () => new Proxy(function () {}, new Proxy({}, { get: () => () => { throw new RangeError('no') } }))
const sly = () => ({ get [Symbol.iterator]() { throw new RangeError('no') }, toString() { throw new RangeError('no') }, valueOf() { throw new RangeError('no') }, get length() { throw new RangeError('no') }, get signal() { throw new RangeError('no') }, get headers() { throw new RangeError('no') }, get body() { throw new RangeError('no') }, get then() { throw new RangeError('no') } })
const detached = () => { const bytes = new Uint8Array(8); bytes.buffer.transfer(); return bytes }

job('nothing', () => everywhere(() => undefined))
job('null', () => everywhere(() => null))
job('symbols', () => everywhere(() => Symbol('s')))
job('bigints', () => everywhere(() => 2n ** 64n))
job('numbers', () => everywhere(() => -0) + everywhere(() => NaN) + everywhere(() => Infinity) + everywhere(() => -(2 ** 53)))
job('throwing_proxies', () => everywhere(throwing))
job('throwing_getters', () => everywhere(sly))
job('detached_buffers', () => everywhere(detached))
job('objects_without_prototype', () => everywhere(() => Object.create(null)))
job('functions', () => everywhere(() => () => { throw new RangeError('no') }))
job('thenables', () => everywhere(() => ({ then(resolve) { resolve({ then: (again) => again(1) }) } })))
job('strings', () => everywhere(() => '\ud800\0é '.repeat(200)))
job('cyclic', () => everywhere(() => { const a = {}; a.a = a; return a }))
job('growing_while_read', () => everywhere(() => { const list = [['a', 'b']]; return { [Symbol.iterator]: () => ({ next: () => ({ done: list.push(1) > 50, value: ['a', 'b'] }) }) } }))
job('endless_iterators', () => everywhere(() => ({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: ['a', 'b'] }) }) })))
job('looping_coercions', () => everywhere(() => ({ toString() { for (;;); } })))
job('constructors_broken', () => {
  for (const name of interfaces()) for (const key of Reflect.ownKeys(globalThis[name].prototype ?? {})) attempt(() => Object.defineProperty(globalThis[name].prototype, key, { value: () => { throw new RangeError('no') } }))
  return new Response('x')
})

const large = () => 'x'.repeat(2 ** 28)
job('large_base64', () => btoa(large()).length)
job('large_base64_back', () => atob('AAAA'.repeat(2 ** 26)).length)
job('large_text', () => new TextEncoder().encode(large()).length)
job('large_url', () => new URL('http://a/' + large()).href.length)
job('large_host', () => new URL('http://' + 'ü'.repeat(2 ** 22) + '/').href.length)
job('large_labels', () => new URL('http://' + 'xn--a.'.repeat(2 ** 20) + '/').href.length)
job('large_query', () => { const p = new URLSearchParams('a=b&'.repeat(2 ** 22)); p.sort(); return p.toString().length })
job('large_header', () => new Headers({ a: large() }).get('a').length)
job('many_headers', () => { const h = new Headers(); for (let i = 0; i < 2 ** 22; i++) h.append('a' + i, 'b'); return [...h].length })
job('large_media_type', async () => (await new Response('x', { headers: { 'content-type': 'text/plain' + ';a="\\"'.repeat(2 ** 20) } }).blob()).type.length)
job('large_multipart', async () => [...(await new Response(new Uint8Array(2 ** 23).fill(45), { headers: { 'content-type': 'multipart/form-data; boundary=' + '-'.repeat(60) } }).formData())].length)
job('doubling_blobs', () => { let b = new Blob(['x'.repeat(1024)]); for (let i = 0; i < 40; i++) b = new Blob([b, b]); return b.size })
job('deep_clone', () => { let v = {}; for (let i = 0; i < 2 ** 20; i++) v = { v }; return typeof structuredClone(v) })
job('wide_clone', () => structuredClone(Array.from({ length: 2 ** 23 }, (_, i) => ({ i }))).length)
job('shared_clone', () => { let v = []; for (let i = 0; i < 60; i++) v = [v, v]; return structuredClone(v).length })
job('endless_stream', async () => { let n = 0; for await (const x of new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)) } })) n += x.length; return n })
job('endless_body', () => new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)) } })).arrayBuffer())
job('endless_answer', () => new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)) } })))
job('teed_streams', () => { let list = [new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)) } })]; for (let i = 0; i < 20; i++) list = list.flatMap((s) => s.tee()); return list.length })
job('signals_of_signals', () => { let s = new AbortController().signal; for (let i = 0; i < 2 ** 22; i++) s = AbortSignal.any([s, AbortSignal.any([s])]); return 1 })
job('listeners', () => { const t = new EventTarget(); for (let i = 0; i < 2 ** 20; i++) t.addEventListener('x', () => t.dispatchEvent(new Event('x'))); t.dispatchEvent(new Event('x')) })
job('listeners_that_add', () => { const t = new EventTarget(); const add = () => { t.addEventListener('x', () => add()); t.dispatchEvent(new Event('x')) }; add() })
job('timers', () => { for (let i = 0; i < 2 ** 22; i++) setTimeout(() => {}, 1e9); return 1 })
job('microtasks', () => new Promise(() => { const again = () => queueMicrotask(again); again() }))
job('random_numbers', () => { for (;;) crypto.getRandomValues(new Uint8Array(65536)) })
job('digests', async () => { const data = new Uint8Array(2 ** 22); const all = []; for (let i = 0; i < 2000; i++) all.push(crypto.subtle.digest('SHA-512', data).catch((e) => e.name)); return (await Promise.all(all)).length })
job('large_digest', () => crypto.subtle.digest('SHA-256', new Uint8Array(2 ** 25)).catch((e) => e.name))
job('derived_bits', async () => { const key = await crypto.subtle.importKey('raw', new Uint8Array(4), 'HKDF', false, ['deriveBits']); return crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: new Uint8Array() }, key, 2 ** 32).catch((e) => e.name) })
job('large_log', () => { console.log(large()) })
job('logged_proxies', () => { console.log(throwing(), sly(), new Proxy([], { ownKeys() { throw new RangeError('no') } }), Object.create(throwing())) })
job('logged_graph', () => { let v = []; for (let i = 0; i < 60; i++) v = [v, v]; console.log(v); console.dir(v); console.table(v) })
job('logged_wide', () => { console.log(Array.from({ length: 2 ** 22 }, (_, i) => ({ i }))) })
job('groups', () => { for (let i = 0; i < 2 ** 22; i++) console.group('x'.repeat(100)); console.log('end') })
job('labels', () => { for (let i = 0; i < 2 ** 22; i++) { console.count('l' + i); console.time('t' + i) } })
job('decoders', () => { const bytes = new Uint8Array(2 ** 24).fill(0x81); for (const name of ['gb18030', 'shift_jis', 'euc-jp', 'iso-2022-jp', 'big5', 'euc-kr', 'utf-16be', 'windows-1252']) new TextDecoder(name).decode(bytes); return 1 })
