// npm run bench: what a plugin call costs, next to its peers, in one run on one machine. Prints figures; asserts
// nothing.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packFiles } from '@annex/manifest';
import { freePort, load, percentile, startProgram } from './support.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const workspace = mkdtempSync(join(tmpdir(), 'annex-bench-'));
chmodSync(workspace, 0o755);
const seconds = Number(process.argv[2] ?? 8);

const manifest = { slug: 'ping', name: 'Ping', version: '1.0.0', entry: 'main.js', routes: true };
const code = `import { route } from '@annex/sdk'\nroute('/ping', (ctx) => ({ pong: true, tenant: ctx.tenantId }))\n`;

const answers = async (url, headers) => {
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`${response.status}`);
};

async function benchNest() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/ping`;
  const program = await startProgram(process.execPath, [join(here, 'servers/nest.mjs'), String(port)], {
    ready: () => answers(url),
  });
  try {
    return await load(url, {}, { seconds });
  } finally {
    await program.stop();
  }
}

async function benchWorkerd() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/ping`;
  copyFileSync(join(here, 'servers/worker.js'), join(workspace, 'worker.js'));
  writeFileSync(
    join(workspace, 'config.capnp'),
    readFileSync(join(here, 'servers/workerd.capnp.template'), 'utf8').replace('PORT', String(port)),
  );
  const require = createRequire(import.meta.url);
  const binary = join(
    dirname(
      require.resolve(
        `@cloudflare/workerd-${process.platform}-${process.arch === 'x64' ? '64' : process.arch}/package.json`,
      ),
    ),
    'bin/workerd',
  );
  const program = await startProgram(binary, ['serve', join(workspace, 'config.capnp')], { ready: () => answers(url) });
  try {
    return await load(url, {}, { seconds });
  } finally {
    await program.stop();
  }
}

async function benchAnnex() {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const dataDir = join(workspace, 'data');
  const program = await startProgram(process.execPath, [join(root, 'apps/annex/dist/main.js')], {
    cwd: workspace,
    env: { PORT: String(port), ANNEX_DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
    ready: async (said) => {
      if (!/annex_[\w-]{20,}/.test(said)) throw new Error('not yet');
      await answers(`${base}/readyz`);
    },
  });
  try {
    const login = await fetch(`${base}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'admin@demo.test', password: 'annex-demo' }),
    });
    const { access_token: token } = await login.json();
    const headers = { authorization: `Bearer ${token}`, 'x-tenant-slug': 'demo' };
    const upload = async (slug, extra = {}) => {
      const form = new FormData();
      form.append(
        'file',
        new Blob([
          packFiles([
            ['plugin.json', JSON.stringify({ ...manifest, slug })],
            ['main.js', code],
          ]),
        ]),
        `${slug}.zip`,
      );
      form.append('enable', 'true');
      const response = await fetch(`${base}/api/plugins/upload`, {
        method: 'POST',
        headers: { ...headers, ...extra },
        body: form,
      });
      if (!response.ok) throw new Error(await response.text());
    };
    await upload('ping');
    await answers(`${base}/ext/ping/ping`, headers);
    const warm = await load(`${base}/ext/ping/ping`, headers, { seconds });
    const cold = await coldCalls({ base, headers, upload });
    const memory = await memoryFigures({ base, headers, upload });
    return { warm, cold, memory };
  } finally {
    await program.stop();
  }
}

/** First call of a tenant that has no executor, while a blank one stands ready. */
async function coldCalls({ base, headers, upload }) {
  const times = [];
  for (let index = 0; index < 12; index += 1) {
    const slug = `cold-${index}`;
    const made = await fetch(`${base}/api/tenants`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ slug, name: slug }),
    });
    if (!made.ok) throw new Error(await made.text());
    await upload('ping', { 'x-tenant-slug': slug });
    // Lets the pool make its next blank executor: what is measured is the first call, not a queue of first calls.
    await new Promise((done) => setTimeout(done, 700));
    const started = performance.now();
    await answers(`${base}/ext/ping/ping`, { ...headers, 'x-tenant-slug': slug });
    times.push(performance.now() - started);
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

async function memoryFigures({ base, headers, upload }) {
  const rss = async () => {
    const text = await (await fetch(`${base}/metrics`)).text();
    const values = [...text.matchAll(/^annex_executor_rss_bytes\{[^}]*state="serving"[^}]*\} (\d+)/gm)].map((match) =>
      Number(match[1]),
    );
    return Math.max(0, ...values);
  };
  const before = await rss();
  const plugins = 8;
  for (let index = 0; index < plugins; index += 1) {
    await upload(`more-${index}`);
    await answers(`${base}/ext/more-${index}/ping`, headers);
  }
  await new Promise((done) => setTimeout(done, 500));
  const after = await rss();
  return { executorMb: before / 2 ** 20, pluginMb: (after - before) / plugins / 2 ** 20 };
}

const line = (name, { rps, p50, p99 }) =>
  console.log(
    `${name.padEnd(34)} ${rps.toFixed(0).padStart(8)} req/s   p50 ${String(p50).padStart(4)} ms   p99 ` +
      `${String(p99).padStart(5)} ms`,
  );

try {
  console.log(
    `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ` +
      `${process.version}, 16 connections, ${seconds} s each, load from the same machine\n`,
  );
  const nest = await benchNest();
  line('bare NestJS on Fastify', nest);
  const workerd = await benchWorkerd();
  line('workerd', workerd);
  const annex = await benchAnnex();
  line('Annex, warm GET /ext/ping/ping', annex.warm);
  console.log(`\nAnnex / NestJS  ${(annex.warm.rps / nest.rps).toFixed(2)} of the requests a second`);
  console.log(
    `Annex / workerd ${(annex.warm.rps / workerd.rps).toFixed(2)} of the requests a second, ` +
      `${(annex.warm.p99 / workerd.p99).toFixed(2)} of its p99`,
  );
  console.log(
    `cold first call of a tenant, a blank executor ready: p50 ${annex.cold.p50.toFixed(1)} ms, p99 ` +
      `${annex.cold.p99.toFixed(1)} ms`,
  );
  console.log(
    `executor ${annex.memory.executorMb.toFixed(0)} MB resident, one more warm plugin ` +
      `${annex.memory.pluginMb.toFixed(2)} MB`,
  );
  execFileSync(process.execPath, [join(here, 'sandbox.mjs')], { stdio: 'inherit' });
  execFileSync(process.execPath, [join(here, 'dispatch.mjs')], { stdio: 'inherit' });
} finally {
  rmSync(workspace, { recursive: true, force: true });
}
