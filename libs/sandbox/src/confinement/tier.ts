/** Which walls of the operating system can stand around an executor here. Found out once, by trying. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { takeCgroup } from './cgroup.js';
import { errors } from '../errors.js';
import { kernelRulesArgs, type KernelRules } from './kernel-rules.js';
import { sandboxNode } from './node-version.js';
import { knowsSystemCalls } from './seccomp.js';
import { beginLauncher } from './start-process.js';
import { systemPath } from './system-path.js';
import { userRange } from './user-range.js';
import { claimUsers } from './users.js';

/**
 * The layers that are on, beside the ones that always are: own process, permission model, empty environment, watchdog.
 */
export interface SandboxTier {
  /**
   * `T0`: process only. `T1`: also own user, no new privileges and resource limits. `T2`: also no network and process
   * ids of its own. `T3`: also few system calls.
   */
  tier: 'T0' | 'T1' | 'T2' | 'T3';
  ownUser: boolean;
  noNewPrivileges: boolean;
  resourceLimits: boolean;
  noNetwork: boolean;
  /** It sees no process but its own, and everything that it started ends with it. */
  ownProcesses: boolean;
  /** Its /proc shows only itself. */
  ownProcFolder: boolean;
  /** The kernel refuses the system calls that it does not need. */
  fewSystemCalls: boolean;
  /** The kernel opens no file for it but its own, Node's and the system's libraries. */
  fewFiles: boolean;
  /** The kernel limits memory and number of all its processes together. */
  ownCgroup: boolean;
  /** The kernel kills the executor when its parent dies. */
  diesWithParent: boolean;
}

export const noTier: SandboxTier = {
  tier: 'T0',
  ownUser: false,
  noNewPrivileges: false,
  resourceLimits: false,
  noNetwork: false,
  ownProcesses: false,
  ownProcFolder: false,
  fewSystemCalls: false,
  fewFiles: false,
  ownCgroup: false,
  diesWithParent: false,
};

/** The layers by the names that metrics and `/readyz` give them. */
export function layersOf(tier: SandboxTier): Record<string, boolean> {
  return {
    own_user: tier.ownUser,
    no_new_privileges: tier.noNewPrivileges,
    resource_limits: tier.resourceLimits,
    no_network: tier.noNetwork,
    own_processes: tier.ownProcesses,
    own_proc_folder: tier.ownProcFolder,
    few_system_calls: tier.fewSystemCalls,
    few_files: tier.fewFiles,
    own_cgroup: tier.ownCgroup,
    dies_with_parent: tier.diesWithParent,
  };
}

/** Throws `SANDBOX_TIER` when the tier is below the one required. */
export function requireTier(tier: SandboxTier, required: SandboxTier['tier']): void {
  if (tier.tier >= required) return;
  const missing = Object.entries(layersOf(tier)).flatMap(([name, isOn]) => (isOn ? [] : [name.replaceAll('_', ' ')]));
  throw errors.error(
    'SANDBOX_TIER',
    `executors reach ${tier.tier} here, and ${required} is required; missing are: ${missing.join(', ')}`,
  );
}

const noCapabilities = ['--bounding-set=-all', '--inh-caps=-all'];

export function setprivArgs(tier: SandboxTier, uid: number): string[] {
  if (!tier.noNewPrivileges) return [];
  const identity = tier.ownUser ? [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'] : [];
  // Who makes namespaces without being root is root within them.
  const capabilities = tier.ownUser || (!isRoot() && hasNamespaces(tier)) ? noCapabilities : [];
  return ['setpriv', ...identity, ...capabilities, '--no-new-privs', '--pdeathsig=KILL', '--'];
}

/** A helper stays outside a namespace of processes and waits for the program; both end with the one above them. */
export function namespaceArgs(tier: SandboxTier): string[] {
  if (!hasNamespaces(tier)) return [];
  const unshare = ['unshare'];
  if (!isRoot()) unshare.push('--map-root-user');
  if (tier.noNetwork) unshare.push('--net');
  if (isRoot()) unshare.push('--ipc', '--uts');
  if (tier.ownProcesses) unshare.push('--pid', '--fork', '--kill-child');
  if (tier.ownProcFolder) unshare.push('--mount-proc');
  return [
    ...(tier.ownProcesses && tier.noNewPrivileges ? ['setpriv', '--pdeathsig=KILL', '--'] : []),
    ...unshare,
    '--',
  ];
}

function hasNamespaces({ noNetwork, ownProcesses }: SandboxTier): boolean {
  return noNetwork || ownProcesses;
}

/**
 * Threads of a program: those of Node and V8 (about 11), isolated-vm's (one per core and one), timers, and room.
 * Counted by user.
 */
export const maxThreads = 64 + 2 * availableParallelism();

/** @param addressSpaceMb ceiling of virtual memory; isolates reserve much more than they use. */
export function prlimitArgs(tier: SandboxTier, addressSpaceMb: number): string[] {
  if (!tier.resourceLimits) return [];
  const limits = [`--as=${addressSpaceMb * 2 ** 20}`, '--nofile=64', '--core=0', '--fsize=0'];
  limits.push('--memlock=0', '--msgqueue=0', '--sigpending=64', '--rtprio=0', '--nice=0');
  // Counted over all processes of a user, so it fits only one that has the user to itself.
  if (tier.ownUser) limits.push(`--nproc=${maxThreads}`);
  return ['prlimit', ...limits, '--'];
}

export interface WallSettings {
  /** User ids that executors may have, such as `70000-86383`. Default: a range that nobody else uses. */
  users?: string | undefined;
  /**
   * Leaves out what the kernel would refuse executors by rule (seccomp, Landlock), for a kernel or a libc that does not
   * get on with it.
   */
  withoutKernelRules?: boolean | undefined;
  /** A folder of cgroup v2 that was handed over to this process. */
  cgroup?: string | undefined;
}

interface Settled {
  settings: WallSettings;
  tier: Promise<SandboxTier>;
}

let settled: Settled | undefined;

/**
 * What can be reached on this machine, as this user: found out once, with the settings that are given first. What is
 * left out later is as it was settled then; a setting that differs is an error, since it could change nothing any more.
 * Throws `SANDBOX_USERS` when there are no user ids for executors, `SANDBOX_CGROUP` when they cannot be limited in the
 * group given.
 */
export async function sandboxTier({ users, withoutKernelRules, cgroup }: WallSettings = {}): Promise<SandboxTier> {
  if (settled === undefined) {
    const settings = { users, withoutKernelRules: withoutKernelRules ?? false, cgroup };
    const ours: Settled = { settings, tier: detect(settings) };
    settled = ours;
    ours.tier.catch(() => (settled = settled === ours ? undefined : settled));
    return ours.tier;
  }
  const { settings, tier } = settled;
  for (const [name, given] of Object.entries({ users, withoutKernelRules, cgroup })) {
    const first = settings[name as keyof WallSettings];
    if (given !== undefined && given !== first)
      throw new Error(
        `the sandbox's walls stand with ${name} ${first ?? 'not set'} already, so ${name} cannot be ${given} now`,
      );
  }
  return tier;
}

async function detect({ users, withoutKernelRules, cgroup }: WallSettings): Promise<SandboxTier> {
  if (process.platform !== 'linux') return noTier;
  await beginLauncher();
  const range = isRoot() ? userRange(users) : undefined;
  const limited: SandboxTier = { ...noTier, noNewPrivileges: true, diesWithParent: true };
  const rules = !withoutKernelRules;
  const [asOther, plain, limits, network, processes, procFolder, systemCalls, files] = await Promise.all([
    range === undefined ? false : works(setprivArgs({ ...limited, ownUser: true }, range.first)),
    works(setprivArgs(limited, 0)),
    works(prlimitArgs({ ...limited, resourceLimits: true, ownUser: range !== undefined }, 16_384)),
    works(namespaceArgs({ ...limited, noNetwork: true })),
    canSeeChildren && works(namespaceArgs({ ...limited, noNetwork: true, ownProcesses: true })),
    canSeeChildren && works(namespaceArgs({ ...limited, noNetwork: true, ownProcesses: true, ownProcFolder: true })),
    rules && worksWithRules(limited, { systemCalls: true, files: false }),
    rules && worksWithRules(limited, { systemCalls: false, files: true }),
  ]);
  if (range !== undefined && asOther) await claimUsers(range);
  if (cgroup !== undefined) takeCgroup(cgroup);
  const tier: SandboxTier = {
    ...noTier,
    ownUser: asOther,
    noNewPrivileges: asOther || plain,
    resourceLimits: limits,
    noNetwork: network,
    ownProcesses: processes || procFolder,
    ownProcFolder: procFolder,
    fewSystemCalls: systemCalls,
    fewFiles: files,
    ownCgroup: cgroup !== undefined,
    diesWithParent: asOther || plain,
  };
  const isT1 = (asOther || !isRoot()) && tier.noNewPrivileges && limits;
  const isT2 = isT1 && network && tier.ownProcesses;
  if (isT1) tier.tier = !isT2 ? 'T1' : systemCalls ? 'T3' : 'T2';
  return tier;
}

/** Whether the kernel lists the children of a process: without that, the program behind a helper is not found. */
const canSeeChildren = existsSync(`/proc/self/task/${process.pid}/children`);

function worksWithRules(tier: SandboxTier, rules: KernelRules): Promise<boolean> {
  if (rules.systemCalls && !knowsSystemCalls) return Promise.resolve(false);
  // The very Node: its libraries may lie where those of the system do not.
  const node = sandboxNode().path;
  return works([...setprivArgs(tier, 0), ...kernelRulesArgs(rules, [node])], [node, '--version']);
}

function works([program, ...args]: string[], tried: string[] = ['/bin/true']): Promise<boolean> {
  if (program === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    execFile(program, [...args, ...tried], { timeout: 5000, env: { PATH: systemPath } }, (error) =>
      resolve(error === null),
    );
  });
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
