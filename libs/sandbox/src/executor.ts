/** What apps/executor is made of. Not for any other program: it runs where plugin code runs. */
export {
  confinementReport,
  dropPermissions,
  loadAddon,
  lookAround,
  type ConfinementReport,
} from './confinement/confine-self.js';
export { Executor, type ExecutorParts, type ExecutorSettings } from './isolate/executor.js';
export { TurnGuard } from './isolate/turn-guard.js';
export { FrameReader, FrameWriter } from './wire/frames.js';
export { readToExecutor, writeFromExecutor } from './wire/messages.js';
export { readPython } from './isolate/python-guest.js';
