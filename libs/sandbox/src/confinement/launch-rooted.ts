/**
 * Starts a program that needs no file at all: one static binary, in a root folder that holds nothing else, as a user of
 * its own, without a network. What it can be made to open is not there.
 */
import { execFile } from 'node:child_process';
import { dirname, basename } from 'node:path';
import { kernelRulesArgs } from './kernel-rules.js';
import { absolute, startProcess, type Between, type Started } from './start-process.js';
import { isRoot, maxThreads, type SandboxTier } from './tier.js';
import type { LentUser } from './users.js';

export interface RootedProgram {
  /** The binary; the folder that it is in becomes its root. */
  file: string;
  args: string[];
}

export interface RootedConfinement {
  tier: SandboxTier;
  user: LentUser;
  addressSpaceMb: number;
  /** Processor time after which the kernel kills it, in seconds. */
  cpuS: number;
  /** Its standard input and output. */
  between: readonly [Between, Between];
}

/** Whether such a program can be started here, found out by starting it with `probe`. */
export function canLaunchRooted(program: RootedProgram, tier: SandboxTier, user: LentUser): Promise<boolean> {
  if (process.platform !== 'linux' || !tier.noNewPrivileges || !tier.resourceLimits || (isRoot() && !tier.ownUser))
    return Promise.resolve(false);
  const [command = '', ...args] = commandOf(program, { tier, user, addressSpaceMb: 4096, cpuS: 5 });
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 5000, cwd: '/', env: {} }, (error) => resolve(error === null));
  });
}

/** Throws what `spawn` throws. */
export function launchRooted(program: RootedProgram, { between, ...confinement }: RootedConfinement): Started {
  return startProcess(commandOf(program, confinement), {
    streams: [],
    between: between.map((pair, index) => [index, pair]),
  });
}

/**
 * Nothing could install the filter within the root folder, so it stands before the folder is made and lets through what
 * makes it. Neither call is of use later: `chroot` needs a capability that is gone, and the kernel makes no user
 * namespace for whoever has another root.
 */
const rootMaking = ['unshare', 'chroot'] as const;

function commandOf(
  { file, args }: RootedProgram,
  { tier, user, addressSpaceMb, cpuS }: Omit<RootedConfinement, 'between'>,
): string[] {
  const identity = isRoot() ? [`--setgid=${user.uid}`, `--setuid=${user.uid}`] : ['--map-current-user'];
  const noNetwork = tier.noNetwork ? ['--net', '--ipc', '--uts'] : [];
  // Counted over all processes of a user, so it fits only one that has the user to itself.
  const fewThreads = tier.ownUser ? [`--nproc=${maxThreads}`] : [];
  return [
    ...[
      'prlimit',
      `--as=${addressSpaceMb * 2 ** 20}`,
      `--cpu=${cpuS}`,
      '--nofile=64',
      '--core=0',
      '--fsize=0',
      ...fewThreads,
      '--',
    ],
    ...['setpriv', '--no-new-privs', '--pdeathsig=KILL', '--'],
    ...kernelRulesArgs({ systemCalls: tier.fewSystemCalls, files: false, left: rootMaking }, []),
    ...[absolute('unshare'), ...noNetwork, ...identity, `--root=${dirname(file)}`, '--'],
    `/${basename(file)}`,
    ...args,
  ].map((part, index, all) =>
    index === 0 || (all[index - 1] === '--' && !part.startsWith('/')) ? absolute(part) : part,
  );
}
