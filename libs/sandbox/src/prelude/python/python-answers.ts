import { MapCtor, MapPrototypeDelete, MapPrototypeGet, MapPrototypeSet } from '../web/primordials.js';
import { record, SafePromise } from '../primordials.js';
import type { RunState } from '../run-state.js';
import { clearTimeout, startInternalTimer } from '../web/timers.js';

/** Said to a run that is over. */
export const overMark = '!';

/** What a run that awaits its calls has been answered and did not take yet. */
interface Queue {
  texts: Record<PropertyKey, string>;
  head: number;
  tail: number;
  wake: ((text: string) => void) | undefined;
}

/**
 * Answers to the calls that runs await, in the order in which they came. A run takes one at a time, and suspends its
 * stack when there is none.
 */
export class PythonAnswers {
  readonly #queues = new MapCtor<number, Queue>();

  /** Where the answers to a run's calls wait; made at its first. */
  open(run: RunState): Queue {
    const known = MapPrototypeGet(this.#queues, run.key);
    if (known !== undefined) return known;
    const queue: Queue = { texts: record<string>(), head: 0, tail: 0, wake: undefined };
    MapPrototypeSet(this.#queues, run.key, queue);
    return queue;
  }

  /** Notes an answer. Of a run whose handler is through nothing is kept. */
  add(run: RunState, text: string): void {
    const queue = MapPrototypeGet(this.#queues, run.key);
    if (queue === undefined || !run.alive) return;
    const { wake } = queue;
    if (wake !== undefined) {
      wake(text);
      return;
    }
    queue.texts[queue.tail] = text;
    queue.tail += 1;
  }

  /** The next answer that is there, or an empty text. */
  poll(run: RunState | undefined): string {
    if (run === undefined || !run.alive) return overMark;
    const queue = this.open(run);
    if (queue.head === queue.tail) return '';
    const text = queue.texts[queue.head] ?? '';
    delete queue.texts[queue.head];
    queue.head += 1;
    return text;
  }

  /** The next answer. An empty text after `delayMs` without one; -1 waits for as long as the run may. */
  next(run: RunState | undefined, delayMs: number): Promise<string> {
    const found = this.poll(run);
    if (found !== '' || run === undefined) return SafePromise.resolve(found);
    const queue = this.open(run);
    return new SafePromise((resolve) => {
      const previous = run.onDrop;
      const timer = delayMs < 0 ? undefined : startInternalTimer(delayMs, () => queue.wake?.(''));
      queue.wake = (text) => {
        queue.wake = undefined;
        run.onDrop = previous;
        if (timer !== undefined) clearTimeout(timer);
        resolve(text);
      };
      run.onDrop = () => {
        previous?.();
        queue.wake?.(overMark);
      };
    });
  }

  /** Forgets a run. */
  drop(key: number): void {
    MapPrototypeDelete(this.#queues, key);
  }
}
