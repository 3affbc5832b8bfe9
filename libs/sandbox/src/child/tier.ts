/** Which walls of the operating system can stand around an executor here. Found out once, by trying. */
import { execFile } from 'node:child_process';
import { executorUid } from './users.js';

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

/** @param addressSpaceMb ceiling of virtual memory; isolates reserve much more than they use. */
export function prlimitArgs(tier: SandboxTier, addressSpaceMb: number): string[] {
  if (!tier.resourceLimits) return [];
  return ['prlimit', `--as=${addressSpaceMb * 2 ** 20}`, '--nofile=64', '--core=0', '--fsize=0', '--'];
}

let known: Promise<SandboxTier> | undefined;

/** What can be reached on this machine, as this user. */
export function sandboxTier(): Promise<SandboxTier> {
  known ??= detect();
  return known;
}

async function detect(): Promise<SandboxTier> {
  const all: SandboxTier = { tier: 'T2', ownUser: true, noNewPrivileges: true, resourceLimits: true, noNetwork: true, diesWithParent: true };
  if (process.platform !== 'linux') {
    return { tier: 'T0', ownUser: false, noNewPrivileges: false, resourceLimits: false, noNetwork: false, diesWithParent: false };
  }
  const [asOther, plain, limits, network] = await Promise.all([
    isRoot() ? works(setprivArgs(all, executorUid(0))) : false,
    works(setprivArgs({ ...all, ownUser: false }, 0)),
    works(prlimitArgs(all, 16_384)),
    works(unshareArgs(all)),
  ]);
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

/** Where util-linux is; the executor's own environment stays empty. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
