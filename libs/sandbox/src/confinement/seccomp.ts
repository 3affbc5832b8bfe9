/**
 * The system calls that a confined program may not make, as a program for the kernel (seccomp, BPF). It is installed
 * before Node starts, so it holds for every thread and for whatever the process becomes; what Node needs to start and
 * to run isolates is left.
 */

type Numbers = readonly [x64: number | undefined, arm64: number | undefined];
const none = undefined;

/**
 * Answered as if forbidden (`EPERM`): ways to other processes, namespaces, the kernel, the network, other users' files,
 * new processes.
 */
const forbidden = {
  // Other processes.
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  process_mrelease: [448, 448],
  kcmp: [312, 272],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
  pidfd_send_signal: [424, 424],
  kill: [62, 129],
  tkill: [200, 130],
  rt_sigqueueinfo: [129, 138],
  rt_tgsigqueueinfo: [297, 240],
  fork: [57, none],
  vfork: [58, none],
  execveat: [322, 281],
  // Namespaces and mounts.
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  move_mount: [429, 429],
  open_tree: [428, 428],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_tree_attr: [467, 467],
  // Parts of the kernel that a program of this kind never needs, and that many faults were found in.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  syslog: [103, 116],
  vhangup: [153, 58],
  personality: [135, 92],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  iopl: [172, none],
  ioperm: [173, none],
  modify_ldt: [154, none],
  lookup_dcookie: [212, 18],
  memfd_create: [319, 279],
  memfd_secret: [447, 447],
  open_by_handle_at: [304, 265],
  name_to_handle_at: [303, 264],
  fanotify_init: [300, 262],
  fanotify_mark: [301, 263],
  inotify_init: [253, none],
  inotify_init1: [294, 26],
  // Every socket but the one that is open already, and messages that carry descriptors.
  socket: [41, 198],
  socketpair: [53, 199],
  connect: [42, 203],
  bind: [49, 200],
  listen: [50, 201],
  accept: [43, 202],
  accept4: [288, 242],
  sendmsg: [46, 211],
  recvmsg: [47, 212],
  sendmmsg: [307, 269],
  recvmmsg: [299, 243],
  mq_open: [240, 180],
  mq_unlink: [241, 181],
  msgget: [68, 186],
  msgctl: [71, 187],
  msgsnd: [69, 189],
  msgrcv: [70, 188],
  semget: [64, 190],
  semctl: [66, 191],
  semop: [65, 193],
  semtimedop: [220, 192],
  shmget: [29, 194],
  shmctl: [31, 195],
  shmat: [30, 196],
  // Changes to the disk.
  creat: [85, none],
  mkdir: [83, none],
  mkdirat: [258, 34],
  mknod: [133, none],
  mknodat: [259, 33],
  rmdir: [84, none],
  unlink: [87, none],
  unlinkat: [263, 35],
  rename: [82, none],
  renameat: [264, 38],
  renameat2: [316, 276],
  link: [86, none],
  linkat: [265, 37],
  symlink: [88, none],
  symlinkat: [266, 36],
  chmod: [90, none],
  fchmod: [91, 52],
  fchmodat: [268, 53],
  fchmodat2: [452, 452],
  chown: [92, none],
  fchown: [93, 55],
  lchown: [94, none],
  fchownat: [260, 54],
  truncate: [76, 45],
  setxattr: [188, 5],
  lsetxattr: [189, 6],
  fsetxattr: [190, 7],
  removexattr: [197, 14],
  lremovexattr: [198, 15],
  fremovexattr: [199, 16],
  utime: [132, none],
  utimes: [235, none],
  futimesat: [261, none],
  utimensat: [280, 88],
} as const satisfies Record<string, Numbers>;

export type ForbiddenCall = keyof typeof forbidden;

/**
 * Answered as if this kernel did not know them (`ENOSYS`): libraries then take the way that they took before these
 * calls existed.
 */
const unknown = {
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  clone3: [435, 435],
  openat2: [437, 437],
} as const satisfies Record<string, Numbers>;

/** Allowed for threads of the same process only. */
const clone: Numbers = [56, 220];
/** Allowed without making or cutting a file; the flags are the argument of that index. */
const opens: readonly { numbers: Numbers; flagsAt: number }[] = [
  { numbers: [2, none], flagsAt: 1 },
  { numbers: [257, 56], flagsAt: 2 },
];

const architectures = { x64: { column: 0, audit: 0xc000_003e }, arm64: { column: 1, audit: 0xc000_00b7 } } as const;

const load = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const jumpIfAnyBit = 0x45;
const give = 0x06;
const numberAt = 0;
const architectureAt = 4;
const allow = 0x7fff_0000;
const killProcess = 0x8000_0000;
const refuse = (errno: number): number => 0x0005_0000 + errno;
const [eperm, enosys] = [refuse(1), refuse(38)];
/** System calls of the 32-bit ABI on x64 have this bit. */
const x32Bit = 0x4000_0000;
const cloneThread = 0x0001_0000;
const openCreate = 0o100;
const openTruncate = 0o1000;

/** Whether the numbers of system calls are known for this machine. */
export const knowsSystemCalls = process.arch in architectures;

/**
 * The filter for an architecture; `undefined` for one whose numbers are not known here.
 * @param left calls that are let through all the same
 */
export function seccompProgram(left: readonly ForbiddenCall[] = [], arch: string = process.arch): Buffer | undefined {
  if (arch !== 'x64' && arch !== 'arm64') return undefined;
  const { column, audit } = architectures[arch];
  const steps: [code: number, ifTrue: number, ifFalse: number, value: number][] = [
    [load, 0, 0, architectureAt],
    [jumpIfEqual, 1, 0, audit],
    [give, 0, 0, killProcess],
    [load, 0, 0, numberAt],
    [jumpIfAtLeast, 0, 1, x32Bit],
    [give, 0, 0, eperm],
  ];
  const isLeft = (name: string): boolean => left.some((each) => each === name);
  const answer = (calls: Record<string, Numbers>, with_: number): void => {
    for (const [name, numbers] of Object.entries(calls)) {
      const number = numbers[column];
      if (number !== undefined && !isLeft(name)) steps.push([jumpIfEqual, 0, 1, number], [give, 0, 0, with_]);
    }
  };
  const argument = (index: number): number => 16 + 8 * index;
  const clones = clone[column];
  if (clones !== undefined) {
    steps.push(
      [jumpIfEqual, 0, 4, clones],
      [load, 0, 0, argument(0)],
      [jumpIfAnyBit, 0, 1, cloneThread],
      [give, 0, 0, allow],
      [give, 0, 0, eperm],
    );
  }
  for (const { numbers, flagsAt } of opens) {
    const number = numbers[column];
    if (number === undefined) continue;
    steps.push(
      [jumpIfEqual, 0, 4, number],
      [load, 0, 0, argument(flagsAt)],
      [jumpIfAnyBit, 0, 1, openCreate | openTruncate],
      [give, 0, 0, eperm],
      [give, 0, 0, allow],
    );
  }
  answer(unknown, enosys);
  answer(forbidden, eperm);
  steps.push([give, 0, 0, allow]);
  const program = Buffer.alloc(steps.length * 8);
  steps.forEach(([code, ifTrue, ifFalse, value], index) => {
    program.writeUInt16LE(code, index * 8);
    program.writeUInt8(ifTrue, index * 8 + 2);
    program.writeUInt8(ifFalse, index * 8 + 3);
    program.writeUInt32LE(value, index * 8 + 4);
  });
  return program;
}
