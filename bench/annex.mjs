// An Annex as people start it, in a process of its own, with a plugin to call.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packFiles } from '@annex/manifest';
import { freePort, percentile, startProgram } from './support.mjs';

const code = `import { route } from '@annex/sdk'
route('/ping', (ctx) => ({ pong: true, tenant: ctx.tenantId }))
route('/open', { auth: 'public' }, (ctx) => ({ pong: true, tenant: ctx.tenantId }))
route('/echo', { methods: ['POST'] }, async (ctx) => ({ length: (await ctx.request.json()).text.length }))
route('/kv', async (ctx) => ({ value: await ctx.kv.get('a') }))
`;
const manifest = { slug: 'ping', name: 'Ping', version: '1.0.0', entry: 'main.js', routes: true };

async function requireOk(response) {
  if (!response.ok) throw new Error(await response.text());
  return response;
}

/** Starts one. `tree`: the folder of a built checkout. */
export async function startAnnex({ tree, workspace, name }) {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const cwd = join(workspace, `annex-${port}`);
  mkdirSync(cwd, { mode: 0o755 });
  const program = await startProgram(process.execPath, [join(tree, 'apps/annex/dist/main.js')], {
    cwd,
    env: { PORT: String(port), ANNEX_DATA_DIR: join(cwd, 'data'), LOG_LEVEL: 'warn' },
    ready: async () => void (await requireOk(await fetch(`${base}/readyz`))),
  });
  try {
    const login = await fetch(`${base}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'admin@demo.test', password: 'annex-demo' }),
    });
    const { access_token: token } = await (await requireOk(login)).json();
    const headers = { authorization: `Bearer ${token}`, 'x-tenant-slug': 'demo' };
    const annex = { name, pid: program.pid, base, headers, stop: program.stop, rows: [] };
    await upload(annex, 'ping');
    const text = JSON.stringify({ text: 'x'.repeat(1024 - 11) });
    const posted = { headers: { ...headers, 'content-type': 'application/json' }, body: text };
    annex.rows.push(
      { name: 'ping', url: `${base}/ext/ping/ping`, headers },
      { name: 'public', url: `${base}/ext/ping/open`, headers: { 'x-tenant-slug': 'demo' } },
      { name: 'POST 1 kB', url: `${base}/ext/ping/echo`, method: 'POST', ...posted },
      { name: 'kv.get', url: `${base}/ext/ping/kv`, headers },
    );
    return annex;
  } catch (error) {
    await program.stop();
    throw error;
  }
}

async function upload({ base, headers }, slug, extra = {}) {
  const form = new FormData();
  const files = { 'plugin.json': JSON.stringify({ ...manifest, slug }), 'main.js': code };
  form.append('file', new Blob([packFiles(Object.entries(files))]), `${slug}.zip`);
  form.append('enable', 'true');
  await requireOk(
    await fetch(`${base}/api/plugins/upload`, { method: 'POST', headers: { ...headers, ...extra }, body: form }),
  );
}

/** First call of a tenant that has no executor, while a blank one stands ready; in milliseconds. */
export async function coldCalls(annex, tenants = 12) {
  const { base, headers } = annex;
  const times = [];
  for (let index = 0; index < tenants; index += 1) {
    const slug = `cold-${index}`;
    const json = { ...headers, 'content-type': 'application/json' };
    const made = await fetch(`${base}/api/tenants`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ slug, name: slug }),
    });
    await requireOk(made);
    await upload(annex, 'ping', { 'x-tenant-slug': slug });
    // Lets the pool make its next blank executor: what is measured is the first call, not a queue of first calls.
    await new Promise((done) => setTimeout(done, 700));
    const started = performance.now();
    await requireOk(await fetch(`${base}/ext/ping/ping`, { headers: { ...headers, 'x-tenant-slug': slug } }));
    times.push(performance.now() - started);
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** Resident memory of an executor, and what one more warm plugin adds to it. */
export async function memoryFigures(annex, plugins = 8) {
  const { base, headers } = annex;
  const rss = async () => {
    const text = await (await fetch(`${base}/metrics`)).text();
    const serving = /^annex_executor_rss_bytes\{[^}]*state="serving"[^}]*\} (\d+)/gm;
    return Math.max(0, ...[...text.matchAll(serving)].map((match) => Number(match[1])));
  };
  const before = await rss();
  for (let index = 0; index < plugins; index += 1) {
    await upload(annex, `more-${index}`);
    await requireOk(await fetch(`${base}/ext/more-${index}/ping`, { headers }));
  }
  await new Promise((done) => setTimeout(done, 500));
  return { executorMb: before / 2 ** 20, pluginMb: ((await rss()) - before) / plugins / 2 ** 20 };
}
