/** Which descriptors a confined process has: its own, and the one stream to its parent. */
import { openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { IOType } from 'node:child_process';

const closeOnExec = 0o2_000_000;
/** Descriptors up to this one are put to use or covered. */
const maxDescriptor = 65_535;

let streams: (IOType | number)[] | undefined;

/**
 * What a child gets as its descriptors: nothing, a pipe for complaints, the stream; and nothing in place of what this
 * process has inherited itself and would pass on, such as a lock of the shell that started it.
 */
export function childStreams(): (IOType | number)[] {
  streams ??= usualStreams();
  return streams;
}

function usualStreams(): (IOType | number)[] {
  const streams: (IOType | number)[] = ['ignore', 'ignore', 'pipe', 'pipe'];
  const inherited = inheritable();
  if (inherited.length > 0) {
    const nothing = openSync('/dev/null', 'r');
    for (let fd = 4; fd <= Math.max(...inherited); fd += 1) streams[fd] = inherited.includes(fd) ? nothing : 'ignore';
  }
  return streams;
}

function inheritable(): number[] {
  try {
    const all = readdirSync('/proc/self/fdinfo')
      .map(Number)
      .filter((fd) => fd > 3 && fd <= maxDescriptor);
    return all.filter(isInheritable);
  } catch {
    // Not Linux: libuv has marked the lowest descriptors, as far as they follow each other.
    return [];
  }
}

function isInheritable(fd: number): boolean {
  try {
    const [, flags = '0'] = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')) ?? [];
    return (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    return false;
  }
}

/** What the descriptors of this process lead to, by the kernel's names for it. */
export function openDescriptors(): string[] {
  let names: string[];
  try {
    names = readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      // The one that the list was read with.
      return [];
    }
  });
}

/**
 * Those that a confined process has no business with: files, the ends of what its parent holds too, more streams than
 * it was given.
 */
export function foreignDescriptors(found: readonly string[], parents: readonly string[], streams = 2): string[] {
  const shared = new Set(parents.filter((each) => /^(?:pipe|socket):/.test(each)));
  const isOwn = (each: string): boolean =>
    /^(?:anon_inode:\[(?:eventfd|eventpoll|io_uring)\]|pipe:.*|socket:.*|\/dev\/null)$/.test(each);
  const foreign = found.filter((each) => !isOwn(each) || shared.has(each));
  const sockets = found.filter((each) => each.startsWith('socket:'));
  return sockets.length > streams ? [...foreign, ...sockets.slice(streams)] : foreign;
}
