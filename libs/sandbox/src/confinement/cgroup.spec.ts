import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { groupAt, takeCgroup } from './cgroup.js';

/** Where this machine has groups of version 2, beside version 1 or alone. */
const root = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((folder) =>
  existsSync(join(folder, 'cgroup.controllers')),
);
const isRoot = process.getuid?.() === 0;

describe('a folder that is no group, or has no controllers', () => {
  it('is refused with the reason', () => {
    const folder = mkdtempSync(join(tmpdir(), 'annex-cgroup-'));
    expect(() => takeCgroup(folder)).toThrow(/is no folder of cgroup v2/);
    rmSync(folder, { recursive: true });
    const offered = root === undefined ? '' : readFileSync(join(root, 'cgroup.controllers'), 'utf8');
    if (root !== undefined && !offered.includes('memory'))
      expect(() => takeCgroup(root)).toThrow(/has no controller for memory and pids/);
  });
});

describe.runIf(isRoot && root !== undefined)('a group', () => {
  it('holds a process and what it starts, ends all of them, and is removed', async () => {
    const folder = join(root ?? '', `annex-${process.pid}-spec`);
    const group = groupAt(folder);
    group.limit({ 'memory.max': String(2 ** 26), 'pids.max': '10' });
    const starter = spawn(
      'sh',
      ['-c', 'read go; for each in 1 2 3; do setsid sleep 300 & done; echo started; sleep 300'],
      { stdio: ['pipe', 'pipe', 'ignore'] },
    );
    group.add(starter.pid ?? -1);
    starter.stdin.write('go\n');
    await once(starter.stdout, 'data');
    expect(readFileSync(join(folder, 'cgroup.procs'), 'utf8').trim().split('\n').length).toBeGreaterThanOrEqual(4);
    group.kill();
    await once(starter, 'exit');
    expect(group.remove()).toBe(false);
    await expect.poll(() => existsSync(folder)).toBe(false);
  });
});
