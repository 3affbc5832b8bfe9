/** What the specs run in an isolate: the web part alone, over a host made of the isolate's callbacks. */
import type { PreludeHost } from '../../host.js';
import { installWebGlobals } from '../install.js';
import { MapPrototypeDelete, MapPrototypeGet, MapPrototypeSet, PromiseCtor } from '../primordials.js';

declare const hostBridge: {
  start(kind: 'host' | 'executor', id: number, method: string, argsJson: string): void;
  randomBase64(bytes: number): string;
  startTimer(timerId: number, delayMs: number): void;
  clearTimer(timerId: number): void;
  log(level: string, message: string, fieldsJson: string): void;
  lazySource(name: string): string;
};

const bridge = hostBridge;
const pending = new Map<number, { resolve(value: string): void; reject(error: unknown): void }>();
let lastCall = 0;

function start(kind: 'host' | 'executor') {
  return (method: string, argsJson: string): Promise<string> =>
    new PromiseCtor((resolve, reject) => {
      const id = ++lastCall;
      MapPrototypeSet(pending, id, { resolve, reject });
      bridge.start(kind, id, method, argsJson);
    });
}

const host: PreludeHost = {
  hostCall: start('host'),
  executorCall: start('executor'),
  randomBase64: bridge.randomBase64,
  startTimer: bridge.startTimer,
  clearTimer: bridge.clearTimer,
  log: bridge.log,
  lazySource: bridge.lazySource,
};
const web = installWebGlobals(host);

const deliver = (id: number, ok: boolean, value: string, code: string): void => {
  const call = MapPrototypeGet(pending, id);
  MapPrototypeDelete(pending, id);
  if (ok) call?.resolve(value);
  else call?.reject(Object.assign(new Error(value), { code }));
};
Object.assign(globalThis, { webInternals: web, deliver });
