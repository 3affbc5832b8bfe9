import { pumpStream } from '../answer-stream.js';
import { parseJson, slice } from '../primordials.js';
import { failRun } from '../run-failure.js';
import type { RunState } from '../run-state.js';
import type { ReadableStreamReader } from '../web/streams.js';
import { Uint8ArrayFromBase64 } from '../web/primordials.js';

/** What a handler in Python left to be done after its answer; see `_rest.py`. */
export interface PythonRest {
  /** The next piece of a streamed answer: `=` and base64, `-` and what was raised, or nothing at its end. */
  piece(): Promise<string>;
  /** Does what was given to `ctx.wait_until`. Answers as `piece` does. */
  work(): Promise<string>;
  /** Lets go of all of it. */
  drop(): void;
}

/** Fails the run with what Python raised: a JSON text. */
export function failPython(run: RunState, text: string): void {
  const [code, message, stack, delayMs] = parseJson(text) as [string, string, string, number];
  run.fail(code, message, stack, delayMs);
}

/** A body whose pieces Python gives one by one. */
export function readerOf(run: RunState, rest: PythonRest): ReadableStreamReader {
  return {
    async read() {
      const text = await rest.piece();
      if (text[0] === '=') return { done: false, value: Uint8ArrayFromBase64(slice(text, 1)) };
      if (text[0] === '-') failPython(run, slice(text, 1));
      return { done: true };
    },
    cancel() {
      rest.drop();
      return Promise.resolve();
    },
    releaseLock: () => undefined,
  };
}

/** Does what is left after the answer, which is out: the rest of its body, and then what waits. */
export async function doRest(run: RunState, rest: PythonRest, isStream: boolean): Promise<void> {
  const previous = run.onDrop;
  run.onDrop = () => {
    previous?.();
    rest.drop();
  };
  try {
    // Each hold is ended by whom it is for.
    if (isStream) await pumpStream(run, readerOf(run, rest));
    if (run.alive) {
      const text = await rest.work();
      if (text[0] === '-') failPython(run, slice(text, 1));
    }
  } catch (thrown) {
    failRun(run, thrown);
  }
  run.onDrop = previous;
  rest.drop();
  run.endHold();
}
