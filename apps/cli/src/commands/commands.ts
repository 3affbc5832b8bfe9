import type { Commands } from '../cli.js';
import { addDeploy } from './deploy.js';
import { addEvents } from './events.js';
import { addInit } from './init.js';
import { addJobs } from './jobs.js';
import { addLogin } from './login.js';
import { addLogs } from './logs.js';
import { addPack } from './pack.js';
import { addRuns } from './runs.js';
import { addTest } from './test.js';
import { addValidate } from './validate.js';

/** In the order in which the help shows them. */
export function addCommands(commands: Commands): void {
  const all = [addInit, addTest, addValidate, addPack, addLogin, addDeploy, addLogs, addRuns, addJobs, addEvents];
  for (const add of all) add(commands);
}
