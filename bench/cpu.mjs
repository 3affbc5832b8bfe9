// Processor time by process, read from /proc: rates depend on what else the machine does, microseconds a request do
// not.
import { existsSync, readFileSync, readdirSync } from 'node:fs';

const ticksPerSecond = 100;

/** A process and its descendants: pid → { name, parent, seconds }. Empty where there is no /proc. */
function readProcesses() {
  const found = new Map();
  if (!existsSync('/proc/self/stat')) return found;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const end = stat.lastIndexOf(')');
      const fields = stat.slice(end + 2).split(' ');
      // utime and stime, fields 14 and 15 of proc(5); of PostgreSQL also that of children that have ended.
      const ended = name(stat) === 'postgres' ? Number(fields[13]) + Number(fields[14]) : 0;
      const seconds = (Number(fields[11]) + Number(fields[12]) + ended) / ticksPerSecond;
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      found.set(Number(entry), { name: name(stat), command, parent: Number(fields[1]), seconds });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

const name = (stat) => stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));

/** Which part of an Annex a process is. */
function roleOf({ name, command }) {
  if (name.startsWith('postgres') || command.includes('postgres')) return 'postgres';
  if (command.includes('executor') || command.startsWith('annex: ') || command.startsWith('annex-')) return 'executor';
  return 'other';
}

/** Last sight of the descendants of a process: what one has used counts on when it has ended. */
const seen = new Map();

/** Seconds of processor time so far by role: `main` is `pid` itself, the rest are its descendants, ended ones too. */
export function cpuOf(pid) {
  const processes = readProcesses();
  const known = seen.get(pid) ?? new Map();
  seen.set(pid, known);
  const sums = { main: processes.get(pid)?.seconds ?? 0, executor: 0, postgres: 0, other: 0 };
  for (const [id, one] of processes) {
    if (id === pid) continue;
    let parent = one.parent;
    while (parent > 1 && parent !== pid) parent = processes.get(parent)?.parent ?? 0;
    // Of PostgreSQL the parent counts those that have ended.
    if (parent === pid && roleOf(one) === 'postgres') sums.postgres += one.seconds;
    else if (parent === pid) known.set(id, { role: roleOf(one), seconds: one.seconds });
  }
  for (const { role, seconds } of known.values()) sums[role] += seconds;
  return sums;
}
