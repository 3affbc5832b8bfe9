/** `node:perf_hooks`: the global `performance`; nobody observes. */
class PerformanceObserver {
  static readonly supportedEntryTypes = [];
  observe(): void {}
  disconnect(): void {}
}

export default { performance: globalThis.performance, PerformanceObserver, constants: {} };
