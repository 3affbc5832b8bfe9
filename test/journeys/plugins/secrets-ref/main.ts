import { route } from '@annex/sdk';
route('/send', { methods: ['POST'] }, async (ctx) => {
  const { url, names, parts, forged } = await ctx.request.json();
  const refs = Object.fromEntries(names.map((name) => [name, ctx.secrets.ref(name)]));
  const fill = (text) =>
    typeof text === 'string'
      ? text.replace(/<(.*?)>/g, (_, name) => (forged ? forged.replace('NAME', name) : refs[name]))
      : text;
  const deep = (value) =>
    Array.isArray(value)
      ? value.map(deep)
      : value && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [fill(k), deep(v)]))
        : fill(value);
  try {
    const init = deep(parts ?? {});
    if (init.basic) init.headers = { authorization: 'Basic ' + btoa(init.basic) };
    if (init.bytes) init.body = new TextEncoder().encode(init.bytes + '\u0000');
    delete init.basic;
    delete init.bytes;
    const r = parts?.fetch
      ? await fetch(fill(url), { method: init.method, headers: init.headers, body: init.body })
      : await ctx.http.request(fill(url), init);
    const text = await r.text();
    console.log('answered', text);
    return { status: r.status, url: r.url, text, refs };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
});
