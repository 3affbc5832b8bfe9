/**
 * Rules that the kernel holds a program to from before its first instruction on, whatever it becomes: which system
 * calls it may make (seccomp) and which files it may open (Landlock). Both need one call that no tool of the base
 * system makes, so perl makes it, which every Debian and Ubuntu has (`perl-base` is essential there): it installs the
 * rules in itself and becomes the program. ADR 0018.
 */
import { seccompProgram, type ForbiddenCall } from './seccomp.js';

const installer = String.raw`
use strict;
my ($callNumber, $filter, $withFiles, $count) = splice(@ARGV, 0, 4);
my @paths = splice(@ARGV, 0, $count);
if ($withFiles) {
  my $abi = syscall(444, 0, 0, 1);
  die "landlock: $!\n" if $abi < 1;
  my $all = $abi < 2 ? 0x1fff : $abi < 3 ? 0x3fff : $abi < 5 ? 0x7fff : 0xffff;
  my $rules = pack('Q3', $all, 3, 3);
  my $set = syscall(444, $rules, $abi < 4 ? 8 : $abi < 6 ? 16 : 24, 0);
  die "landlock rules: $!\n" if $set < 0;
  for my $path (@paths) {
    sysopen(my $file, $path, 0x280000) or next;
    my $access = -d $file ? 0xd : $path eq '/dev/null' ? 0x6 : 0x5;
    my $rule = pack('Ql', $access, fileno $file);
    syscall(445, $set, 1, $rule, 0) == 0 or die "landlock $path: $!\n";
  }
  syscall(446, $set, 0) == 0 or die "landlock: $!\n";
}
if ($filter ne '') {
  my $code = pack('H*', $filter);
  my $program = pack('Sx6P', length($code) / 8, $code);
  syscall(int $callNumber, 1, 4, $program) == 0 or die "seccomp: $!\n";
}
exec { $ARGV[0] } @ARGV or die "exec: $!\n";
`;

/** What any Node program reads beside its own files: libraries, what the machine is like, time zones. */
const systemFiles = [
  '/lib',
  '/lib64',
  '/usr/lib',
  '/usr/lib64',
  '/etc/ld.so.cache',
  '/etc/ld-musl-x86_64.path',
  '/etc/ld-musl-aarch64.path',
  '/proc',
  '/sys/devices/system/cpu',
  '/sys/fs/cgroup',
  '/dev/null',
  '/dev/urandom',
  '/usr/share/zoneinfo',
  '/etc/localtime',
];

const seccompCall: Record<string, number> = { x64: 317, arm64: 277 };

export interface KernelRules {
  systemCalls: boolean;
  files: boolean;
  /** System calls that are let through all the same. */
  left?: readonly ForbiddenCall[];
}

/**
 * What to put before a program; needs that it may gain no new privileges. @param readable what it may read beside the
 * system's libraries
 */
export function kernelRulesArgs({ systemCalls, files, left }: KernelRules, readable: readonly string[]): string[] {
  if (!systemCalls && !files) return [];
  const filter = systemCalls ? (seccompProgram(left)?.toString('hex') ?? '') : '';
  const paths = files ? [...systemFiles, ...readable] : [];
  return [
    'perl',
    '-e',
    installer,
    String(seccompCall[process.arch] ?? 0),
    filter,
    files ? '1' : '0',
    String(paths.length),
    ...paths,
  ];
}
