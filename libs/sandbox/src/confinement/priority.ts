/** What the parent does to a confined process from outside. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Steps of niceness below its parent: about a third of its share when both want everything. */
const niceness = 5;

/** The niceness of a confined process. */
export function wantedNiceness(): number {
  return Math.min(19, getPriority() + niceness);
}

/** The process in the namespace that a helper made and waits for: the helper's only child. */
export function innerProcess(helper: number): number | undefined {
  try {
    const [pid] = /^\d+/.exec(readFileSync(`/proc/${helper}/task/${helper}/children`, 'latin1')) ?? [];
    return pid === undefined ? undefined : Number(pid);
  } catch {
    return undefined;
  }
}

/**
 * Behind the parent in the line for the processor: it must keep watching and answering while plugin code uses all it
 * can get. Before it in the line of those that the kernel ends when memory runs out.
 */
export function stepBack(pid: number): void {
  try {
    const wanted = wantedNiceness();
    for (const thread of threadsOf(pid)) if (getPriority(thread) < wanted) setPriority(thread, wanted);
  } catch {
    // It has ended already, or the machine knows no such thing.
  }
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // Not Linux, or not allowed here.
  }
}

/** Linux keeps a niceness for each thread. */
function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid];
  }
}
