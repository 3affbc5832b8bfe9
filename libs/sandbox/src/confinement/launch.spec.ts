import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { executorProgram } from '../pool/executor-program.js';
import { confinedFlags } from './launch.js';
import { namespaceArgs, noTier, prlimitArgs, requireTier, sandboxTier, setprivArgs } from './tier.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const isRoot = process.getuid?.() === 0;

const program = `
  import { createSandbox } from '@annex/sandbox';
  const code = '(function (annexSdk) { annexSdk.job("j", () => "ran"); })';
  const sandbox = await createSandbox();
  const outcome = await sandbox.run({
    runId: 'r',
    tenantId: 't',
    installationId: 'p',
    isolateKey: 'p',
    bundleSha256: 'x',
    loadBundle: async () => ({ code, sha256: 'x' }),
    handler: { kind: 'job', index: 0 },
    context: { tenant: {}, user: null, plugin: {}, run: {}, permissions: [], config: {}, secrets: [] },
    limits: {
      wallMs: 20000,
      cpuMs: 5000,
      memoryMb: 64,
      resultBytes: 100,
      logLines: 1,
      logBytes: 1,
      hostCalls: 0,
      hostCallsAtOnce: 0,
    },
    hostCall: async () => ({ ok: true, value: '' }),
    log() {},
  });
  await sandbox.stop();
  console.log(outcome.status, outcome.result ?? JSON.stringify(outcome.error));
`;

/** Starts an endless run, then tells which processes there are, and waits to be killed. */
const abandoned = `
  import { createSandbox, launcherPid } from '@annex/sandbox';
  const code = '(function (annexSdk) { annexSdk.job("j", () => { for (;;); }); })';
  const sandbox = await createSandbox({ hostMethods: ['kv.get'] });
  void sandbox.run({
    runId: 'r',
    tenantId: 't',
    installationId: 'p',
    isolateKey: 'p',
    bundleSha256: 'x',
    loadBundle: async () => ({ code, sha256: 'x' }),
    handler: { kind: 'job', index: 0 },
    context: { tenant: {}, user: null, plugin: {}, run: {}, permissions: [], config: {}, secrets: [] },
    limits: {
      wallMs: 600000,
      cpuMs: 600000,
      memoryMb: 64,
      resultBytes: 100,
      logLines: 1,
      logBytes: 1,
      hostCalls: 0,
      hostCallsAtOnce: 0,
    },
    hostCall: async () => ({ ok: true, value: '' }),
    log() {},
  });
  setTimeout(
    () => console.log(JSON.stringify([launcherPid() ?? [], ...sandbox.stats().executors.map(({ pid }) => pid)].flat())),
    500,
  );
`;

describe('an executor', () => {
  it('is started with every flag that its walls need', () => {
    const flags = confinedFlags(executorProgram({ node: '/n', folder: '/f', addon: '/a' }, { optimize: false }));
    for (const flag of [
      '--no-node-snapshot',
      '--disable-optimizing-compilers',
      '--permission',
      '--allow-addons',
      '--disable-proto=delete',
      '--disable-sigusr1',
    ]) {
      expect(flags).toContain(flag);
    }
    expect(flags.filter((flag) => /allow-(net|fs-write|child|worker|wasi|inspector|ffi)/.test(flag))).toEqual([]);
    expect(flags.filter((flag) => flag.startsWith('--allow-fs-read'))).toEqual([
      '--allow-fs-read=/f',
      '--allow-fs-read=/a',
      ...(process.platform === 'linux' ? ['--allow-fs-read=/proc'] : []),
    ]);
  });

  it('is started without the walls that the machine does not have', () => {
    expect([setprivArgs(noTier, 1), namespaceArgs(noTier), prlimitArgs(noTier, 1)]).toEqual([[], [], []]);
  });

  it.runIf(process.platform === 'linux')('has the walls that this machine offers', async () => {
    const tier = await sandboxTier();
    expect(['T0', 'T1', 'T2', 'T3']).toContain(tier.tier);
    expect(() => requireTier(tier, tier.tier)).not.toThrow();
    expect(() => requireTier({ ...tier, tier: 'T1', fewSystemCalls: false }, 'T2')).toThrow(
      /reach T1 here, and T2 is required; missing are: .*few system calls/,
    );
    if (isRoot && tier.noNewPrivileges) expect(tier.ownUser).toBe(true);
  });

  it('has walls that are settled once: later settings may not differ', async () => {
    const tier = await sandboxTier();
    expect(await sandboxTier({ withoutKernelRules: false })).toBe(tier);
    for (const late of [{ cgroup: '/sys/fs/cgroup/late' }, { withoutKernelRules: true }, { users: '70000-71000' }]) {
      await expect(sandboxTier(late)).rejects.toThrow(
        `so ${Object.keys(late).join()} cannot be ${Object.values(late).join()} now`,
      );
    }
  });
});

describe('a parent that is killed', () => {
  it('takes its launcher and its executors with it, even one that is in the middle of a loop', async () => {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', abandoned], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const pids = JSON.parse(chunk.toString()) as number[];
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(pids.length).toBeGreaterThan(0);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.runIf(isRoot && process.platform === 'linux')('a checkout that only root can enter', () => {
  const made: string[] = [];
  afterEach(() => {
    for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
  });

  it('still runs plugin code as another user', async () => {
    const home = mkdtempSync(join(tmpdir(), 'annex-home-'));
    made.push(home);
    const checkout = join(home, 'annex');
    mkdirSync(checkout);
    chmodSync(home, 0o700);
    for (const lib of ['sandbox', 'kernel']) {
      cpSync(join(root, 'libs', lib, 'dist'), join(checkout, 'libs', lib, 'dist'), { recursive: true });
      cpSync(join(root, 'libs', lib, 'package.json'), join(checkout, 'libs', lib, 'package.json'));
    }
    mkdirSync(join(checkout, 'node_modules/@annex'), { recursive: true });
    // What only the parent loads may lie anywhere; the executor's own files lie behind the door.
    for (const lib of readdirSync(join(root, 'libs'))) {
      symlinkSync(
        join(['sandbox', 'kernel'].includes(lib) ? checkout : root, 'libs', lib),
        join(checkout, 'node_modules/@annex', lib),
      );
    }
    for (const name of readdirSync(join(root, 'node_modules')).filter(
      (each) => !['@annex', 'isolated-vm'].includes(each) && !each.startsWith('.'),
    )) {
      symlinkSync(join(root, 'node_modules', name), join(checkout, 'node_modules', name));
    }
    cpSync(join(root, 'node_modules/isolated-vm'), join(checkout, 'node_modules/isolated-vm'), { recursive: true });
    const node = join(home, 'node');
    cpSync(process.execPath, node);
    const { stdout } = await promisify(execFile)(node, ['--input-type=module', '-e', program], {
      cwd: checkout,
      timeout: 60_000,
    });
    expect(stdout.trim()).toBe('succeeded "ran"');
  });
});
