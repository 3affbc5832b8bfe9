/** What native code in an executor can still do: the walls that are left when V8 has fallen. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { getPriority } from 'node:os';
import { createSandbox, sandboxTier, type LentUser } from '@annex/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aUser, forgetNativeCode, runNativeCode } from './support/native-code.js';

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

/** Leaves processes behind that have nothing to do with it any more, says so, and goes on for ever. */
const leaveBehind = String.raw`
for (1..3) { my $pid = fork(); if (defined $pid && !$pid) { syscall(112); fork() && exit 0; sleep 300; exit 0; } }
tell_('left', 'done'); sleep 300;
`;

describe.runIf(isRoot)('native code in an executor', () => {
  beforeAll(async () => {
    await sandboxTier();
  });
  afterAll(forgetNativeCode);

  it('sees no other process, and reaches none', async () => {
    const tier = await sandboxTier();
    const { launched, said, saying } = await runNativeCode(String.raw`
      opendir(my $d, '/proc'); tell_('pids', join(' ', grep { /^\d+$/ } readdir $d));
      for my $file ('mem', 'environ', 'maps') { my ($f, $b); try("parent's $file", open($f, '<', "/proc/$parent/$file") && defined(sysread($f, $b, 10))); }
      try('kill parent', kill(9, $parent));
      call('attach to the first process', 101, 16, 1, 0, 0);
      tell_('end', 'end');
    `);
    await saying('end');
    await launched.exited;
    if (tier.ownProcFolder) expect(said().get('pids')).toBe('1');
    for (const name of ["parent's mem", "parent's environ", "parent's maps", 'kill parent', 'attach to the first process']) {
      expect([name, said().get(name)]).toEqual([name, expect.stringMatching(/^E/)]);
    }
  });

  it.each([
    ['with every wall', {}],
    ['without process ids of its own', { ownProcesses: false, ownProcFolder: false }],
  ])('leaves nothing running to whom gets its user next (%s)', async (_name, over) => {
    const { launched, user, saying } = await runNativeCode(leaveBehind, { over });
    await saying('left');
    launched.kill();
    await launched.exited;
    if (!('ownProcesses' in over) && (await sandboxTier()).ownProcesses) expect(runningAs(user.uid)).toEqual([]);
    const others: LentUser[] = [];
    for (let next = await aUser(); next.uid !== user.uid; next = await aUser()) others.push(next);
    expect(runningAs(user.uid)).toEqual([]);
    for (const other of others) other.giveBack();
  });

  it('reaches no network and no file of others', async () => {
    const { said, saying, launched } = await runNativeCode(String.raw`
      my ($s, $f);
      try('connect', socket($s, PF_INET, SOCK_STREAM, 0) && connect($s, sockaddr_in(80, inet_aton('1.1.1.1'))));
      try('shadow', open($f, '<', '/etc/shadow'));
      try('become root', syscall(105, 0) == 0);
      tell_('end', 'end');
    `);
    await saying('end');
    await launched.exited;
    for (const name of ['connect', 'shadow', 'become root']) expect([name, said().get(name)]).toEqual([name, expect.stringMatching(/^E/)]);
  });

  it('starts only so many processes', async () => {
    const { said, saying, launched } = await runNativeCode(String.raw`
      my $n = 0; while ($n < 5000) { my $pid = fork(); last unless defined $pid; if (!$pid) { sleep 300; exit 0 } $n++; }
      try('fork', $n >= 5000); tell_('end', 'end'); sleep 300;
    `);
    await saying('end');
    launched.kill();
    await launched.exited;
    expect(said().get('fork')).toMatch(/^(?:EAGAIN|EPERM)$/);
  });
});

describe.runIf(process.platform === 'linux')('an executor', () => {
  it('goes before its parent when memory runs out, comes after it for the processor, and can be told from it by name', async () => {
    const sandbox = await createSandbox({ skipSelfTest: true });
    try {
      const { executors } = sandbox.stats();
      expect(executors.length).toBeGreaterThan(0);
      for (const { pid } of executors) {
        expect(readFileSync(`/proc/${pid}/comm`, 'utf8').trim()).toBe('annex-exec');
        expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()).toBe('1000');
        expect(getPriority(pid)).toBeGreaterThan(getPriority());
        const parents = new Set(readdirSync('/proc/self/fd').map((fd) => linkOf(`/proc/self/fd/${fd}`)));
        const shared = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)).filter((each) => /^(?:pipe|socket):/.test(each) && parents.has(each));
        expect(shared).toEqual([]);
      }
    } finally {
      await sandbox.stop();
    }
  });
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Processes of a user that have not ended. */
function runningAs(uid: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return new RegExp(`^Uid:.*\\b${uid}\\b`, 'm').test(status) && !/^State:\s*[ZX]/m.test(status);
    } catch {
      return false;
    }
  });
}
