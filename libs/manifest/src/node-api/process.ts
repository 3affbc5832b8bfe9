/* eslint-disable no-console -- this runs in the sandbox, whose console is the log of the run. */
/**
 * `node:process`, and the global `process`: there is none, so it is empty where it tells and refuses where it acts.
 * `version` is `''` and `versions` is empty, which is how packages learn that they do not run on Node.
 */
type Work = (...args: unknown[]) => void;

const start = Date.now();

function refuse(name: string): () => never {
  return () => {
    throw new Error(`process.${name}() is not there: plugin code has no process.`);
  };
}

/** In a turn of its own before any timer, as Node has it; not before promises that are settled already. */
function nextTick(work: Work, ...args: unknown[]): void {
  queueMicrotask(() => work(...args));
}

function hrtime(since?: [number, number]): [number, number] {
  const ms = Date.now() - start;
  const now: [number, number] = [Math.floor(ms / 1000), (ms % 1000) * 1e6];
  if (since === undefined) return now;
  const ns = (now[0] - since[0]) * 1e9 + now[1] - since[1];
  return [Math.floor(ns / 1e9), ns % 1e9];
}
hrtime.bigint = (): bigint => BigInt(Date.now() - start) * 1_000_000n;

const output = (level: 'log' | 'error') => ({
  isTTY: false,
  writable: true,
  write(text: unknown): boolean {
    console[level](String(text).replace(/\n$/, ''));
    return true;
  },
  on: () => process,
  once: () => process,
  end: () => undefined,
});

const nothing = (): object => process;

const process = {
  title: 'annex',
  browser: true,
  env: {} as Record<string, string | undefined>,
  argv: [] as string[],
  execArgv: [] as string[],
  version: '',
  versions: {},
  release: {},
  platform: 'browser',
  arch: '',
  pid: 1,
  exitCode: undefined,
  features: {},
  stdout: output('log'),
  stderr: output('error'),
  nextTick,
  hrtime,
  uptime: () => (Date.now() - start) / 1000,
  memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
  cwd: () => '/',
  umask: () => 0,
  emitWarning: (warning: unknown) => console.warn(warning),
  // Nobody emits: a process that is not there neither exits nor gets signals.
  on: nothing,
  once: nothing,
  off: nothing,
  addListener: nothing,
  prependListener: nothing,
  prependOnceListener: nothing,
  removeListener: nothing,
  removeAllListeners: nothing,
  emit: () => false,
  listeners: () => [],
  listenerCount: () => 0,
  eventNames: () => [],
  setMaxListeners: nothing,
  chdir: refuse('chdir'),
  exit: refuse('exit'),
  abort: refuse('abort'),
  kill: refuse('kill'),
  binding: refuse('binding'),
  dlopen: refuse('dlopen'),
};

export default process;
