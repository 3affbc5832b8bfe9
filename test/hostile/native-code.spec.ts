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
      for my $file ('mem', 'environ', 'maps') {
  my ($f, $b); try("parent's $file", open($f, '<', "/proc/$parent/$file") && defined(sysread($f, $b, 10)));
}
      try('kill parent', kill(9, $parent));
      call('attach to the first process', 101, 16, 1, 0, 0);
      tell_('end', 'end');
    `);
    await saying('end');
    await launched.exited;
    if (tier.ownProcFolder) expect(said().get('pids')).toBe('1');
    for (const name of [
      "parent's mem",
      "parent's environ",
      "parent's maps",
      'kill parent',
      'attach to the first process',
    ]) {
      expect([name, said().get(name)]).toEqual([name, expect.stringMatching(/^E/)]);
    }
  });

  it.each([
    ['with every wall', {}],
    ['when it may fork', { fewSystemCalls: false, fewFiles: false }],
    [
      'when it may fork and has no process ids of its own',
      { fewSystemCalls: false, fewFiles: false, ownProcesses: false, ownProcFolder: false },
    ],
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
    for (const name of ['connect', 'shadow', 'become root'])
      expect([name, said().get(name)]).toEqual([name, expect.stringMatching(/^E/)]);
  });

  it.each([
    ['none', {}, 'EPERM'],
    ['only so many', { fewSystemCalls: false }, 'EAGAIN'],
  ])('starts processes: %s', async (_how, over, answer) => {
    const { said, saying, launched } = await runNativeCode(
      String.raw`
      my $n = 0;
while ($n < 5000) { my $pid = fork(); last unless defined $pid; if (!$pid) { sleep 300; exit 0 } $n++; }
      try('fork', $n >= 5000); tell_('end', 'end'); sleep 300;
    `,
      { over },
    );
    await saying('end');
    launched.kill();
    await launched.exited;
    const { fewSystemCalls } = { ...(await sandboxTier()), ...over };
    expect(said().get('fork')).toBe(fewSystemCalls ? answer : 'EAGAIN');
  });

  it.runIf(process.arch === 'x64')('is refused the system calls that lead out of a process', async () => {
    if (!(await sandboxTier()).fewSystemCalls) return;
    const { said, saying, launched } = await runNativeCode(String.raw`
      my $b = "\0" x 256;
      call('ptrace', 101, 0, 0, 0, 0); call('process_vm_readv', 310, 1, $b, 1, $b, 1, 0);
      call('process_vm_writev', 311, 1, $b, 1, $b, 1, 0);
      call('pidfd_open', 434, 1, 0); call('kill', 62, 1, 0); call('fork', 57); call('vfork', 58);
      call('clone process', 56, 17, 0, 0, 0, 0);
      call('clone user namespace', 56, 0x10000011, 0, 0, 0, 0); call('clone3', 435, $b, 88);
      call('execveat', 322, 0, $b, $b, $b, 0);
      call('unshare user namespace', 272, 0x10000000); call('setns', 308, 0, 0); call('mount', 165, $b, $b, $b, 0, $b);
      call('fsopen', 430, $b, 0); call('open_tree', 428, 0, $b, 0); call('pivot_root', 155, $b, $b);
      call('chroot', 161, $b);
      call('bpf', 321, 0, $b, 128); call('perf_event_open', 298, $b, 0, -1, -1, 0); call('userfaultfd', 323, 0);
      call('keyctl', 250, 0, 0, 0, 0, 0);
      call('io_uring_setup', 425, 8, $b); call('io_uring_enter', 426, 0, 0, 0, 0, 0, 0);
      call('socket inet', 41, 2, 1, 0); call('socket unix', 41, 1, 1, 0);
      call('socket netlink', 41, 16, 3, 0); call('socketpair', 53, 1, 1, 0, $b); call('sendmsg', 46, 2, $b, 0);
      call('memfd_create', 319, $b, 0);
      call('shmget', 29, 0, 4096, 01777); call('inotify_init1', 294, 0); call('personality', 135, 0);
      my $path = '/tmp/annex-native-code'; call('create a file', 2, $path, 0101, 0644);
      call('create a file at', 257, -100, $path, 0101, 0644); call('openat2', 437, -100, $b, $b, 24);
      call('mkdir', 83, $path, 0755);
      call('32-bit abi', 0x40000000 + 39);
      call('getpid', 39); tell_('end', 'end');
    `);
    await saying('end');
    await launched.exited;
    const answers = [...said()].filter(([name]) => name !== 'end' && name !== 'getpid');
    expect(answers.filter(([, answer]) => answer !== 'EPERM' && answer !== 'ENOSYS')).toEqual([]);
    expect([answers.length, said().get('getpid')]).toEqual([38, 'done']);
  });

  it('opens no file but its own, and becomes no other program', async () => {
    if (!(await sandboxTier()).fewFiles) return;
    const { said, saying, launched } = await runNativeCode(String.raw`
      for my $path ('/etc/passwd', '/etc/hostname', '${import.meta.filename}', '/tmp', '/', '/root') {
        my $handle; try($path, -d $path ? opendir($handle, $path) : open($handle, '<', $path));
      }
      my $own; try('own', opendir($own, '/proc/self')); no warnings;
      exec { '/bin/sh' } 'sh', '-c', 'true'; try('sh', 0); tell_('end', 'end');
    `);
    await saying('end');
    await launched.exited;
    expect(said().get('own')).toBe('done');
    expect([...said()].filter(([name, answer]) => !['own', 'end'].includes(name) && answer !== 'EACCES')).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('an executor', () => {
  it('goes before its parent when memory runs out, after it for the processor, and has its own name', async () => {
    const sandbox = await createSandbox({ skipSelfTest: true });
    try {
      const { executors } = sandbox.stats();
      expect(executors.length).toBeGreaterThan(0);
      for (const { pid } of executors) {
        expect(readFileSync(`/proc/${pid}/comm`, 'utf8').trim()).toBe('annex-exec');
        expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()).toBe('1000');
        expect(getPriority(pid)).toBeGreaterThan(getPriority());
        const parents = new Set(readdirSync('/proc/self/fd').map((fd) => linkOf(`/proc/self/fd/${fd}`)));
        const shared = readdirSync(`/proc/${pid}/fd`)
          .map((fd) => linkOf(`/proc/${pid}/fd/${fd}`))
          .filter((each) => /^(?:pipe|socket):/.test(each) && parents.has(each));
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
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        return new RegExp(`^Uid:.*\\b${uid}\\b`, 'm').test(status) && !/^State:\s*[ZX]/m.test(status);
      } catch {
        return false;
      }
    });
}
