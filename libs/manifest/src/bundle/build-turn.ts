/**
 * One build at a time, each with an end. The compiler is a long-lived program that all builds share; a source made to
 * be slow would hold it, and one made to exhaust its stack ends it (100,000 nested arrow functions do). With one build
 * at a time the guilty one is known, and ending the program hurts nobody else: the next build starts a new one.
 */
import { stop } from 'esbuild';

/** What became of a build besides its result. */
export type BuildEnd<T> = { kind: 'built'; result: T } | { kind: 'timeout' } | { kind: 'crashed' };

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs `build` when those before it are done, and stops the compiler when it takes longer than `timeoutMs` or has died.
 */
export function inBuildTurn<T>(build: () => Promise<T>, timeoutMs: number): Promise<BuildEnd<T>> {
  const mine = last.then(() => runBuild(build, timeoutMs));
  last = mine.catch(() => undefined);
  return mine;
}

async function runBuild<T>(build: () => Promise<T>, timeoutMs: number): Promise<BuildEnd<T>> {
  const timer = Promise.withResolvers<BuildEnd<T>>();
  const handle = setTimeout(() => timer.resolve({ kind: 'timeout' }), timeoutMs);
  const work = build().then(
    (result): BuildEnd<T> => ({ kind: 'built', result }),
    (thrown: unknown): BuildEnd<T> => {
      if (isServiceLoss(thrown)) return { kind: 'crashed' };
      throw thrown;
    },
  );
  try {
    const end = await Promise.race([work, timer.promise]);
    if (end.kind !== 'built') await stop();
    return end;
  } finally {
    clearTimeout(handle);
    // A build that lost the race still ends some day; nobody waits for it.
    work.catch(() => undefined);
  }
}

function isServiceLoss(thrown: unknown): boolean {
  return thrown instanceof Error && /^The service (was stopped|is no longer running)/.test(thrown.message);
}
