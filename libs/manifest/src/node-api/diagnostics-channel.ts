/** `node:diagnostics_channel`: channels to which nobody listens. */
const silent = (name: string | symbol) => ({
  name,
  hasSubscribers: false,
  publish: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => false,
  runStores: <T>(_data: unknown, work: (...args: unknown[]) => T, self?: unknown, ...args: unknown[]) =>
    work.apply(self, args),
});

const parts = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

export default {
  channel: silent,
  hasSubscribers: () => false,
  subscribe: () => undefined,
  unsubscribe: () => false,
  tracingChannel: (name: string) => ({
    ...Object.fromEntries(parts.map((part) => [part, silent(`tracing:${name}:${part}`)])),
    hasSubscribers: false,
    subscribe: () => undefined,
    unsubscribe: () => false,
    traceSync: <T>(work: (...args: unknown[]) => T, _data?: unknown, self?: unknown, ...args: unknown[]) =>
      work.apply(self, args),
    tracePromise: <T>(work: (...args: unknown[]) => T, _data?: unknown, self?: unknown, ...args: unknown[]) =>
      work.apply(self, args),
  }),
};
