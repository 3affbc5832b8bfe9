import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { hasStarter, livingProcesses } from './processes.js';
import { isWithin, userRange } from './user-range.js';
import { claimBlock, type LentUser, type Users } from './users.js';

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

/** Ranges of these specs, apart from each other and from those of every parent. */
let nextRange = 90_000 + (process.pid % 900) * 10;
const ownRange = () => ({ first: (nextRange += 10), last: nextRange + 7 });

describe('a range of user ids', () => {
  it('is one that is mapped, has room, and leaves the system’s own users alone', () => {
    for (const asked of [
      '70000',
      '70000-70001',
      '0-100',
      '900-2000',
      'x',
      '70000-80000-90000',
      '99999999999-99999999999',
    ]) {
      expect(() => userRange(asked)).toThrow(/user ids/);
    }
    expect(() => userRange('4294967290-4294967299')).toThrow(/do not exist in this user namespace/);
    if (process.platform === 'linux') expect(userRange('20000-20127')).toEqual({ first: 20_000, last: 20_127 });
  });

  it('may be spread over several lines of the map, without a gap', () => {
    const range = { first: 10, last: 20 };
    expect(
      isWithin(range, [
        { first: 16, last: 30 },
        { first: 0, last: 15 },
      ]),
    ).toBe(true);
    expect(
      isWithin(range, [
        { first: 17, last: 30 },
        { first: 0, last: 15 },
      ]),
    ).toBe(false);
    expect(isWithin(range, [])).toBe(false);
  });

  it('by default lies outside what others give away', () => {
    const range = userRange(undefined);
    if (range === undefined) return;
    expect(range.first).toBeGreaterThan(60_577);
    expect(range.last < 61_184 || (range.first > 65_535 && range.last < 100_000)).toBe(true);
  });
});

describe('the list of processes', () => {
  const status = (pid: number, parent: number, uid: number, state = 'S (sleeping)') =>
    `State:\t${state}\nPid:\t${pid}\nPPid:\t${parent}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`;

  it('leaves out what has ended', () => {
    expect(livingProcesses(status(7, 1, 5) + status(8, 7, 5, 'Z (zombie)') + status(9, 7, 6))).toMatchObject([
      { pid: 7 },
      { pid: 9, users: [6, 6, 6, 6] },
    ]);
  });

  it('tells what a dead parent left behind from what a living one has started', () => {
    const all = new Map(
      livingProcesses(
        status(1, 0, 0) + status(20, 1, 0) + status(21, 20, 5) + status(22, 21, 5) + status(30, 1, 5),
      ).map((each) => [each.pid, each]),
    );
    const starters = [21, 22, 30].map((pid) =>
      [...all.values()].some((each) => each.pid === pid && hasStarter(each, all)),
    );
    expect(starters).toEqual([true, true, false]);
  });
});

describe.runIf(isRoot)('users for confined processes', () => {
  const lent: LentUser[] = [];
  const lendFrom = (users: Users) => {
    const user = users.lend();
    if (user !== undefined) lent.push(user);
    return user;
  };
  afterEach(() => {
    for (const user of lent.splice(0)) user.giveBack();
  });

  it('are never those of another parent', async () => {
    const { first } = ownRange();
    const range = { first, last: first + 255 };
    const [one, other] = [await claimBlock(range), await claimBlock(range)];
    const uids = [one, other].flatMap((users) => Array.from({ length: 128 }, () => lendFrom(users)?.uid));
    expect(new Set(uids).size).toBe(256);
    await expect(claimBlock(range)).rejects.toThrow(/other processes hold all user ids/);
  });

  it('are not lent again before everything that runs as them is gone', async () => {
    const users = await claimBlock(ownRange());
    const all = Array.from({ length: 8 }, () => lendFrom(users));
    expect(lendFrom(users)).toBeUndefined();
    const [user] = all;
    await leaveBehind(user?.uid ?? -1);
    user?.giveBack();
    expect(users.lend()).toBeUndefined();
    await users.swept();
    expect(runningAs(user?.uid ?? -1)).toEqual([]);
    expect(lendFrom(users)?.uid).toBe(user?.uid);
  });

  it('are swept when their parent left something behind', async () => {
    const range = ownRange();
    await leaveBehind(range.first + 3);
    const users = await claimBlock(range).catch(() => undefined);
    // Where an orphan's new parent is not the first process, it cannot be told from what another parent runs: then
    // nobody gets these users.
    if (users === undefined) {
      const left = runningAs(range.first + 3);
      for (const pid of left) process.kill(pid, 'SIGKILL');
      expect(left).not.toEqual([]);
      return;
    }
    const before = Array.from({ length: 8 }, () => lendFrom(users)?.uid);
    expect(before).not.toContain(range.first + 3);
    await users.swept();
    expect(runningAs(range.first + 3)).toEqual([]);
    expect(lendFrom(users)?.uid).toBe(range.first + 3);
  });

  it('are not those that a living process uses, although nobody has claimed them', async () => {
    const range = ownRange();
    const other = spawn(
      'setpriv',
      [`--reuid=${range.first}`, `--regid=${range.first}`, '--clear-groups', 'sleep', '60'],
      { stdio: 'ignore' },
    );
    while (runningAs(range.first).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(claimBlock(range)).rejects.toThrow(/other processes hold all user ids/);
    expect(other.kill('SIGKILL')).toBe(true);
    await once(other, 'exit');
  });
});

/** Starts a process that outlives whoever started it, as native code in an executor could; done when it runs. */
async function leaveBehind(uid: number): Promise<void> {
  const script = 'for each in 1 2 3; do setsid sleep 300 & done';
  const starter = spawn('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'sh', '-c', script], {
    stdio: 'ignore',
  });
  await once(starter, 'exit');
  while (runningAs(uid).length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
}

function runningAs(uid: number): number[] {
  const texts = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/status`, 'utf8');
      } catch {
        return '';
      }
    });
  return livingProcesses(texts.join('\n'))
    .filter(({ users }) => users.includes(uid))
    .map(({ pid }) => pid);
}
