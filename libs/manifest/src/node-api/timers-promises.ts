/** `node:timers/promises`. */
interface Options {
  signal?: AbortSignal;
}

function wait<T>(ms: number, value?: T, { signal }: Options = {}): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve(value);
    }, ms);
    signal?.addEventListener('abort', abort);
  });
}

async function* setInterval<T>(ms: number, value?: T, options?: Options) {
  for (;;) yield await wait(ms, value, options);
}

export default {
  setTimeout: wait,
  setImmediate: <T>(value?: T, options?: Options) => wait(0, value, options),
  setInterval,
  scheduler: { wait: (ms: number, options?: Options) => wait(ms, undefined, options), yield: () => wait(0) },
};
