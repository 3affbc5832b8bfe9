import type { Json } from '@annex/kernel';

/**
 * What plugin code registered when its entry ran, in the order of the calls: the index names a handler of one bundle
 * for good. The sandbox finds it out; this is the part of its answer that manifest and routes are checked by.
 */
export type Registration =
  /** `cors` as it was written; left out: the manifest's. */
  | { kind: 'route'; path: string; methods: string[]; auth: Json; roles: string[] | null; cors?: Json }
  /** `where`: a filter on the event, as it was written; left out: each. */
  | { kind: 'event'; name: string; where?: Json }
  /** `schedule`: as a decorator in Python says it, which the manifest's has to be; left out: it says nothing. */
  | { kind: 'job'; name: string; schedule?: string }
  /** `calls`: which of `initialize`, `poll`, `receive` and `stop` it has. */
  | { kind: 'source'; name: string; calls: string[] }
  | { kind: 'filter'; name: string; priority: number; timeoutMs: number; onError: 'pass' | 'fail' }
  | { kind: 'lifecycle'; name: 'init' | 'install' | 'config_change' | 'reload' | 'shutdown' | 'uninstall' }
  | { kind: 'health'; name: string };
