/** What the kernel says about who runs: read from the text of many `/proc/<pid>/status` files. */

export interface ProcessFacts {
  pid: number;
  parent: number;
  /** Real, effective, saved and file-system user. */
  users: number[];
}

/** The lines of `/proc/<pid>/status` that {@link livingProcesses} reads. */
export const statusLines = '^(State|Pid|PPid|Uid):';

/** Every process in the text that has not ended; one that waits only for its parent to look has. */
export function livingProcesses(text: string): ProcessFacts[] {
  const found: ProcessFacts[] = [];
  let state = '';
  let pid = 0;
  let parent = 0;
  for (const line of text.split('\n')) {
    const [name = '', ...values] = line.split(/\s+/);
    if (name === 'State:') state = values[0] ?? '';
    else if (name === 'Pid:') pid = Number(values[0]);
    else if (name === 'PPid:') parent = Number(values[0]);
    else if (name === 'Uid:' && state !== 'Z' && state !== 'X') found.push({ pid, parent, users: values.map(Number) });
  }
  return found;
}

/** Whether the parent that started a process still lives: some ancestor below the first process belongs to root. */
export function hasStarter(process: ProcessFacts, all: ReadonlyMap<number, ProcessFacts>): boolean {
  for (let each = all.get(process.parent); each !== undefined && each.pid > 1; each = all.get(each.parent)) {
    if (each.users.includes(0)) return true;
  }
  return false;
}
