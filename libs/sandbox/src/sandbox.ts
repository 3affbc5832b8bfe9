import type { Readable } from 'node:stream';
import type { Json } from '@annex/kernel';

/**
 * What plugin code registered when its entry ran: in the order of the calls, so `index` names a handler of one bundle
 * for good.
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

/** What handlers are written in: it decides which executors run them. */
export type Language = 'javascript' | 'python';

/** Code that is ready to run: one script, `@annex/sdk` resolved, everything else bundled in. */
export interface Bundle {
  /** Hex SHA-256 of `code`. */
  sha256: string;
  code: string;
}

/** What one run may use. Every field is a ceiling; `0` is not "unlimited". */
export interface SandboxLimits {
  /** From the start of the run to its answer, waiting included, in milliseconds. */
  wallMs: number;
  /** Processor time of the run's own turns, in milliseconds. */
  cpuMs: number;
  /** V8 heap of the installation's isolate, in megabytes (2^20 bytes). */
  memoryMb: number;
  /** Largest result (JSON text, or response body), in bytes. */
  resultBytes: number;
  logLines: number;
  logBytes: number;
  /** Host calls of every kind. */
  hostCalls: number;
  /** Host calls under way at once. */
  hostCallsAtOnce: number;
  /** A route may answer with a stream. Left out: a body that is one is read to its end first. */
  stream?: StreamLimits;
}

/** What holds in place of `wallMs`, `cpuMs` and `resultBytes` once a route answers with a stream. */
export interface StreamLimits {
  wallMs: number;
  cpuMs: number;
  bytes: number;
  /** How long it may send nothing, or its reader take nothing, in milliseconds. */
  idleMs: number;
}

/** What a run used, next to {@link SandboxLimits}. */
export interface SandboxUsage {
  wallMs: number;
  cpuMs: number;
  memoryMb: number;
  resultBytes: number;
  logLines: number;
  logBytes: number;
  hostCalls: number;
}

/** The request a route handler sees. Text crosses as it is; anything that is not valid UTF-8 crosses as base64. */
export interface RouteRequest {
  method: string;
  /** Absolute URL as the caller used it. */
  url: string;
  /** Lower-case names. */
  headers: [string, string][];
  params: Record<string, string>;
  query: Record<string, string | string[]>;
  body: { encoding: 'utf8' | 'base64'; data: string } | null;
}

/** What a route handler answered, return forms already understood (docs/plugins.md, "Handlers"). */
export interface RouteResponse {
  status: number;
  headers: [string, string][];
  body: { encoding: 'utf8' | 'base64'; data: string } | null;
  /**
   * The body, when it is a stream; `body` is `null` then. Whoever does not read it holds the plugin up, and after a
   * while ends the run. It fails with a `StreamCut` when the run does.
   */
  stream?: Readable;
}

/** Identity and data that `ctx` shows without a host call. Everything in it is visible to the plugin. */
export interface RunContext {
  tenant: { id: string; slug: string; name: string };
  user: Json;
  plugin: { id: string; slug: string; version: string };
  run: { id: string; kind: string; name: string; attempt: number; deadlineMs: number };
  permissions: string[];
  config: Json;
  /**
   * Stands in the placeholders of `secrets.ref`, which are `{{secret:<name>:<token>}}`. Left out: `{{secret:<name>}}`.
   */
  refToken?: string;
}

export interface HostCall {
  /** A name of the host-api table, such as `kv.get`. Chosen by plugin code: any string may arrive. */
  method: string;
  /** The arguments as one JSON array. Chosen by plugin code: parse with care. */
  args: string;
  /** A long text of the arguments, which crossed beside them: nobody has to parse it. */
  text?: string;
}

/** The answer to a host call: a JSON text, or a typed failure that the plugin sees as an `Error` with that `code`. */
export type HostCallAnswer = { ok: true; value: string } | { ok: false; code: string; message: string };

export interface SandboxLog {
  timeMs: number;
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  fields: Record<string, Json> | null;
}

/** Whether somebody waits for the answer of a run. */
export type Lane = 'foreground' | 'background';

export interface RunRequest {
  runId: string;
  /** Chooses the executor: one serves a single tenant at a time. */
  tenantId: string;
  /**
   * `foreground`: somebody waits for the answer. Work in the `background` has executors of its own, so that neither
   * keeps the other from running. Default `foreground`.
   */
  lane?: Lane | undefined;
  /** Who is billed when an executor has to be killed. */
  installationId: string;
  /** Names the warm isolate: the same key shares one, so it names installation and release. */
  isolateKey: string;
  /** What the bundle is written in. Default `javascript`. */
  language?: Language | undefined;
  /** Hash of the bundle; {@link RunRequest.loadBundle} is asked only when the executor does not hold it. */
  bundleSha256: string;
  loadBundle(): Promise<Bundle>;
  handler: { kind: Registration['kind']; index: number };
  context: RunContext;
  /** `route`: the request. Every other kind: JSON text of the handler's second argument, or `undefined` for none. */
  request?: RouteRequest;
  payload?: string;
  limits: SandboxLimits;
  /** Answers a host call. Must not throw; is not called any more once the run has ended. */
  hostCall(call: HostCall): Promise<HostCallAnswer>;
  log(line: SandboxLog): void;
  /**
   * Told a route's answer when the run goes on after it, because of a stream, calls that the handler did not wait for
   * or `ctx.waitUntil`. `run` resolves when all is done, with the same answer, or with what failed since.
   */
  onResponse?(response: RouteResponse): void;
  /** Cancels the run: the handler's `ctx.run.signal` fires, and after 250 ms of grace the run ends as `CANCELLED`. */
  signal?: AbortSignal;
}

/** Codes with which the sandbox ends a run. `PLUGIN_ERROR`: the handler threw. */
export type SandboxErrorCode =
  | 'PLUGIN_ERROR'
  | 'NON_RETRYABLE'
  | 'RETRY_AFTER'
  | 'TIMEOUT'
  | 'CPU_LIMIT'
  | 'MEMORY_LIMIT'
  | 'OUTPUT_LIMIT'
  | 'LOG_LIMIT'
  | 'CANCELLED'
  | 'EXECUTOR_LOST'
  | 'OVERLOADED';

export interface SandboxError {
  code: SandboxErrorCode;
  /**
   * For the plugin's author. For `PLUGIN_ERROR` the thrown error's message, capped at 8 KiB; text chosen by the plugin.
   */
  message: string;
  /**
   * The thrown error's stack as the isolate printed it, capped at 16 KiB; text chosen by the plugin. Never shown to
   * callers of a route.
   */
  stack?: string;
  /** `RETRY_AFTER`: milliseconds the plugin asked to wait. */
  retryAfterMs?: number;
}

export type RunOutcome = { usage: SandboxUsage } & (
  | { status: 'succeeded'; response: RouteResponse }
  /** `result`: JSON text, or `undefined` when the handler returned nothing. */
  | { status: 'succeeded'; response?: undefined; result: string | undefined }
  | { status: 'failed'; error: SandboxError }
);

/** What a throw-away isolate found when it ran an entry without `ctx`. */
export type InspectOutcome =
  { ok: true; registrations: Registration[]; warnings: string[] } | { ok: false; error: SandboxError };

export interface SandboxStats {
  executors: {
    pid: number;
    tenantId: string | null;
    lane: Lane | null;
    rssBytes: number;
    isolates: number;
    runs: number;
    ageMs: number;
  }[];
  blankReady: number;
  starts: number;
  kills: Record<string, number>;
  waiting: number;
}

/** Told when an installation's code forced an executor to be killed. */
export interface KillReport {
  tenantId: string;
  installationId: string;
  /** `hostile`: its executor said what no executor says, or left its parent: native code speaks there. */
  reason: 'unresponsive' | 'memory' | 'crashed' | 'hostile';
  atMs: number;
}

/** Runs one handler inside limits. The only door to plugin code. */
export interface Sandbox {
  /** Runs a handler and answers how it ended. Rejects only when the sandbox was stopped. */
  run(request: RunRequest): Promise<RunOutcome>;
  /**
   * As {@link Sandbox.run}, without a promise, for callers that begin thousands of runs a second: `onOutcome` is called
   * once, maybe before this returns, and must not throw. Throws only when the sandbox was stopped.
   */
  begin(request: RunRequest, onOutcome: (outcome: RunOutcome) => void): void;
  /**
   * Runs a bundle's entry once, without `ctx`, in an executor that no tenant's run shares, and answers what it
   * registered.
   */
  inspect(bundle: Bundle, limits?: { wallMs?: number; memoryMb?: number }): Promise<InspectOutcome>;
  /**
   * Forgets the warm isolates whose key begins with `isolateKeyPrefix` (a release was replaced, a plugin disabled).
   * Runs under way finish.
   */
  evict(isolateKeyPrefix: string): void;
  stats(): SandboxStats;
  /**
   * Stops taking runs, waits for those under way up to `graceMs` (default 5000), then ends every executor. Safe to call
   * twice.
   */
  stop(graceMs?: number): Promise<void>;
}
