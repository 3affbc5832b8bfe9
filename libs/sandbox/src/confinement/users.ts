/**
 * Whom confined processes run as: each has a user of its own. A user is lent again only when nothing runs as it any
 * more, whatever its last process left behind; and no two parents on a machine lend the same.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { errors } from '../errors.js';
import { hasStarter, livingProcesses, statusLines, type ProcessFacts } from './processes.js';
import { startProcess } from './start-process.js';
import { systemPath } from './system-path.js';
import { usersPerParent, type UserRange } from './user-range.js';

export interface LentUser {
  /** The user's id, and the id of its only group; -1: the user that this process runs as. */
  readonly uid: number;
  /** Its process has exited. */
  giveBack(): void;
}

export interface Users {
  /** A user that nothing runs as; `undefined` while there is none. */
  lend(): LentUser | undefined;
  /** Done when nothing runs any more as a user that was given back, or cannot be ended. */
  swept(): Promise<void>;
}

/** For where a process cannot choose: everything runs as the same user. */
const sameUser: Users = { lend: () => ({ uid: -1, giveBack: () => undefined }), swept: () => Promise.resolve() };

let ours: Users = sameUser;

/**
 * A user of this process's own, once {@link claimUsers} has been called, else the one it runs as; `undefined` while
 * none is free.
 */
export function lendUser(): LentUser | undefined {
  return ours.lend();
}

/** Done when nothing runs any more as a user that was given back, or cannot be ended. */
export function sweptUsers(): Promise<void> {
  return ours.swept();
}

/** A sweep costs a process, so those that end within this time share one. */
const sweepAfterMs = 1000;
const sweepAgainAfterMs = 100;
const maxSweepsInARow = 20;
const sweepWithinMs = 5000;

/**
 * Ends everything that runs as the users given, then lists all processes. `kill -1` reaches every process of the
 * caller's user at once, so that none can fork away. An id that has a name is somebody's: it is left alone.
 */
const sweepScript = `
for user in "$@"; do
  if id "$user" >/dev/null 2>&1; then continue; fi
  setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs -- sh -c 'kill -KILL -1' 2>/dev/null
done
grep -hE '${statusLines}' /proc/[0-9]*/status 2>/dev/null
exit 0`;

/** From now on {@link lendUser} lends users of the range. Throws `SANDBOX_USERS` when other parents hold them all. */
export async function claimUsers(range: UserRange): Promise<void> {
  ours = await claimBlock(range);
}

/** Users of the range that are this process's for as long as it lives. */
export async function claimBlock(range: UserRange): Promise<Users> {
  const size = Math.min(usersPerParent, range.last - range.first + 1);
  const blocks = Math.floor((range.last - range.first + 1) / size);
  const named = namedUsers();
  // Containers on one machine do not see each other, and would count against each other's limits: they begin at
  // different places.
  const start = createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest().readUInt32LE(0) % blocks;
  let processes: ProcessFacts[] | undefined;
  for (let tried = 0; tried < blocks; tried += 1) {
    const first = range.first + ((start + tried) % blocks) * size;
    const lock = await takeName(`annex-executor-users-${first}`);
    if (lock === undefined) continue;
    processes ??= livingProcesses(await sweepAndList([]));
    const uids = Array.from({ length: size }, (_, index) => first + index).filter((uid) => !named.has(uid));
    if (uids.length > 0 && !isInUse(uids, processes)) return new ClaimedUsers(uids, usersOf(processes));
    lock.close();
  }
  throw errors.error('SANDBOX_USERS', `other processes hold all user ids from ${range.first} to ${range.last}`);
}

/** Whether somebody who holds no claim that can be seen from here runs processes as one of these users. */
function isInUse(uids: readonly number[], processes: readonly ProcessFacts[]): boolean {
  const wanted = new Set(uids);
  const all = new Map(processes.map((each) => [each.pid, each]));
  return processes.some((each) => each.users.some((uid) => wanted.has(uid)) && hasStarter(each, all));
}

function usersOf(processes: readonly ProcessFacts[]): Set<number> {
  return new Set(processes.flatMap(({ users }) => users));
}

class ClaimedUsers implements Users {
  /** In the order in which they are lent: the one that was given back longest ago comes first. */
  readonly #clean: number[];
  readonly #dirty: Set<number>;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(uids: readonly number[], running: ReadonlySet<number>) {
    this.#dirty = new Set(uids.filter((uid) => running.has(uid)));
    this.#clean = uids.filter((uid) => !running.has(uid));
    if (this.#dirty.size > 0) this.#sweepSoon();
  }

  lend(): LentUser | undefined {
    const uid = this.#clean.shift();
    if (uid === undefined) {
      void this.swept();
      return undefined;
    }
    let isLent = true;
    const giveBack = (): void => {
      if (!isLent) return;
      isLent = false;
      this.#dirty.add(uid);
      this.#sweepSoon();
    };
    return { uid, giveBack };
  }

  #sweepSoon(): void {
    this.#timer ??= setTimeout(() => void this.swept(), sweepAfterMs).unref();
  }

  swept(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined;
      if (this.#dirty.size > 0) this.#sweepSoon();
    });
    return this.#sweeping;
  }

  async #sweep(): Promise<void> {
    for (let sweeps = 0; this.#dirty.size > 0 && sweeps < maxSweepsInARow; sweeps += 1) {
      if (sweeps > 0) await new Promise((resolve) => setTimeout(resolve, sweepAgainAfterMs).unref());
      const uids = [...this.#dirty];
      const processes = livingProcesses(await sweepAndList(uids).catch(() => ''));
      // The list holds at least this process; when it does not, nothing is known.
      if (!processes.some(({ pid }) => pid === process.pid)) continue;
      const running = usersOf(processes);
      for (const uid of uids.filter((each) => !running.has(each))) {
        this.#dirty.delete(uid);
        this.#clean.push(uid);
      }
    }
  }
}

async function sweepAndList(uids: readonly number[]): Promise<string> {
  const command = ['/bin/sh', '-c', `export PATH=${systemPath}${sweepScript}`, 'sweep', ...uids.map(String)];
  const { streams, exited, kill } = startProcess(command, { streams: [1], isOurs: true });
  const timer = setTimeout(kill, sweepWithinMs);
  const parts: Buffer[] = [];
  const [output] = streams as [Duplex];
  output.on('data', (part: Buffer) => parts.push(part)).on('error', () => undefined);
  const [ending] = await Promise.all([exited, new Promise((resolve) => output.once('close', resolve))]);
  clearTimeout(timer);
  if (ending.code !== 0) throw new Error('the users of the sandbox could not be swept');
  return Buffer.concat(parts).toString('latin1');
}

/**
 * A name that one process of the machine can have at a time; the kernel takes it back when that process ends, however
 * it ends.
 */
function takeName(name: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ path: `\0${name}` }, () => resolve(server.unref()));
  });
}

function namedUsers(): Set<number> {
  try {
    return new Set(
      readFileSync('/etc/passwd', 'utf8')
        .split('\n')
        .map((line) => Number(line.split(':')[2])),
    );
  } catch {
    return new Set();
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
