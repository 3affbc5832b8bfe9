import { handlersNotAvailable, type HostHandlers } from '@annex/host-api';
import { quote, type Clock } from '@annex/kernel';
import type { Database } from '@annex/database';
import type { EmitEvent } from '@annex/runs';
import { executionErrors } from '../errors.js';
import { analyticsHandlers, type TrackPort } from './analytics.js';
import { dbHandlers, dbMethods, type TablesPort } from './db.js';
import { emailHandlers, type MailPort } from './email.js';
import { fileHandlers, type FilesPort } from './files.js';
import { flowHandlers } from './flow.js';
import { httpHandlers, type HttpOptions } from './http.js';
import { kvHandlers } from './kv.js';
import { pluginHandlers, type PluginRoutesPort } from './plugins.js';
import { llmHandlers, type LlmHandlerOptions } from './llm.js';
import type { EgressPort, SecretsPort, SendWebhook, StartJob } from './ports.js';
import type { RunIdentity } from './run-identity.js';
import { sharedHandlers } from './shared.js';
import { templateHandlers, templateLoader, type TemplatesPort } from './templates.js';
import { webhookHandlers } from './webhooks.js';

export interface HostCallPorts {
  database: Pick<Database, 'forTenant'>;
  secrets: SecretsPort;
  egress: EgressPort;
  emit: EmitEvent;
  startJob: StartJob;
  sendWebhook?: SendWebhook | undefined;
  reservedEvents?: readonly string[] | undefined;
  plugins: PluginRoutesPort;
  counts: TrackPort;
  onTransferred: NonNullable<HttpOptions['onTransferred']>;
  /** Left out: `ctx.files` answers `NOT_AVAILABLE`. */
  files?: FilesPort | undefined;
  /** Left out: `ctx.templates` and `ctx.email` answer `NOT_AVAILABLE`. */
  templates?: TemplatesPort | undefined;
  /** Left out: `ctx.email` answers `NOT_AVAILABLE`. */
  mail?: MailPort | undefined;
  /** Left out: `ctx.db` answers `NOT_AVAILABLE`. */
  tables?: TablesPort | undefined;
  /** Left out: `ctx.llm` answers `NOT_AVAILABLE`. */
  llm?: Omit<LlmHandlerOptions, 'clock'> | undefined;
  clock: Clock;
}

/** A handler for every row of the host-call table. */
export function hostCallHandlers({
  database,
  secrets,
  egress,
  emit,
  startJob,
  sendWebhook,
  reservedEvents,
  plugins,
  counts,
  onTransferred,
  files,
  templates,
  mail,
  tables,
  llm,
  clock,
}: HostCallPorts): HostHandlers<RunIdentity> {
  const loadTemplates = templateLoader(database);
  return {
    'secrets.get': async ([name], { identity }) => {
      const { tenantId, installationId, secrets: declared } = identity.snapshot;
      const secret = (await secrets.readForRef(tenantId, installationId, declared)).get(name);
      if (secret === undefined) return null;
      const { value, allowedHosts } = secret;
      if (allowedHosts.length > 0) {
        throw executionErrors.error(
          'SECRET_BOUND',
          `The secret ${quote(name)} may go to ${allowedHosts.map((host) => quote(host)).join(', ')} only, so the ` +
            `plugin's code does not get it. Send ctx.secrets.ref(${quote(name)}) with ctx.http, which puts the value ` +
            'in outside the sandbox.',
        );
      }
      identity.usedSecret(name);
      await identity.sawSecret(value);
      return value;
    },
    'secrets.has': async ([name], { identity }) => {
      const { tenantId, installationId, secrets: declared } = identity.snapshot;
      return (await secrets.readForRun(tenantId, installationId, declared)).has(name);
    },
    ...httpHandlers({ egress, secrets, onTransferred, clock }),
    ...kvHandlers(database),
    ...sharedHandlers(database, plugins),
    ...pluginHandlers(plugins, clock),
    ...analyticsHandlers({ database, counts, clock }),
    ...flowHandlers({ database, emit, startJob, reservedEvents, clock }),
    ...(sendWebhook
      ? webhookHandlers(database, sendWebhook)
      : handlersNotAvailable(['webhooks.send', 'agents.send'] as const, 'No webhooks are joined here.')),
    ...(files ? fileHandlers(files) : handlersNotAvailable(fileMethods, 'No file store is joined here.')),
    ...(templates
      ? templateHandlers(templates, loadTemplates)
      : handlersNotAvailable(['templates.render'] as const, 'No renderer is joined here.')),
    ...(templates && mail
      ? emailHandlers({ mail, templates, loadTemplates, files })
      : handlersNotAvailable(['email.send'] as const, 'No mailer is joined here.')),
    ...(tables ? dbHandlers(tables) : handlersNotAvailable(dbMethods, 'No tables are joined here.')),
    ...(llm
      ? llmHandlers({ ...llm, clock })
      : handlersNotAvailable(['llm.run'] as const, 'No language model is joined here.')),
  };
}

const fileMethods = ['files.list', 'files.read', 'files.stat', 'files.url', 'files.upload', 'files.delete'] as const;
