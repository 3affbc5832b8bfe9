/**
 * Native code in an executor, as a fault in V8 would give it to an attacker: a program that is started through the same
 * launcher behind the same walls, and that becomes perl at once, which calls the kernel directly. What it tried and
 * what came of it, it writes to stderr.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchConfined, lendUser, sandboxTier, type Launched, type LentUser, type SandboxTier } from '@annex/sandbox';

export interface NativeCode {
  launched: Launched;
  user: LentUser;
  /** What it said so far, by what it tried. */
  said(): Map<string, string>;
  /** Waits until it said this. */
  saying(name: string): Promise<string>;
}

/**
 * `said` in the script: `tell(name, outcome)`; `$parent` is the process id of whoever started it, `$other` another one.
 */
const preamble = String.raw`
use strict; use Socket; $| = 1;
my ($parent, $other) = @ARGV;
sub tell_ { print STDERR "$_[0]\t$_[1]\n"; }
sub try { my ($name, $result) = @_; 
  my $error = $!{ENOENT} ? 'ENOENT' : $!{EPERM} ? 'EPERM' : $!{EACCES} ? 'EACCES' : $!{ESRCH} ? 'ESRCH'
    : $!{ENOSYS} ? 'ENOSYS' : $!{EAGAIN} ? 'EAGAIN' : $!{ENETUNREACH} ? 'ENETUNREACH' : "$!";
  tell_($name, $result ? 'done' : $error); }
sub call { my $name = shift; $! = 0; my $result = syscall(shift, @_); try($name, $result >= 0); }
`;

const made: string[] = [];

/** Starts the script, by default behind every wall of this machine. */
export async function runNativeCode(
  script: string,
  { over = {}, other = 1 }: { over?: Partial<SandboxTier>; other?: number } = {},
): Promise<NativeCode> {
  const tier = { ...(await sandboxTier()), ...over };
  const user = await aUser();
  const folder = mkdtempSync(join(tmpdir(), 'annex-native-'));
  made.push(folder);
  chmodSync(folder, 0o755);
  const file = join(folder, 'become.mjs');
  const args = ['perl', '-MErrno', '-e', `${preamble}${script}`, String(process.pid), String(other)];
  writeFileSync(file, `process.execve('/usr/bin/perl', ${JSON.stringify(args)}, {});`, { mode: 0o644 });
  const program = {
    node: process.execPath,
    file,
    readable: [folder, '/usr/bin/perl', '/usr/share/perl', '/etc/perl'],
    flags: ['--allow-child-process', '--no-warnings'],
  };
  const launched = launchConfined(program, { tier, user, addressSpaceMb: 8000 });
  const said = (): Map<string, string> =>
    new Map(
      launched
        .complaints()
        .split('\n')
        .flatMap((line) => (line.includes('\t') ? [line.split('\t') as [string, string]] : [])),
    );
  void launched.exited.then(() => user.giveBack());
  const saying = async (name: string): Promise<string> => {
    const over = launched.exited.then(() => true);
    for (let isOver = false; ;) {
      const found = said().get(name);
      if (found !== undefined) return found;
      if (isOver) throw new Error(`it never said "${name}": ${launched.complaints()}`);
      isOver = await Promise.race([over, new Promise<false>((resolve) => setTimeout(resolve, 10, false))]);
      if (isOver) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { launched, user, said, saying };
}

/** A user, as soon as one has been swept. */
export async function aUser(): Promise<LentUser> {
  for (;;) {
    const user = lendUser();
    if (user !== undefined) return user;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function forgetNativeCode(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}
