/** Which walls of the operating system can stand around an executor here. Found out once, by trying. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { systemPath } from './system-path.js';
import { userRange } from './user-range.js';
import { claimUsers } from './users.js';

/** The layers that are on, beside the ones that always are: own process, permission model, empty environment, watchdog. */
export interface SandboxTier {
  /** `T0`: process only. `T1`: also own user, no new privileges and resource limits. `T2`: also no network at all. */
  tier: 'T0' | 'T1' | 'T2';
  ownUser: boolean;
  noNewPrivileges: boolean;
  resourceLimits: boolean;
  noNetwork: boolean;
  /** The kernel kills the executor when its parent dies. */
  diesWithParent: boolean;
}

export function setprivArgs(tier: SandboxTier, uid: number): string[] {
  if (!tier.noNewPrivileges) return [];
  const identity = tier.ownUser
    ? [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all']
    : [];
  return ['setpriv', ...identity, '--no-new-privs', '--pdeathsig=KILL', '--'];
}

export function unshareArgs(tier: SandboxTier): string[] {
  if (!tier.noNetwork) return [];
  return isRoot() ? ['unshare', '--net', '--ipc', '--uts', '--'] : ['unshare', '--map-root-user', '--net', '--'];
}

/** Threads of a program: those of Node and V8 (about 11), isolated-vm's (one per core and one), timers, and room. Counted by user. */
const maxThreads = 64 + 2 * availableParallelism();

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
}

let known: Promise<SandboxTier> | undefined;

/**
 * What can be reached on this machine, as this user: found out once, with the settings that are given first. Throws `SANDBOX_USERS` when
 * there are no user ids for executors.
 */
export function sandboxTier(settings: WallSettings = {}): Promise<SandboxTier> {
  if (known === undefined) {
    known = detect(settings);
    known.catch(() => (known = undefined));
  }
  return known;
}

async function detect({ users }: WallSettings): Promise<SandboxTier> {
  const all: SandboxTier = { tier: 'T2', ownUser: true, noNewPrivileges: true, resourceLimits: true, noNetwork: true, diesWithParent: true };
  if (process.platform !== 'linux') {
    return { tier: 'T0', ownUser: false, noNewPrivileges: false, resourceLimits: false, noNetwork: false, diesWithParent: false };
  }
  const range = isRoot() ? userRange(users) : undefined;
  const [asOther, plain, limits, network] = await Promise.all([
    range === undefined ? false : works(setprivArgs(all, range.first)),
    works(setprivArgs({ ...all, ownUser: false }, 0)),
    works(prlimitArgs(all, 16_384)),
    works(unshareArgs(all)),
  ]);
  if (range !== undefined && asOther) await claimUsers(range);
  const tier: SandboxTier = {
    tier: 'T0',
    ownUser: asOther,
    noNewPrivileges: asOther || plain,
    resourceLimits: limits,
    noNetwork: network,
    diesWithParent: asOther || plain,
  };
  const isT1 = (asOther || !isRoot()) && tier.noNewPrivileges && limits;
  tier.tier = isT1 ? (network ? 'T2' : 'T1') : 'T0';
  return tier;
}

function works([program, ...args]: string[]): Promise<boolean> {
  if (program === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    execFile(program, [...args, 'true'], { timeout: 5000, env: { PATH: systemPath } }, (error) => resolve(error === null));
  });
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
