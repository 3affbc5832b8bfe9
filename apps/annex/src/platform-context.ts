import type { Clock } from '@annex/kernel';
import type { Database } from '@annex/database';
import type { Logger } from 'pino';
import type { Settings } from './config.js';
import type { Undo } from './undo.js';

/** What every part of the platform stands on. */
export interface PlatformContext {
  settings: Settings;
  database: Database;
  clock: Clock;
  logger: Logger;
  /** Whoever starts something says here how it is stopped. */
  undo: Undo;
}
