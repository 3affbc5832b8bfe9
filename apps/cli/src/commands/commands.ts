import type { Commands } from '../cli.js';
import { addAgents } from './agents.js';
import { addAlerts } from './alerts.js';
import { addCatalogue } from './catalogue.js';
import { addCompletion } from './completion.js';
import { addDeadLetters, addWebhooks } from './deliveries.js';
import { addDeploy } from './deploy.js';
import { addDev } from './dev.js';
import { addDoctor } from './doctor.js';
import { addEvents } from './events.js';
import { addImport } from './import.js';
import { addInit } from './init.js';
import { addJobs } from './jobs.js';
import { addLint } from './lint.js';
import { addLogin } from './login.js';
import { addLogs } from './logs.js';
import { addMappings } from './mappings.js';
import { addNotices } from './notices.js';
import { addPack } from './pack.js';
import { addTenants, addTokens, addUsers } from './people.js';
import { addPlugins } from './plugins.js';
import { addQuarantine } from './quarantine.js';
import { addReleases } from './releases.js';
import { addRuns } from './runs.js';
import { addSecrets } from './secrets.js';
import { addSettings } from './settings.js';
import { addSigning } from './signing.js';
import { addSources } from './sources.js';
import { addSpend } from './spend.js';
import { addData, addFiles, addKv } from './stores.js';
import { addTest } from './test.js';
import { addTypegen } from './typegen.js';
import { addValidate } from './validate.js';

/** In the order in which the help shows them. */
export function addCommands(commands: Commands): void {
  const all = [
    ...[addInit, addDev, addTest, addValidate, addLint, addTypegen, addPack, addSigning, addImport, addLogin],
    ...[addDeploy, addReleases, addLogs, addRuns, addJobs, addEvents, addPlugins, addSecrets, addKv, addData, addFiles],
    ...[addCatalogue, addSources, addMappings, addAlerts, addAgents, addNotices, addSettings],
    ...[addWebhooks, addDeadLetters, addTenants, addUsers, addTokens, addSpend, addQuarantine],
    ...[addDoctor, addCompletion],
  ];
  for (const add of all) add(commands);
}
