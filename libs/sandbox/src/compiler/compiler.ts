/**
 * Checks packages, each in processes of its own that see no disk, no network and no environment, and that end with the
 * check: nothing that one package does to its compiler meets another. A few blank ones stand ready, so that nobody
 * waits for a start.
 */
import { existsSync } from 'node:fs';
import { SECOND, silentLogger, type InputFault, type Logger } from '@annex/kernel';
import { archiveLimits, compilerLimits } from '@annex/limits';
import { contractVersion, defaultManifestLimits, type CheckPackageOptions, type PackageReport } from '@annex/manifest';
import { canLaunchRooted } from '../confinement/launch-rooted.js';
import { requireSupportedNode } from '../confinement/node-version.js';
import { sandboxTier, type SandboxTier } from '../confinement/tier.js';
import { lendUser, type LentUser } from '../confinement/users.js';
import { errors } from '../errors.js';
import { CompilerProcess, engineProgram, type CheckEnd } from './compiler-process.js';
import { findCompilerFiles, type CompilerFiles } from './compiler-files.js';
import { type CompilerLimits } from './limits.js';

export interface CompilerOptions {
  /** Compilers that stand ready without a package. 0: none is started before it is needed. Default 1. */
  blank?: number;
  /** What the checks of one package may use. Default: {@link compilerLimits}. */
  limits?: CompilerLimits;
  /** Setting `ANNEX_SANDBOX_USERS`: see `createSandbox`. */
  users?: string | undefined;
  /**
   * For tests: where the engine runs. Default: `apart` where a program can be given a root folder of its own, else
   * `inside` as WebAssembly.
   */
  engine?: 'apart' | 'inside';
  logger?: Logger;
}

export interface Compiler {
  /**
   * Checks a package. Faults of the package, that it is too expensive to check among them, are in the report. Throws
   * `COMPILER_LOST` when its processes were ended from outside twice, `COMPILER_STOPPED`, and what `inspect` throws.
   */
  check(bytes: Uint8Array, options: CheckPackageOptions): Promise<PackageReport>;
  /** Ends every process. */
  stop(): Promise<void>;
  /** Process ids of all compilers and their engines: for tests and figures. */
  pids(): number[];
}

const maxStartTries = 3;
const userRetryMs = 100;
const maxUserTries = 100;

/**
 * Starts the first compiler and answers when it stands ready. Throws `COMPILER_MISSING`, and `COMPILER_UNSAFE` when it
 * is not confined.
 */
export async function createCompiler(options: CompilerOptions = {}): Promise<Compiler> {
  requireSupportedNode();
  const tier = await sandboxTier({ users: options.users });
  const files = findCompilerFiles(tier.ownUser);
  const isEngineApart = options.engine === undefined ? await canHaveRoot(files, tier) : options.engine === 'apart';
  if (!isEngineApart && !existsSync(files.wasm))
    throw errors.error('COMPILER_MISSING', `${files.wasm} is missing: run "npm ci" and "npm run build"`);
  const pool = new CompilerPool(files, { tier, isEngineApart }, options);
  try {
    await pool.start();
  } catch (thrown) {
    await pool.stop();
    throw thrown;
  }
  return pool;
}

let rootable: Promise<boolean> | undefined;

/** Whether an engine can be given a root folder of its own. Found out once. */
function canHaveRoot(files: CompilerFiles, tier: SandboxTier): Promise<boolean> {
  rootable ??= (async () => {
    const user = existsSync(files.engine) ? lendUser() : undefined;
    if (user === undefined) return false;
    return canLaunchRooted({ ...engineProgram(files), args: ['--version'] }, tier, user).finally(() => user.giveBack());
  })();
  return rootable;
}

class CompilerPool implements Compiler {
  readonly #files: CompilerFiles;
  readonly #walls: { tier: SandboxTier; isEngineApart: boolean };
  readonly #limits: CompilerLimits;
  readonly #blankCount: number;
  readonly #logger: Logger;
  readonly #all = new Set<CompilerProcess>();
  #blanks: CompilerProcess[] = [];
  #isStopped = false;

  constructor(
    files: CompilerFiles,
    walls: { tier: SandboxTier; isEngineApart: boolean },
    { blank = 1, limits = compilerLimits, logger = silentLogger }: CompilerOptions,
  ) {
    this.#files = files;
    this.#walls = walls;
    this.#limits = limits;
    this.#blankCount = blank;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    this.#refill();
    try {
      await this.#blanks[0]?.ready;
    } catch (thrown) {
      throw errors.error(
        'COMPILER_UNSAFE',
        `a compiler is not confined: ${thrown instanceof Error ? thrown.message : ''}`.slice(0, 1000),
        { cause: thrown },
      );
    }
  }

  async check(bytes: Uint8Array, options: CheckPackageOptions): Promise<PackageReport> {
    const {
      inspect,
      limits = defaultManifestLimits,
      hostVersion = contractVersion,
      packageLimits = archiveLimits,
    } = options;
    const job = { bytes, inspect, settings: { limits, hostVersion, packageLimits }, limits: this.#limits };
    for (let tries = 0; tries < 2; tries += 1) {
      const end = await (await this.#take()).check(job);
      if (end.kind === 'report') return end.report;
      if (end.kind !== 'lost') return refused(end, this.#limits);
      if (this.#isStopped) break;
      this.#logger.warn({ tries }, 'a compiler was ended in the middle of a package');
    }
    throw this.#isStopped
      ? errors.error('COMPILER_STOPPED', 'no more packages are checked: Annex is stopping.', { retryAfterS: 5 })
      : errors.error(
          'COMPILER_LOST',
          'What checked the package was ended twice by something else on this machine. Send it again in a moment.',
          { retryAfterS: 5 },
        );
  }

  pids(): number[] {
    return [...this.#all].flatMap(({ pids }) => pids);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const each of this.#all) each.kill();
    await Promise.all([...this.#all].map(({ exited }) => exited));
  }

  /** A compiler that is ready and nobody else's. */
  async #take(): Promise<CompilerProcess> {
    for (let tries = 1; ; tries += 1) {
      if (this.#isStopped)
        throw errors.error('COMPILER_STOPPED', 'no more packages are checked: Annex is stopping.', { retryAfterS: 5 });
      const blank =
        this.#blanks.find(({ isReady, isOver }) => isReady && !isOver) ??
        this.#blanks.find(({ isOver }) => !isOver) ??
        this.#launch();
      this.#blanks = this.#blanks.filter((each) => each !== blank);
      try {
        if (blank === undefined) throw new Error('all users of the sandbox are lent');
        await blank.ready;
        // What this package waits for comes first.
        setImmediate(() => this.#refill());
        return blank;
      } catch (thrown) {
        // A user that was given back is free when nothing runs as it any more.
        if (blank === undefined) await new Promise((done) => setTimeout(done, userRetryMs));
        if (tries === (blank === undefined ? maxUserTries : maxStartTries))
          throw errors.error('COMPILER_LOST', 'No compiler could be started. Send the package again in a moment.', {
            retryAfterS: 5,
            cause: thrown,
          });
      }
    }
  }

  #refill(): void {
    this.#blanks = this.#blanks.filter(({ isOver }) => !isOver);
    while (!this.#isStopped && this.#blanks.length < this.#blankCount) {
      const launched = this.#launch();
      if (launched === undefined) return;
      this.#blanks.push(launched);
    }
  }

  /** `undefined`: no user is free. */
  #launch(): CompilerProcess | undefined {
    const { tier, isEngineApart } = this.#walls;
    const users: LentUser[] = [];
    for (let count = isEngineApart ? 2 : 1; count > 0; count -= 1) {
      const user = lendUser();
      if (user === undefined) {
        for (const each of users) each.giveBack();
        return undefined;
      }
      users.push(user);
    }
    const launched = new CompilerProcess({ files: this.#files, tier, users, logger: this.#logger });
    this.#all.add(launched);
    void launched.exited.then(() => this.#all.delete(launched));
    return launched;
  }
}

function refused(
  { kind }: Exclude<CheckEnd, { kind: 'report' | 'lost' }>,
  { cpuMs, wallMs, rssBytes }: CompilerLimits,
): PackageReport {
  const fault = (code: string, detail: string): InputFault => ({ pointer: '/entry', code, detail });
  const faults: Record<typeof kind, InputFault> = {
    cpu: fault(
      'BUNDLE_TIMEOUT',
      `checking the package took more than ${cpuMs / SECOND} s of processor time; shorten or simplify what it ` +
        'holds: scripts, schema, templates, webhooks.',
    ),
    wall: fault(
      'BUNDLE_TIMEOUT',
      `checking the package took more than ${wallMs / SECOND} s; send it again, and simplify what it holds if that ` +
        'does not help.',
    ),
    memory: fault(
      'BUNDLE_MEMORY',
      `checking the package took more than ${rssBytes / 2 ** 20} MiB of memory; import less, or split large sources.`,
    ),
    crashed: fault(
      'BUNDLE_FAILED',
      'the compiler gave up on the package; simplify its code: it is nested too deeply or grows too large.',
    ),
    hostile: fault('BUNDLE_FAILED', 'the compiler came to no sound report of the package; simplify its code.'),
  };
  return {
    ok: false,
    files: new Map(),
    webhooks: [],
    mappings: [],
    transforms: null,
    errors: [faults[kind]],
    warnings: [],
  };
}
