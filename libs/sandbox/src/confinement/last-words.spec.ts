import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCrashed, launchConfined } from './launch.js';
import type { Ending } from './start-process.js';
import { noTier, sandboxTier, type SandboxTier } from './tier.js';
import { lendUser, sweptUsers, type LentUser } from './users.js';

let folder: string;
beforeAll(async () => {
  await sandboxTier();
  folder = mkdtempSync(join(tmpdir(), 'annex-words-'));
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function aUser(): Promise<LentUser> {
  for (;;) {
    const user = lendUser();
    if (user !== undefined) return user;
    await sweptUsers();
  }
}

/** How a program ends that said first that it was ready, and what it wrote after that. */
async function endOf(
  script: string,
  tier: SandboxTier,
  onReady: (pid: number) => void = () => undefined,
): Promise<Ending & { words: string }> {
  const file = join(folder, 'program.mjs');
  writeFileSync(file, `import { writeSync } from 'node:fs'; writeSync(3, 'r');\n${script}`, { mode: 0o644 });
  const program = { node: process.execPath, file, readable: [folder], flags: ['--max-old-space-size=40'] };
  const user = await aUser();
  const launched = launchConfined(program, { tier, user, addressSpaceMb: 4000 });
  launched.stream
    .on('error', () => undefined)
    .once('data', () => {
      launched.settled();
      onReady(launched.pid);
    });
  const ending = await launched.exited;
  user.giveBack();
  return { ...ending, words: launched.complaints() };
}

const fill = 'const all = []; for (;;) all.push(new Array(1000).fill(all));';

describe.each([
  ['with every wall', () => sandboxTier()],
  ['with none', () => Promise.resolve(noTier)],
])('a confined program %s', (_, tierOf) => {
  it('that has no more memory is told from one that crashed, by its last words', async () => {
    const tier = await tierOf();
    const full = await endOf(fill, tier);
    expect([hasCrashed(full), full.outOfMemory]).toEqual([true, true]);
    expect(full.words).toMatch(/out of memory|heap limit/i);
    const broken = await endOf('process.abort();', tier);
    expect([hasCrashed(broken), broken.outOfMemory]).toEqual([true, undefined]);
    const left = await endOf('process.exit(3);', tier);
    expect(left).toMatchObject({ code: 3, signal: null });
    expect(hasCrashed(left)).toBe(false);
  });

  it('that somebody killed is said to be killed, whoever waited for it', async () => {
    const ending = await endOf('setInterval(() => {}, 1000);', await tierOf(), (pid) => process.kill(pid, 'SIGKILL'));
    expect(ending).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(hasCrashed(ending)).toBe(false);
  });
});
