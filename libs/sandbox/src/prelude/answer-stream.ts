import { emission, maxStreamPiece } from './emissions.js';
import { bytesOf, partOf, SafeError, SafeTypeError, toBase64 } from './primordials.js';
import type { RunState } from './run-state.js';
import type { ReadableStreamReader } from './web/streams.js';

/**
 * Sends a body piece by piece as its stream gives it. Nothing is read from the stream while whoever reads the answer
 * does not take what was sent: that is how the plugin comes to wait (`pull` is not called). The run lives until the
 * stream has ended.
 */
export async function pumpStream(run: RunState, reader: ReadableStreamReader): Promise<void> {
  run.onCancel = () =>
    cancelReader(reader, new SafeError('the run was cancelled: whoever read the answer has left, or Annex stops'));
  for (;;) {
    await readersTurn(run);
    if (!run.alive) return;
    const { done, value } = await reader.read();
    if (run.aborted) run.fail('CANCELLED', 'the run was cancelled');
    if (!run.alive) return;
    if (done) break;
    const bytes = bytesOf(value);
    if (bytes === undefined) {
      const error = new SafeTypeError(
        `the stream of the answer gave a ${typeof value}; it takes bytes, such as new TextEncoder().encode(text)`,
      );
      cancelReader(reader, error);
      throw error;
    }
    await sendPieces(run, bytes);
  }
  run.emit()(emission.chunk, run.key, 0, 1, '', '', '');
  run.onCancel = undefined;
  run.endHold();
}

async function sendPieces(run: RunState, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    await readersTurn(run);
    if (!run.alive || run.aborted) return;
    const left = bytes.length - at;
    const most = run.credit < maxStreamPiece ? run.credit : maxStreamPiece;
    const size = left < most ? left : most;
    run.credit -= size;
    run.emit()(emission.chunk, run.key, size, 0, toBase64(partOf(bytes, at, size)), '', '');
    at += size;
  }
}

/** Waits until more may be sent, or nothing any more. */
async function readersTurn(run: RunState): Promise<void> {
  while (run.alive && !run.aborted && run.credit <= 0) await run.nextCredit();
}

/** Tells a plugin's stream that nobody reads any more; what its `cancel` makes of it is its own affair. */
function cancelReader(reader: ReadableStreamReader, reason: Error): void {
  void (async () => {
    try {
      await reader.cancel(reason);
    } catch {
      // The plugin's own code threw; nobody waits for it.
    }
  })();
}
