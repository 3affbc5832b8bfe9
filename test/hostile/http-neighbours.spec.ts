/**
 * While one tenant's plugin does its worst, another tenant's requests succeed, the attack ends in a named outcome, and
 * the server lives.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
let neighbour: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex();
  neighbour = await annex.makeTenant();
  await neighbour.install({
    manifest: { slug: 'calm', routes: true },
    code: `import { route } from '@annex/sdk'\nroute('/ping', (ctx) => ({ pong: ctx.tenantId }))`,
  });
});
afterAll(() => annex.stop());

/** Program of the handler → codes it may end with. */
const attacks: Record<string, { code: string; ends: string[] }> = {
  'a loop without end': { code: 'for (;;);', ends: ['CPU_LIMIT', 'TIMEOUT'] },
  'a loop after an await': { code: 'await ctx.kv.get("x"); for (;;);', ends: ['CPU_LIMIT', 'TIMEOUT'] },
  'a chain of microtasks without end': {
    code: 'const next = () => void Promise.resolve().then(next); next(); await new Promise(() => {});',
    ends: ['CPU_LIMIT', 'TIMEOUT'],
  },
  // It grows and takes time; what ends first depends on how fast the machine is.
  'a chain of promises that all wait for the next one': {
    code: 'const next = () => Promise.resolve().then(next); await next();',
    ends: ['CPU_LIMIT', 'TIMEOUT', 'MEMORY_LIMIT'],
  },
  'a builtin that nothing inside V8 can stop': {
    code: 'return [].indexOf.call({ length: 2 ** 53 - 1 }, 1)',
    ends: ['CPU_LIMIT', 'TIMEOUT'],
  },
  'squaring a BigInt': {
    code: 'let n = 2n ** 1000000n; for (;;) n *= n',
    ends: ['CPU_LIMIT', 'TIMEOUT', 'MEMORY_LIMIT', 'PLUGIN_ERROR'],
  },
  'a regular expression that backtracks': {
    code: `return /^(a+)+$/.test('a'.repeat(40) + '!')`,
    ends: ['CPU_LIMIT', 'TIMEOUT'],
  },
  'arrays until memory ends': {
    code: 'const all = []; for (;;) all.push(new Array(1e5).fill(all.length))',
    ends: ['MEMORY_LIMIT', 'CPU_LIMIT', 'TIMEOUT'],
  },
  'strings until memory ends': {
    code: `const all = []; for (;;) all.push('x'.repeat(1e6) + all.length)`,
    ends: ['MEMORY_LIMIT', 'CPU_LIMIT', 'TIMEOUT'],
  },
  'array buffers until memory ends': {
    code: 'const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1))',
    ends: ['MEMORY_LIMIT', 'CPU_LIMIT', 'TIMEOUT', 'PLUGIN_ERROR'],
  },
  'a promise that never settles': { code: 'await new Promise(() => {})', ends: ['TIMEOUT'] },
  'an error whose message loops': {
    code: 'const e = new Error("x"); Object.defineProperty(e, "message", { get() { for (;;); } }); throw e',
    ends: ['CPU_LIMIT', 'TIMEOUT', 'PLUGIN_ERROR'],
  },
  'a result with a looping toJSON': { code: 'return { toJSON() { for (;;); } }', ends: ['CPU_LIMIT', 'TIMEOUT'] },
  'a result that is too large': { code: `return 'x'.repeat(6 * 1024 * 1024)`, ends: ['OUTPUT_LIMIT'] },
  'more log lines than allowed': {
    code: `for (let i = 0; i < 1e6; i += 1) console.log('line ' + i)`,
    ends: ['LOG_LIMIT', 'CPU_LIMIT'],
  },
};

describe('a neighbour is served, and the attack has a name, under', () => {
  it.each(Object.entries(attacks))('%s', async (_name, { code, ends }) => {
    const attacker = await annex.makeTenant();
    await attacker.install({
      manifest: { slug: 'attack', routes: true, limits: { timeout_ms: 2000 } },
      code: `import { route } from '@annex/sdk'\nroute('/go', async (ctx) => { ${code} })`,
    });
    // A machine that is busy may have no executor in time, or not the time to come to the end; whoever calls asks
    // again.
    const busy = ['OVERLOADED', 'TIMEOUT'].filter((code) => !ends.includes(code));
    const attack = until(
      () => attacker.owner.get('/ext/attack/go'),
      ({ body }) => !busy.includes(body.code),
    );
    let isOver = false;
    void attack.then(() => (isOver = true));
    let served = 0;
    do {
      expect(await neighbour.owner.get('/ext/calm/ping')).toMatchObject({
        status: 200,
        body: { pong: neighbour.slug },
      });
      served += 1;
      await pause(20);
    } while (!isOver);
    const ended = await attack;
    expect(ends).toContain(ended.body.code);
    expect(ended.status).toBeGreaterThanOrEqual(422);
    expect(served).toBeGreaterThan(0);
    // What is left in its wake harms nobody, the attacker's next call included.
    expect((await annex.operator.get('/healthz')).status).toBe(200);
    const runs = await attacker.owner.get('/api/runs?plugin=attack');
    expect(runs.body.items[0]).toMatchObject({ kind: 'route', status: 'failed', error: { code: ended.body.code } });
  });
});

describe('an executor that is killed from outside', () => {
  it('costs its own runs a 502, and the next call works', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'slow', routes: true },
      code: `
        import { route } from '@annex/sdk';
        route('/wait', () => new Promise((done) => setTimeout(() => done({ waited: true }), 4000)));
        route('/pid', () => ({ ok: 1 }))
      `,
    });
    expect((await tenant.owner.get('/ext/slow/pid')).status).toBe(200);
    const { pid } = await executorOf(tenant);
    const waiting = tenant.owner.get('/ext/slow/wait');
    await until(
      () => executorOf(tenant),
      ({ runs }) => runs > 0,
    );
    process.kill(pid, 'SIGKILL');
    expect(await waiting).toMatchObject({ status: 502, body: { code: 'EXECUTOR_LOST' } });
    expect((await tenant.owner.get('/ext/slow/pid')).status).toBe(200);
    expect((await executorOf(tenant)).pid).not.toBe(pid);
  });

  it('serves one tenant only: no other tenant is found in its process', async () => {
    const [one, two] = [await annex.makeTenant(), await annex.makeTenant()];
    for (const tenant of [one, two]) {
      await tenant.install({
        manifest: { slug: 'self', routes: true },
        code: pluginCode('self'),
      });
      for (let call = 0; call < 3; call += 1)
        expect(new Set((await tenant.owner.get('/ext/self/me')).body)).toEqual(new Set([tenant.slug]));
    }
    expect((await executorOf(one)).pid).not.toBe((await executorOf(two)).pid);
  });

  it('owns nothing: no environment, no open file but its own', async () => {
    await neighbour.owner.get('/ext/calm/ping');
    const { pid } = await executorOf(neighbour);
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .filter(Boolean)
      .map((pair) => pair.split('=')[0]);
    expect(environment.filter((name) => !/^NODE_CHANNEL/.test(name ?? ''))).toEqual([]);
  });
});

it('suspends a plugin whose code forced three kills in five minutes, and says so', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install({
    manifest: { slug: 'killer', routes: true, limits: { timeout_ms: 1000 } },
    code: `
      import { route } from '@annex/sdk';
      route('/kill', () => [].indexOf.call({ length: 2 ** 53 - 1 }, 1));
      route('/fine', () => ({}));
    `,
  });
  // A call that comes while the executor is being killed is lost with it, or finds none in time; the calls that block
  // it
  // are what counts.
  const plugin = await until(
    async () => {
      const { body } = await tenant.owner.get('/ext/killer/kill');
      const ends = ['CPU_LIMIT', 'TIMEOUT', 'EXECUTOR_LOST', 'OVERLOADED', 'PLUGIN_DISABLED'];
      expect(ends, JSON.stringify(body)).toContain(body.code);
      return tenant.owner.get('/api/plugins/killer');
    },
    ({ body }) => body.status === 'suspended',
  );
  expect(plugin.body.status_reason).toMatch(/kill|stopped by force/i);
  expect(await tenant.owner.get('/ext/killer/fine')).toMatchObject({
    status: 409,
    body: { code: 'PLUGIN_DISABLED', detail: expect.stringContaining('suspended') },
  });
  expect((await tenant.owner.post('/api/plugins/killer/enable', {})).status).toBe(200);
  const fine = await until(
    () => tenant.owner.get('/ext/killer/fine'),
    ({ body }) => !['OVERLOADED', 'TIMEOUT'].includes(body.code),
  );
  expect(fine.status).toBe(200);
});

/** The executor that serves a tenant now. */
async function executorOf(tenant: TestTenant): Promise<{ pid: number; runs: number }> {
  const { sandboxStats } = annex.platform;
  const executor = sandboxStats().executors.find(({ tenantId }) => tenantId === tenant.id);
  if (!executor) throw new Error(`no executor serves ${tenant.slug}`);
  return executor;
}
