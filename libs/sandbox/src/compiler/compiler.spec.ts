import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECOND, silentLogger } from '@annex/kernel';
import { archiveLimits, bundleLimits, compilerLimits } from '@annex/limits';
import {
  checkPackage,
  contractVersion,
  defaultManifestLimits,
  packFiles,
  type EntryInspection,
  type PackageReport,
} from '@annex/manifest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxThreads, sandboxTier } from '../confinement/tier.js';
import { lendUser } from '../confinement/users.js';
import { CompilerProcess } from './compiler-process.js';
import { createCompiler, type Compiler } from './compiler.js';
import { findCompilerFiles } from './compiler-files.js';
import { maxScripts } from './limits.js';

let compiler: Compiler;

beforeAll(async () => {
  compiler = await createCompiler();
});
afterAll(() => compiler.stop());

const manifest = { slug: 'one', name: 'One', version: '1.0.0', entry: 'main.ts', events: ['order.created'] };
const hooked: EntryInspection = { ok: true, registrations: [{ kind: 'event', name: 'order.created' }], warnings: [] };
const inspect = (): Promise<EntryInspection> => Promise.resolve(hooked);
const entry = "import { hook } from '@annex/sdk'\nhook('order.created', () => 1)";

function pack(files: Record<string, string | Uint8Array>, more: object = {}): Uint8Array {
  const whole = { 'plugin.json': JSON.stringify({ ...manifest, ...more }), 'main.ts': entry, ...files };
  return packFiles(Object.entries(whole));
}

/** Text that does not shrink much, so that the archive is an honest one. */
const lines = (count: number, line: (index: number) => string): string =>
  Array.from(
    { length: count },
    (_, index) => `${line(index)} // ${createHash('md5').update(String(index)).digest('base64')}\n`,
  ).join('');

/** The compilers of this pool that hold a package or wait for one, and their engines, once all of them have started. */
async function settled(of: Compiler): Promise<number[]> {
  for (;;) {
    const names = of.pids().map((pid) => nameOf(pid));
    if (names.length >= 2 && names.every((name) => name === 'check' || name === 'esbuild')) return of.pids();
    await new Promise((done) => setTimeout(done, 10));
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

describe('a package is checked in a process of its own', () => {
  it('with the same report as here', async () => {
    const bytes = pack(
      {
        'lib/a.json': '{"a": 1}',
        'webhooks/a.yaml':
          'api_version: v1\non: [order.created]\ndelivery: { url: "https://example.com/" }\ntransform: { entry: ' +
          '"t.js#default" }\nretry: { max_attempts: 3, backoff: fixed }\n',
        't.js': 'export default (event) => event',
      },
      { permissions: ['emit_webhook'], secrets: ['KEY'] },
    );
    const withTransforms = (bundle: { code: string }): Promise<EntryInspection> =>
      Promise.resolve(
        bundle.code.includes('annex.transform.')
          ? { ok: true, registrations: [{ kind: 'event', name: 'annex.transform.0' }], warnings: [] }
          : hooked,
      );
    const [apart, here] = await Promise.all([
      compiler.check(bytes, { inspect: withTransforms }),
      checkPackage(bytes, { inspect: withTransforms, isExpendable: true }),
    ]);
    // Which files were read is told only in the process that read them.
    const plain = ({ read: _read, ...report }: PackageReport): object => ({
      ...report,
      files: [...report.files].map(([path, file]) => [path, Buffer.from(file).toString()]),
    });
    expect(here.errors).toEqual([]);
    expect(plain(apart)).toEqual(plain(here));
  });

  it('with all faults of one that is not sound', async () => {
    const report = await compiler.check(pack({ 'main.ts': "import 'node:fs'\nimport './nope'" }, { version: 'x' }), {
      inspect,
    });
    expect(report.ok).toBe(false);
    expect(report.errors.map(({ code }) => code).sort()).toEqual(['BUNDLE_IMPORT', 'BUNDLE_NODE_BUILTIN', 'VERSION']);
    expect((await compiler.check(Buffer.from('no archive'), { inspect })).errors).toMatchObject([
      { code: expect.stringMatching(/^ZIP/) as string },
    ]);
  });

  it('and its templates are read, but for what is no text', async () => {
    const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0x7b, 0x25]);
    const broken = await compiler.check(
      pack({
        'templates/mail/a.html': 'Hi\n{{ name | nosuch }}',
        'templates/b.txt': '{% if a %}',
        'templates/sound.html': '{{ a }}',
        'static/a.html': '{% if',
      }),
      { inspect },
    );
    expect(broken.errors).toEqual([
      {
        pointer: '/templates/b.txt',
        code: 'TEMPLATE_INVALID',
        detail: 'templates/b.txt:1: tag {% if a %} not closed.',
      },
      {
        pointer: '/templates/mail/a.html',
        code: 'TEMPLATE_INVALID',
        detail: 'templates/mail/a.html:2: undefined filter: nosuch.',
      },
    ]);
    const plain = pack({ 'templates/logo.png': picture });
    expect((await compiler.check(plain, { inspect })).errors).toEqual([]);
  });

  it('by the operator’s ceilings, which the parent applies too', async () => {
    const bytes = pack({}, { limits: { timeout_ms: 1_000_000 } });
    expect((await compiler.check(bytes, { inspect })).ok).toBe(false);
  });

  it('and what trying a script out throws is thrown on', async () => {
    await expect(compiler.check(pack({}), { inspect: () => Promise.reject(new Error('no sandbox')) })).rejects.toThrow(
      'no sandbox',
    );
    expect((await compiler.check(pack({}), { inspect })).ok).toBe(true);
  });
});

describe('where no program can be given a root folder of its own, the engine runs inside, as WebAssembly', () => {
  it('and bundles, refuses and ends in the same way', async () => {
    const own = await createCompiler({ engine: 'inside' });
    try {
      await expect.poll(() => own.pids()).toHaveLength(1);
      const [sound, broken, deep] = await Promise.all([
        own.check(pack({}), { inspect }),
        own.check(pack({ 'main.ts': "import './nope'\nconst n = 1\nrequire('../../../etc/' + n)" }), { inspect }),
        own.check(pack({ 'main.ts': `export const a = ${lines(60_000, () => '()=>'.repeat(10))}1` }), {
          inspect,
        }),
      ]);
      const here = await checkPackage(pack({}), { inspect });
      expect(sound).toMatchObject({ ok: true, bundle: { code: here.bundle?.code } });
      expect(broken.errors.map(({ code }) => code)).toEqual(['BUNDLE_COMPUTED_IMPORT']);
      expect(deep.errors).toMatchObject([{ code: expect.stringMatching(/^BUNDLE_/) as string }]);
    } finally {
      await own.stop();
    }
    // WebAssembly takes ten times as long as the engine outside, and on a busy machine that again.
  }, 300_000);
});

describe.runIf(process.platform === 'linux')('its processes', () => {
  it('see nothing: another root, another user, no environment, no descriptor but their streams', async () => {
    const pids = await settled(compiler);
    for (const pid of pids) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('');
      expect(status).toMatch(/NoNewPrivs:\t1/);
      if (process.getuid?.() === 0) {
        expect(status).not.toMatch(/Uid:\t0\t/);
        expect(status).toMatch(/CapEff:\t0+\n/);
        expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'));
      }
      const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      expect(files.filter((file) => !/^(socket|pipe|anon_inode):|^\/dev\/(null|urandom)$/.test(file))).toEqual([]);
    }
    const engine = pids.find((pid) => nameOf(pid) === 'esbuild') ?? 0;
    if (process.getuid?.() === 0) expect(readdirSync(`/proc/${engine}/root`)).toEqual(['esbuild']);
  });

  it('may make few system calls, as executors do, and the engine has few threads', async () => {
    const { fewSystemCalls, ownUser } = await sandboxTier();
    const modes = Object.fromEntries(
      (await settled(compiler)).map((pid) => [
        nameOf(pid),
        /^Seccomp:\t(\d)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
      ]),
    );
    if (fewSystemCalls)
      expect(modes).toEqual({ check: '2', ...(modes['esbuild'] === undefined ? {} : { esbuild: '2' }) });
    const engine = (await settled(compiler)).find((pid) => nameOf(pid) === 'esbuild');
    if (ownUser && engine !== undefined)
      expect(readFileSync(`/proc/${engine}/limits`, 'utf8')).toMatch(
        new RegExp(`^Max processes\\s+${maxThreads}\\s`, 'm'),
      );
  });

  it('are gone when the report is there', async () => {
    const before = await settled(compiler);
    await compiler.check(pack({}), { inspect });
    await expect.poll(() => before.filter((pid) => compiler.pids().includes(pid))).toEqual([]);
  });

  it.each(['check', 'esbuild'])(
    'may be killed in the middle (%s): the package is checked again, and refused for now when that happens twice',
    async (name) => {
      const own = await createCompiler();
      try {
        const kill = (): void =>
          own
            .pids()
            .filter((pid) => nameOf(pid) === name)
            .forEach((pid) => void process.kill(pid, 'SIGKILL'));
        let tries = 0;
        const once = await own.check(pack({}), {
          inspect: () => ((tries += 1) === 1 ? (kill(), new Promise(() => undefined)) : inspect()),
        });
        expect(once).toMatchObject({ ok: true, errors: [] });
        await expect(
          own.check(pack({}), { inspect: () => (kill(), new Promise(() => undefined)) }),
        ).rejects.toMatchObject({ code: 'COMPILER_LOST', retryAfterS: 5 });
        expect((await own.check(pack({}), { inspect })).ok).toBe(true);
      } finally {
        await own.stop();
      }
    },
  );
});

/**
 * A compiler that says what it likes as soon as it has a package; `say(head, bytes, claimed)` claims as many bytes as
 * it sends.
 */
const liar = (says: string): string => `
  import { Socket } from 'node:net';
  const stream = new Socket({ fd: 3 });
  const say = (head, bytes = Buffer.alloc(0), claimed = bytes.length) => {
    const json = Buffer.from(JSON.stringify(head));
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32LE(json.length, 0);
    sizes.writeUInt32LE(claimed, 4);
    stream.write(Buffer.concat([sizes, json, bytes]));
  };
  stream.once('data', () => { ${says} });
  setTimeout(() => process.exit(7), 3000);
`;

describe('a compiler that is somebody else’s', () => {
  it.each([
    [
      'asks for more than may be tried out, all at once',
      `for (let i = 0; i < 50; i += 1) say({ type: 'inspect' }, Buffer.from('x' + i));`,
    ],
    ['announces a script that is too large', `say({ type: 'inspect' }, undefined, ${bundleLimits.scriptBytes + 1});`],
    [
      'announces a report that is too large',
      `say({ type: 'report', report: {} }, undefined, ${
        archiveLimits.maxUnpackedBytes + maxScripts * (bundleLimits.scriptBytes + bundleLimits.sourceMapBytes) + 1
      });`,
    ],
    ['announces bytes where none belong', `say({ type: 'ready' }, undefined, 1);`],
  ])('and %s, is ended', async (_what, says) => {
    const folder = mkdtempSync(join(tmpdir(), 'annex-liar-'));
    const user = lendUser();
    try {
      if (user === undefined) throw new Error('no user is free');
      chmodSync(folder, 0o755);
      writeFileSync(join(folder, 'compiler.mjs'), liar(says));
      const tier = await sandboxTier();
      const compiling = new CompilerProcess({
        files: { ...findCompilerFiles(tier.ownUser), folder },
        tier,
        users: [user],
        logger: silentLogger,
      });
      let asked = 0;
      const end = await compiling.check({
        bytes: Buffer.from('a package'),
        settings: { limits: defaultManifestLimits, hostVersion: contractVersion, packageLimits: archiveLimits },
        limits: compilerLimits,
        inspect: () => {
          asked += 1;
          return new Promise(() => undefined);
        },
      });
      expect(end).toMatchObject({ kind: 'hostile' });
      expect(asked).toBeLessThanOrEqual(maxScripts);
      await compiling.exited;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a package made to be expensive is refused, with the limit named', () => {
  it.each<[string, () => Uint8Array, RegExp]>([
    [
      'that nests without end',
      () => pack({ 'main.ts': `export const a = ${lines(60_000, () => '()=>'.repeat(10))}1` }),
      /BUNDLE_FAILED|BUNDLE_MEMORY|BUNDLE_TIMEOUT/,
    ],
    [
      'that nests brackets',
      () => pack({ 'main.ts': `export const a = ${lines(60_000, () => '['.repeat(20))}` }),
      /^BUNDLE_/,
    ],
    [
      'with a computed import too deep to read',
      () =>
        pack(
          {
            'main.js':
              `require(${lines(60_000, () => '(('.repeat(10))}'./a' + x` + `${lines(60_000, () => '))'.repeat(10))})`,
          },
          { entry: 'main.js' },
        ),
      /^BUNDLE_/,
    ],
    [
      'with sources of more than 5 MiB',
      () => pack({ 'main.ts': lines(200_000, (index) => `if (a) b = { c: [1, 2, ${index}] };`) }),
      /^BUNDLE_|ZIP_/,
    ],
  ])('%s', async (_what, make, code) => {
    const report = await compiler.check(make(), { inspect });
    expect(report.ok).toBe(false);
    expect(report.errors.map((fault) => fault.code)).toEqual(expect.arrayContaining([expect.stringMatching(code)]));
  });

  it('in time, in processor time and in memory', async () => {
    const bytes = pack({
      'main.ts':
        'export const a = [\n' +
        `${lines(30_000, (index) => `{ a: [() => ${index}], b() { return class { c = 3 } } },`)}]`,
    });
    for (const [limits, code] of [
      [{ cpuMs: 50, wallMs: 60 * SECOND, rssBytes: 2 ** 32 }, 'processor time'],
      [{ cpuMs: 60 * SECOND, wallMs: 30, rssBytes: 2 ** 32 }, 'took more than 0.03 s'],
      [{ cpuMs: 60 * SECOND, wallMs: 60 * SECOND, rssBytes: 2 ** 20 }, 'more than 1 MiB of memory'],
    ] as const) {
      const own = await createCompiler({ limits });
      expect((await own.check(bytes, { inspect })).errors).toMatchObject([
        { detail: expect.stringContaining(code) as string },
      ]);
      await own.stop();
    }
  });

  it('and others are checked meanwhile, the same tenant’s too', async () => {
    const held = Promise.withResolvers<EntryInspection>();
    const slow = compiler.check(
      pack({ 'main.ts': `var a = 1, b\n${lines(30_000, (index) => `if (a) b = { c: [1, 2, ${index}] };`)}` }),
      { inspect: () => held.promise },
    );
    const reports = await Promise.all(Array.from({ length: 3 }, async () => compiler.check(pack({}), { inspect })));
    expect(reports.map(({ ok }) => ok)).toEqual([true, true, true]);
    held.resolve({ ok: false, error: { code: 'TIMEOUT', message: 'too long' } });
    expect((await slow).errors).toMatchObject([{ code: 'ENTRY_FAILED' }]);
  });
});
